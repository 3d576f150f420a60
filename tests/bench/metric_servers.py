"""Prometheus and VictoriaMetrics for against_prometheus.py: started on free loopback ports over a folder, loaded, asked,
compared with the engine, and measured while they evaluate rules.

A rule is what against_prometheus_engine prints of a target: name, formula, window, missed_if, bound, and how many campaigns
miss it, with the values of some.
"""
import contextlib
import json
import math
import os
import pathlib
import re
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

BROWSER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback only
TICKS = os.sysconf("SC_CLK_TCK")
TOLERANCE = 1e-9


class Disagreement(Exception):
    pass


class Deadline:
    def __init__(self, minutes):
        self.end = time.monotonic() + minutes * 60

    def left(self):
        seconds = self.end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("out of time: allow more with --minutes, or take fewer --campaigns")
        return seconds


def get(url, deadline, **parameters):
    body = urllib.parse.urlencode(parameters).encode() if parameters else None
    with BROWSER.open(url, data=body, timeout=deadline.left()) as answer:
        return answer.read()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Process:
    """A program of this run. Stopped by its id."""

    def __init__(self, name, command, log, deadline, ready=None, **options):
        self.name, self.log, self.deadline = name, log, deadline
        begin = time.monotonic()
        with open(log, "ab") as errors:
            self.process = subprocess.Popen(command, stderr=errors, **options)
        try:
            while ready and not self._answers(ready):
                if self.process.poll() is not None:
                    raise RuntimeError(f"{name} has ended with {self.process.returncode}:\n{self.log_tail()}")
                deadline.left()
                time.sleep(0.005)
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.monotonic() - begin

    def _answers(self, url):
        try:
            get(url, self.deadline)
            return True
        except (urllib.error.URLError, ConnectionError):
            return False

    def log_tail(self):
        return "\n".join(pathlib.Path(self.log).read_text(errors="replace").splitlines()[-15:])

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"{self.name} has ended:\n{self.log_tail()}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def value_of(rule):
    """The rule's KPI in PromQL: sums over the window in the place of its metrics."""
    return re.sub(r"[a-z_]+", lambda name: f"sum_over_time({name[0]}[{rule['window']}])", rule["formula"])


def missed_of(rule):
    return f"{value_of(rule)} {rule['missed_if']} {rule['bound']!r}"


def recorded_name(rule):
    return f"recorded:{rule['name']}"


def alerting(rules):
    return [{"alert": rule["name"], "expr": missed_of(rule)} for rule in rules]


def recording(rules):
    return [{"record": recorded_name(rule), "expr": value_of(rule)} for rule in rules]


def write_rules(file, group, listed):
    """YAML is a superset of JSON."""
    pathlib.Path(file).write_text(json.dumps({"groups": [{"name": group, "interval": "1s", "rules": listed}]}))


def instant(server, expression, at):
    answer = json.loads(get(f"{server.address}/api/v1/query", server.process.deadline, query=expression, time=at, nocache=1))
    if answer["status"] != "success":
        raise RuntimeError(f"{server.name} does not answer {expression}: {answer}")
    return answer["data"]["result"]


def compare(server, rules, campaigns, at):
    for rule in rules:
        theirs = {one["metric"]["campaign"]: float(one["value"][1]) for one in instant(server, value_of(rule), at)}
        if len(theirs) != campaigns:
            raise Disagreement(f"{server.name} knows {rule['name']} of {len(theirs)} campaigns, not of {campaigns}")
        for campaign, ours in rule["values"].items():
            if ours is None or not math.isclose(ours, theirs[campaign], rel_tol=TOLERANCE):
                raise Disagreement(f"{rule['name']} of {campaign}: {ours} here, {theirs[campaign]} in {server.name}")
        missed = len(instant(server, missed_of(rule), at))
        if missed != rule["missed"]:
            raise Disagreement(f"{rule['missed']} campaigns miss {rule['name']} here, {missed} in {server.name}")
    return len(rules[0]["values"])


def check_alerts(name, address, rules, deadline):
    [group] = json.loads(get(f"{address}/api/v1/rules", deadline))["data"]["groups"]
    for rule, ours in zip(group["rules"], rules):
        alerts = len(rule.get("alerts") or [])
        if rule["health"] != "ok" or alerts != ours["missed"]:
            raise Disagreement(f"{name} has {alerts} alerts of {ours['name']}, not {ours['missed']}: {rule['health']} "
                               f"{rule.get('lastError', '')}")


def check_recorded(server, rules, campaigns):
    """Samples written a moment ago may take a while to be seen."""
    for rule in rules:
        until = time.monotonic() + 30
        while True:
            found = instant(server, f"count(last_over_time({recorded_name(rule)}[1h]))", int(time.time()) + 5)
            count = int(found[0]["value"][1]) if found else 0
            if count == campaigns:
                break
            if time.monotonic() > until:
                raise Disagreement(f"{server.name} has recorded {rule['name']} of {count} campaigns, not of {campaigns}")
            time.sleep(0.5)


class Prometheus:
    name = "prometheus"

    def __init__(self, folder, deadline):
        self.folder, self.deadline = folder, deadline
        self.rules = f"{folder}/prometheus-rules.json"
        write_rules(self.rules, "none", [])
        pathlib.Path(f"{folder}/prometheus.yml").write_text(json.dumps({"rule_files": [self.rules]}))
        self.process = None

    def load(self, figures):
        # Blocks of 20 days, as Prometheus itself would have compacted them.
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=486h", figures,
                        f"{self.folder}/prometheus"], check=True, timeout=self.deadline.left())

    def start(self):
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.process = Process(self.name, [
            "prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/prometheus",
            f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=400d", "--web.enable-lifecycle",
            "--query.timeout=10m", "--log.level=error"], f"{self.folder}/prometheus.log", self.deadline,
            ready=f"{self.address}/-/ready", stdout=subprocess.DEVNULL)

    def take_rules(self, group, listed):
        write_rules(self.rules, group, listed)
        reload = urllib.request.Request(f"{self.address}/-/reload", method="POST")
        BROWSER.open(reload, timeout=self.deadline.left()).close()

    def rest(self):
        self.take_rules("none", [])

    def rules_evaluated(self, group):
        """How many rules of the group were evaluated so far."""
        for line in get(f"{self.address}/metrics", self.deadline).decode().splitlines():
            if line.startswith("prometheus_rule_evaluations_total{") and f";{group}\"" in line:
                return int(float(line.rpartition(" ")[2]))
        return 0

    def measure(self, group, listed, evaluations):
        """CPU seconds of so many evaluations. Goes on evaluating until rest()."""
        self.take_rules(group, listed)
        return cpu_while_counted([self.process], lambda: self.rules_evaluated(group), len(listed), evaluations, self.deadline)

    def measure_alerting(self, percent, rules, evaluations):
        seconds = self.measure(f"off_target_{percent:g}", alerting(rules), evaluations)
        check_alerts(self.name, self.address, rules, self.deadline)
        self.rest()
        return seconds

    def measure_recording(self, rules, evaluations, campaigns):
        seconds = self.measure("recorded", recording(rules), evaluations)
        self.rest()
        check_recorded(self, rules, campaigns)
        return seconds


class VictoriaMetrics:
    name = "victoria-metrics"

    def __init__(self, folder, deadline):
        self.folder, self.deadline = folder, deadline
        self.process = None

    def start(self):
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.process = Process(self.name, [
            "victoria-metrics", f"-storageDataPath={self.folder}/victoria", f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=2y", "-search.maxQueryDuration=10m", "-search.maxQueueDuration=10m", "-loggerLevel=ERROR"],
            f"{self.folder}/victoria.log", self.deadline, ready=f"{self.address}/health", stdout=subprocess.DEVNULL)

    def load(self, figures):
        with open(figures, "rb") as body:
            request = urllib.request.Request(f"{self.address}/api/v1/import", data=body, method="POST",
                                             headers={"Content-Length": str(os.path.getsize(figures))})
            BROWSER.open(request, timeout=self.deadline.left()).close()
        get(f"{self.address}/internal/force_flush", self.deadline)

    def measure_asked(self, at, rules, evaluations):
        queries = [missed_of(rule) for rule in rules]
        for query in queries:  # once for its caches
            instant(self, query, at)
        begin = self.process.cpu_seconds()
        for _ in range(evaluations):
            for query in queries:
                instant(self, query, at)
        return self.process.cpu_seconds() - begin

    @contextlib.contextmanager
    def vmalert(self, listed, *options):
        """Yields vmalert's address and a function that gives the CPU seconds of so many evaluations, vmalert's included."""
        file = f"{self.folder}/vmalert-rules.json"
        write_rules(file, "kpis", listed)
        port = free_port()
        address = f"http://127.0.0.1:{port}"

        def rules_evaluated():
            text = get(f"{address}/metrics", self.deadline).decode()
            return sum(int(float(line.rpartition(" ")[2])) * len(listed) for line in text.splitlines()
                       if line.startswith("vmalert_iteration_total{"))

        with Process("vmalert", ["vmalert", f"-rule={file}", f"-datasource.url={self.address}",
                                 f"-httpListenAddr=127.0.0.1:{port}", "-loggerLevel=ERROR", *options],
                     f"{self.folder}/vmalert.log", self.deadline, ready=f"{address}/health",
                     stdout=subprocess.DEVNULL) as vmalert:
            yield address, lambda evaluations: cpu_while_counted([self.process, vmalert], rules_evaluated, len(listed),
                                                                 evaluations, self.deadline)

    def measure_alerting(self, rules, evaluations, sink):
        with self.vmalert(alerting(rules), f"-notifier.url={sink}") as (address, cpu_of):
            seconds = cpu_of(evaluations)
            check_alerts("vmalert", address, rules, self.deadline)
            return seconds

    def measure_recording(self, rules, evaluations, campaigns):
        with self.vmalert(recording(rules), f"-remoteWrite.url={self.address}",
                          f"-remoteWrite.maxQueueSize={20 * len(rules) * campaigns}") as (_, cpu_of):
            seconds = cpu_of(evaluations)
        check_recorded(self, rules, campaigns)
        return seconds


def cpu_while_counted(processes, rules_evaluated, rules, evaluations, deadline):
    """CPU seconds while the group goes through its rules so many times. The first time is not counted."""
    def wait_for(count):
        while rules_evaluated() < count:
            deadline.left()
            time.sleep(0.25)
        return sum(process.cpu_seconds() for process in processes)

    begin = wait_for(rules)
    return wait_for(rules * (1 + evaluations)) - begin

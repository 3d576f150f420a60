#!/usr/bin/env python3
"""The daemon under the real Prometheus and Alertmanager, fed by the campaign simulator.

    monitoring_test.py TIGHTROPE SIMULATOR

Starts all four on free loopback ports. Prometheus scrapes the daemon, the daemon hands its alerts to Alertmanager, and every
query of every panel of every dashboard is run: each has to return data. Also: `promtool check metrics` over what is
exposed, `promtool check config` and `check rules` over what deploy/prometheus ships, and no rule of it in error.
Exits 77 (skipped) when Prometheus or Alertmanager is not installed.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from ports import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds until everything has to be there


class Failure(Exception):
    pass


def get(url, accept=None):
    request = urllib.request.Request(url, headers={"Accept": accept} if accept else {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def get_json(url):
    return json.loads(get(url))


def query(prometheus, expression):
    answer = get_json(prometheus + "/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
    if answer["status"] != "success":
        raise Failure(f"{expression}: {answer}")
    return answer["data"]["result"]


class Processes:
    def __init__(self, logs):
        self.logs = logs
        self.running = []

    def start(self, name, arguments):
        log = open(self.logs / (name + ".log"), "w")
        process = subprocess.Popen(arguments, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.running.append((name, process, log))
        return process

    def check(self):
        for name, process, log in self.running:
            if process.poll() is not None:
                log.flush()
                tail = (self.logs / (name + ".log")).read_text()[-3000:]
                raise Failure(f"{name} has ended with status {process.returncode}:\n{tail}")

    def stop(self):
        for _, process, log in reversed(self.running):
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()

    def until(self, what, ask):
        """The first true answer; fails when there is none in time, saying the last reason."""
        deadline = time.monotonic() + PATIENCE
        reason = None
        while time.monotonic() < deadline:
            self.check()
            try:
                answer = ask()
                if answer:
                    return answer
                reason = answer
            except (urllib.error.URLError, ConnectionError, OSError, KeyError) as error:
                reason = error
            time.sleep(0.25)
        raise Failure(f"{what}: not within {PATIENCE} seconds; last: {reason}")


def write_configuration(directory, simulator_port, alertmanager_port):
    demo = directory / "demo"
    shutil.copytree(ROOT / "config/examples/demo", demo)
    for file in demo.rglob("*.yaml"):
        text = file.read_text().replace("127.0.0.1:9880", f"127.0.0.1:{simulator_port}")
        file.write_text(text.replace("../../playbooks/", f"{ROOT}/config/playbooks/"))
    main = demo / "tightrope.yaml"
    text = main.read_text()
    webhook = f'webhook: {{url: "http://127.0.0.1:{simulator_port}/sink"}}'
    if webhook not in text:
        raise Failure(f"{main} has no {webhook}")
    main.write_text(
        text.replace(webhook, f'{webhook}\n    alertmanager: {{urls: ["http://127.0.0.1:{alertmanager_port}"]}}')
        .replace("group_wait: 5s", "group_wait: 0s")
    )
    return main


def write_prometheus(directory, daemon_port):
    config = directory / "prometheus"
    shutil.copytree(ROOT / "deploy/prometheus", config)
    file = config / "prometheus.yml"
    text = file.read_text()
    if "127.0.0.1:9870" not in text:
        raise Failure(f"{file} does not scrape 127.0.0.1:9870")
    subprocess.run(["promtool", "check", "config", str(file)], check=True, stdout=subprocess.DEVNULL)
    file.write_text(
        "\n".join(
            "  scrape_interval: 1s" if line.strip().startswith("scrape_interval:") and line.startswith("  s")
            else "  evaluation_interval: 1s" if line.strip().startswith("evaluation_interval:")
            else line.replace("127.0.0.1:9870", f"127.0.0.1:{daemon_port}")
            for line in text.splitlines()
        )
        + "\n"
    )
    for rules in (config / "rules").glob("*.yaml"):
        subprocess.run(["promtool", "check", "rules", str(rules)], check=True, stdout=subprocess.DEVNULL)
    return file


def check_metrics(daemon):
    text = get(daemon + "/metrics")
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    if checked.returncode != 0 or checked.stdout.strip() or checked.stderr.strip():
        raise Failure(f"promtool check metrics: {checked.stdout}{checked.stderr}")
    for family in (
        "tightrope_kpi_value", "tightrope_kpi_target", "tightrope_kpi_gap_ratio", "tightrope_kpi_evidence_log10",
        "tightrope_kpi_sure_ratio",
        "tightrope_verdicts", "tightrope_stake_per_hour", "tightrope_alerts", "tightrope_recommendations",
        "tightrope_spend_aligned_ratio", "tightrope_source_last_success_timestamp_seconds",
        "tightrope_source_poll_duration_seconds_bucket", "tightrope_source_observations_total",
        "tightrope_clock_ahead_seconds", "tightrope_outbox_messages", "tightrope_outbox_oldest_seconds", "tightrope_outbox_superseded_total",
        "tightrope_notifications_total", "tightrope_notification_latency_seconds_bucket",
        "tightrope_config_last_reload_successful", "tightrope_config_last_reload_success_timestamp_seconds",
        "tightrope_build_info",
    ):
        if not any(line.startswith((family + "{", family + " ")) for line in text.splitlines()):
            raise Failure(f"/metrics has no {family}")


def check_dashboards(prometheus, processes):
    listed = subprocess.run(
        [sys.executable, str(ROOT / "tests/integration/dashboards/queries.py")], text=True, capture_output=True, check=True
    )
    rows = [line.split("\t") for line in listed.stdout.splitlines()]
    if len(rows) < 30:
        raise Failure(f"only {len(rows)} queries were found in the dashboards")
    waiting = {tuple(row) for row in rows}

    def ask():
        for row in list(waiting):
            if query(prometheus, row[3]):
                waiting.discard(row)
        return not waiting

    try:
        processes.until("every query of the dashboards returns data", ask)
    except Failure as failure:
        missing = "\n".join(f"  {row[0]} / {row[1]} ({row[2]}): {row[3]}" for row in sorted(waiting))
        raise Failure(f"{failure}\nwithout data:\n{missing}") from None
    return len(rows)


def check_rules(prometheus):
    groups = get_json(prometheus + "/api/v1/rules")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    if not rules:
        raise Failure("Prometheus has loaded no rule")
    for rule in rules:
        if rule.get("lastError") or rule["health"] == "err":
            raise Failure(f"rule {rule['name']}: {rule.get('lastError')}")
    return len(rules)


def main():
    tightrope, simulator = sys.argv[1:3]
    needed = ("prometheus", "promtool", "prometheus-alertmanager")
    absent = [program for program in needed if shutil.which(program) is None]
    if absent:
        print("skipped: not installed:", ", ".join(absent))
        return 77
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        processes = Processes(directory)
        ports = {key: free_port() for key in ("simulator", "daemon", "prometheus", "alertmanager", "cluster")}
        daemon, prometheus, alertmanager = (
            f"http://127.0.0.1:{ports[key]}" for key in ("daemon", "prometheus", "alertmanager")
        )
        try:
            processes.start(
                "simulator", [simulator, "--listen", f"127.0.0.1:{ports['simulator']}", "--scenario", "demo"]
            )
            (directory / "alertmanager.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
            processes.start("alertmanager", [
                "prometheus-alertmanager", f"--config.file={directory}/alertmanager.yml", f"--storage.path={directory}/am",
                f"--web.listen-address=127.0.0.1:{ports['alertmanager']}", "--cluster.listen-address=",
            ])
            processes.until("the simulator", lambda: get(f"http://127.0.0.1:{ports['simulator']}/-/healthy") is not None)
            processes.until("Alertmanager", lambda: get(alertmanager + "/-/ready") is not None)
            configuration = write_configuration(directory, ports["simulator"], ports["alertmanager"])
            processes.start("tightrope", [
                tightrope, "run", f"--config.file={configuration}", f"--storage.path={directory}/storage",
                f"--web.listen-address=127.0.0.1:{ports['daemon']}",
            ])
            processes.until("the daemon", lambda: get(daemon + "/-/ready") is not None)
            processes.start("prometheus", [
                "prometheus", f"--config.file={write_prometheus(directory, ports['daemon'])}",
                f"--storage.tsdb.path={directory}/tsdb", f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
            ])
            processes.until("Prometheus", lambda: get(prometheus + "/-/ready") is not None)

            firing = processes.until("an alert of the daemon", lambda: [
                alert for alert in get_json(daemon + "/api/v1/alerts")["data"]["alerts"] if alert["state"] == "firing"])
            handed = processes.until("the alert at Alertmanager", lambda: get_json(alertmanager + "/api/v2/alerts"))
            names = {alert["labels"]["alertname"] for alert in firing}
            if not names & {alert["labels"]["alertname"] for alert in handed}:
                raise Failure(f"Alertmanager knows {handed}, and the daemon fires {names}")
            processes.until("a message in the webhook's sink", lambda: "alerts" in get(
                f"http://127.0.0.1:{ports['simulator']}/sink"))
            queries = check_dashboards(prometheus, processes)
            check_metrics(daemon)
            rules = check_rules(prometheus)
            up = query(prometheus, 'up{job="tightrope"}')
            if not up or up[0]["value"][1] != "1":
                raise Failure(f"Prometheus cannot scrape the daemon: {up}")
        except Failure as failure:
            print("FAILED:", failure)
            for log in sorted(directory.glob("*.log")):
                print(f"--- the end of {log.name}\n{log.read_text()[-1500:]}")
            return 1
        finally:
            processes.stop()
        print(f"passed: {queries} queries of the dashboards return data, {rules} rules of Prometheus are well, "
              f"{len(handed)} alerts were handed to Alertmanager")
        return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""KPI checks per CPU second: this engine, Prometheus and VictoriaMetrics, with the same campaigns and the same ten rules.

    in a build with -DTIGHTROPE_BENCHMARKS=ON, after deploy/install-packages test bench:
    tests/bench/against_prometheus.py build/tests/bench/against_prometheus_engine [--campaigns=10000] [--days=100]
        [--off-target=0,10] [--evaluations=5] [--engine-seconds=3] [--minutes=30]

For each percentage of checks off target it prints, for each system, KPI checks per CPU second of its processes while the ten
rules are evaluated again and again, and the engine's multiple of it; then seconds to restart and resident memory. Before that
it compares the systems' values of every KPI for a sample of campaigns, and how many campaigns miss each bound, and ends with
1 where they differ. Servers run on free loopback ports over a temporary folder, and are gone at the end.

What is measured, and what is not the same work, is said at the end of the output (NOTES).
"""
import argparse
import contextlib
import datetime
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from metric_servers import Deadline, Disagreement, Process, Prometheus, VictoriaMetrics, compare

NOTES = """\
The same: the figures, the ten KPIs and their windows, the bounds, and that every campaign is checked against every bound at
each evaluation. Values and numbers of misses were compared before. CPU time is user and system time of the processes.

Not the same:
- Prometheus and VictoriaMetrics read the samples of every window from storage at each evaluation and add them up. The engine
  keeps windowed sums, changed as figures arrive, and evaluates from those: what that costs per figure is engine_bench's
  changed_cells, and is not in the numbers above.
- Each series has one sample a day, as the engine has. That is the least a server can hold: figures that are scraped every
  minute make windows of thousands of samples, and evaluations dearer accordingly.
- Alerting rules keep nothing of a campaign that meets its bound. The engine keeps the value of every check, and serves it;
  recording rules do that, without comparing it with a bound, and at the cost of writing a sample per check. Rules are those of
  one group, evaluated back to back. For vmalert, its own CPU time and that of VictoriaMetrics are added. "asked" is
  VictoriaMetrics alone, queried for the misses through its HTTP API: no rules and no alerts, which is in its favour.
- The engine's check gives more than a comparison: a verdict with gap and money at stake, and for one off target the evidence
  of up to 56 days.
- Prometheus and VictoriaMetrics are general: any query over any labels. The engine does only this.
- Restart: a server from its start to ready over the same data, before its rules wrote anything (a Prometheus whose rules
  record has those samples to read from its log, too; memory after evaluations holds them); the engine from its program's
  start to having read its snapshot from a file and made every check. Files are in the page cache. Prometheus and
  VictoriaMetrics keep their samples on disk, and map or cache them; the engine keeps them in memory."""


class Sink(http.server.BaseHTTPRequestHandler):
    """Takes the alerts that vmalert sends; their cost there is vmalert's."""

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def sink_address():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def evaluate_engine(program, snapshot, arguments, folder, deadline):
    begin = time.monotonic()
    with Process("tightrope", [program, "evaluate", snapshot, str(arguments.engine_seconds),
                               *(f"{percent:g}" for percent in arguments.off_target)],
                 f"{folder}/tightrope.log", deadline, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as engine:
        if engine.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{program} does not restore its snapshot:\n{engine.log_tail()}")
        restart = time.monotonic() - begin
        resident = engine.resident_mib()
        runs = []
        for percent in arguments.off_target:
            line = engine.process.stdout.readline()
            if not line:
                raise RuntimeError(f"{program} has ended:\n{engine.log_tail()}")
            runs.append(json.loads(line))
        return runs, restart, resident, engine.resident_mib()


def version(package):
    found = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], stdout=subprocess.PIPE, text=True, check=False)
    return found.stdout or "of unknown version"


def stage(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def run(arguments, folder, deadline):
    program, campaigns, days = arguments.engine, arguments.campaigns, arguments.days
    today = datetime.datetime.now(datetime.timezone.utc).date()
    stage(f"tightrope: {campaigns} campaigns learn {days} days of 5 metrics")
    snapshot = f"{folder}/snapshot"
    subprocess.run([program, "history", str(campaigns), str(days), str(today), snapshot], check=True, timeout=deadline.left())
    stage("tightrope: evaluates")
    runs, engine_restart, engine_resident, engine_after = evaluate_engine(program, snapshot, arguments, folder, deadline)

    prometheus, victoria = Prometheus(folder, deadline), VictoriaMetrics(folder, deadline)
    with contextlib.ExitStack() as servers:
        for server, form in ((prometheus, "openmetrics"), (victoria, "json")):
            servers.callback(lambda server=server: server.process and server.process.stop())
            stage(f"{server.name}: loads the same")
            figures = f"{folder}/figures.{form}"
            with open(figures, "wb") as out:
                subprocess.run([program, "figures", form, str(campaigns), str(days), str(today)], stdout=out, check=True,
                               timeout=deadline.left())
            if server is prometheus:
                server.load(figures)
                server.start()
            else:
                server.start()
                server.load(figures)
            os.remove(figures)
        at = int(time.time())
        for server in (prometheus, victoria):
            for one in runs:
                sample = compare(server, one["rules"], campaigns, at)
            stage(f"{server.name}: agrees on the ten KPIs of {sample} campaigns, and on how many miss each bound")

        ready = {}  # before their rules write anything: over the same data
        for server in (prometheus, victoria):
            server.process.stop()
            server.start()
            ready[server.name] = (server.process.start_seconds, server.process.resident_mib())
        stage("values recorded by rules, whatever the share off target")
        rules, evaluations = runs[0]["rules"], arguments.evaluations
        recorded = [("prometheus, recording rules", prometheus.measure_recording(rules, evaluations, campaigns)),
                    ("vmalert, recording rules", victoria.measure_recording(rules, evaluations, campaigns))]
        measured = []
        with sink_address() as sink:
            for one in runs:
                percent, rules = one["off_target_percent"], one["rules"]
                stage(f"with {percent:g} % off target")
                measured.append([
                    ("prometheus, alerting rules", prometheus.measure_alerting(percent, rules, evaluations)),
                    ("vmalert, alerting rules", victoria.measure_alerting(rules, evaluations, sink)),
                    ("victoria-metrics, asked", victoria.measure_asked(at, rules, evaluations)),
                    *recorded])
        memory = {server.name: (*ready[server.name], server.process.resident_mib()) for server in (prometheus, victoria)}
    if datetime.datetime.now(datetime.timezone.utc).date() != today:
        raise Disagreement("a day began (UTC) during the run, and windows moved on: run it again")
    report(arguments, runs, measured, memory, (engine_restart, engine_resident, engine_after))


def report(arguments, runs, measured, memory, engine):
    checks = arguments.campaigns * len(runs[0]["rules"])
    print(f"\n{arguments.campaigns} campaigns, 5 metrics, {arguments.days} days, 10 rules over 7, 14 and 28 days: {checks} KPI "
          f"checks an evaluation")
    print(f"Prometheus {version('prometheus')}, VictoriaMetrics {version('victoria-metrics')}\n")
    for one, theirs in zip(runs, measured):
        ours = one["checks"] / one["cpu_seconds"]
        print(f"{one['off_target_percent']:g} % of the checks off target")
        print(f"  {'':28}{'checks per CPU s':>18}{'evaluations':>13}{'CPU s':>9}{'tightrope is':>14}")
        print(f"  {'tightrope':28}{ours:>18,.0f}{one['evaluations']:>13}{one['cpu_seconds']:>9.2f}")
        for name, seconds in theirs:
            rate = checks * arguments.evaluations / seconds
            print(f"  {name:28}{rate:>18,.0f}{arguments.evaluations:>13}{seconds:>9.2f}{ours / rate:>12,.0f} x")
        print()
    print(f"  {'':28}{'restart s':>18}{'RSS MiB at ready':>18}{'after evaluations':>19}")
    for name, (seconds, ready, after) in {"tightrope": engine, **memory}.items():
        print(f"  {name:28}{seconds:>18.2f}{ready:>18.0f}{after:>19.0f}")
    print(f"\n{NOTES}")


def main():
    def percents(text):
        return [float(part) for part in text.split(",")]

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", metavar="ENGINE", help="build/tests/bench/against_prometheus_engine")
    parser.add_argument("--campaigns", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=100, help="of history; at least 28, at most 100")
    parser.add_argument("--off-target", type=percents, default=[0.0, 10.0], help="percentages of checks off target")
    parser.add_argument("--evaluations", type=int, default=5, help="of the ten rules by each server")
    parser.add_argument("--engine-seconds", type=float, default=3, help="CPU seconds of evaluations by the engine")
    parser.add_argument("--minutes", type=float, default=30, help="end with an error after these")
    arguments = parser.parse_args()
    if arguments.campaigns < 1_000 or not 28 <= arguments.days <= 100 or arguments.evaluations < 1:
        parser.error("at least 1000 campaigns, 28 to 100 days, and one evaluation")
    if not all(0 <= percent <= 50 for percent in arguments.off_target):
        parser.error("--off-target takes percentages from 0 to 50")
    missing = [name for name in ("prometheus", "promtool", "victoria-metrics", "vmalert") if not shutil.which(name)]
    if missing:
        sys.exit(f"against_prometheus.py: {', '.join(missing)} missing; run deploy/install-packages test bench")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped and the folder is removed
    with tempfile.TemporaryDirectory(prefix="against-prometheus-") as folder:
        try:
            run(arguments, folder, Deadline(arguments.minutes))
        except Disagreement as error:
            sys.exit(f"against_prometheus.py: the systems do not agree: {error}")
        except (RuntimeError, TimeoutError, OSError, subprocess.SubprocessError) as error:
            sys.exit(f"against_prometheus.py: {error}")


if __name__ == "__main__":
    main()

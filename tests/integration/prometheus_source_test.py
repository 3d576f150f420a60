#!/usr/bin/env python3
"""Figures that `tightrope poll` reads from the real Prometheus are those that Prometheus itself answers.

    prometheus_source_test.py TIGHTROPE

Starts an exporter that counts orders of two shops and a Prometheus that scrapes it every second. Then asks Prometheus for
the figures of today and of yesterday, by instant and by range queries put together here, and compares them with what the source
kind `prometheus` makes of the same times. Exits 77 (skipped) when Prometheus is not installed.
"""
import datetime
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zoneinfo

from ports import free_port

PATIENCE = 120  # seconds until everything has to be there
UTC = datetime.timezone.utc
ORDERS = "sum by (shop) (increase(orders_total[{window}]))"
STOCK = "sum by (shop) (stock)"


class Failure(Exception):
    pass


class Exporter(http.server.BaseHTTPRequestHandler):
    """Counts on with every scrape: 3 orders of one shop, 1 of the other; the stock of one shop is not a number."""

    scrapes = 0

    def do_GET(self):
        Exporter.scrapes += 1
        count = Exporter.scrapes
        body = (
            "# TYPE orders_total counter\n"
            f'orders_total{{shop="eu",till="1"}} {3 * count}\norders_total{{shop="us",till="1"}} {count}\n'
            f'orders_total{{shop="us",till="2"}} {0.5 * count}\n'
            "# TYPE stock gauge\n"
            f'stock{{shop="eu"}} {1000 - count}\nstock{{shop="us"}} NaN\nstock 7\n'
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def get_json(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.loads(answer.read())


def ask(prometheus, path, **parameters):
    answer = get_json(f"{prometheus}/api/v1/{path}?" + urllib.parse.urlencode(parameters))
    if answer["status"] != "success" or answer.get("warnings"):
        raise Failure(f"{path} {parameters}: {answer}")
    return answer["data"]["result"]


def figure(text):
    return None if text in ("NaN", "+Inf", "-Inf") else float(text)


def midnights(zone, now):
    """The beginnings of yesterday, today and tomorrow."""
    today = now.astimezone(zone).date()
    days = [today + datetime.timedelta(days=offset) for offset in (-1, 0, 1)]
    return [datetime.datetime.combine(day, datetime.time(), zone) for day in days]


def expected_by_day(prometheus, zone, now):
    """What is right, as {(day, shop, metric): figure}."""
    figures = {}
    yesterday, today, tomorrow = midnights(zone, now)
    for begin, end in ((yesterday, today), (today, min(tomorrow, now))):
        seconds = int(end.timestamp() - begin.timestamp())
        for metric, text in (("conversions", ORDERS), ("stock", STOCK)):
            for series in ask(prometheus, "query", query=text.replace("{window}", f"{seconds}s"), time=int(end.timestamp())):
                figures[(begin.date().isoformat(), series["metric"].get("shop", ""), metric)] = figure(series["value"][1])
    return figures


def expected_by_hour(prometheus, zone, now):
    """The hours of today that are over, from the server's own step function, and the running one."""
    figures = {}
    begin = midnights(zone, now)[1]
    first, last = int(begin.timestamp()) + 3600, int(now.timestamp())
    name = lambda at: datetime.datetime.fromtimestamp(at - 3600, zone).strftime("%Y-%m-%dT%H")
    for metric, text in (("conversions", ORDERS), ("stock", STOCK)):
        over = last - (last - first) % 3600
        if over >= first:
            asked = ask(prometheus, "query_range", query=text.replace("{window}", "1h"), start=first, end=over, step="1h")
            for series in asked:
                for at, value in series["values"]:
                    figures[(name(at), series["metric"].get("shop", ""), metric)] = figure(value)
        passed = (last - int(begin.timestamp())) % 3600
        if passed > 0:
            for series in ask(prometheus, "query", query=text.replace("{window}", f"{passed}s"), time=last):
                figures[(name(last - passed + 3600), series["metric"].get("shop", ""), metric)] = figure(series["value"][1])
    return figures


def write_configuration(file, prometheus, zone, per):
    file.write_text(f"""
metrics: [{{name: stock, unit: count, additive: false}}]
clients: [{{name: shop, timezone: {zone}}}]
sources:
  - name: counters
    client: shop
    connector: prometheus
    allow_private_addresses: true
    with:
      base_url: {prometheus}/
      queries:
        conversions: {json.dumps(ORDERS)}
        stock: {json.dumps(STOCK)}
      labels: {{campaign: shop}}
      constants: {{channel: site}}
      per: {per}
""")


def polled(tightrope, configuration, now, days):
    run = subprocess.run(
        [tightrope, "poll", f"--config.file={configuration}", f"--now={now.strftime('%Y-%m-%dT%H:%M:%SZ')}", f"--days={days}",
         "counters"], text=True, capture_output=True, timeout=60)
    if run.returncode != 0:
        raise Failure(f"tightrope poll ended with {run.returncode}: {run.stderr}")
    figures = {}
    for line in run.stdout.splitlines():
        row = json.loads(line)
        if row["entity"]["channel"] != "site":
            raise Failure(f"of another channel: {line}")
        figures[(row["bucket"], row["entity"].get("campaign", ""), row["metric"])] = row["value"]
    return figures


def compare(what, expected, found):
    if set(expected) != set(found):
        raise Failure(f"{what}: expected {sorted(expected)}, found {sorted(found)}")
    for key, value in expected.items():
        other = found[key]
        same = other is None if value is None else other is not None and abs(other - value) <= 1e-6
        if not same:
            raise Failure(f"{what}: {key}: Prometheus says {value}, tightrope {other}")


def compare_all(tightrope, directory, prometheus):
    # A few seconds ago, so that no scrape of before is still on its way. Zones that never change their clocks.
    now = datetime.datetime.now(UTC).replace(microsecond=0) - datetime.timedelta(seconds=3)
    compared = 0
    for name in ("UTC", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Honolulu"):
        zone = zoneinfo.ZoneInfo(name)
        for per, days, expect in (("day", 2, expected_by_day), ("hour", 1, expected_by_hour)):
            configuration = directory / "tightrope.yaml"
            write_configuration(configuration, prometheus, name, per)
            expected = expect(prometheus, zone, now)
            compare(f"{name} per {per}", expected, polled(tightrope, configuration, now, days))
            compared += sum(1 for value in expected.values() if value)
    if compared == 0:
        raise Failure("nothing was compared but zeros")
    return compared


def check_errors(tightrope, directory, prometheus):
    configuration = directory / "bad.yaml"
    write_configuration(configuration, prometheus, "UTC", "day")
    configuration.write_text(configuration.read_text().replace(json.dumps(STOCK), json.dumps("sum(stock")))
    run = subprocess.run([tightrope, "poll", f"--config.file={configuration}", "counters"], text=True, capture_output=True)
    if run.returncode == 0 or "stock: HTTP 400" not in run.stderr or "parse error" not in run.stderr:
        raise Failure(f"a bad query is told as: {run.stderr}")


def main():
    tightrope = sys.argv[1]
    if shutil.which("prometheus") is None:
        print("skipped: not installed: prometheus")
        return 77
    exporter = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exporter)
    threading.Thread(target=exporter.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        port = free_port()
        prometheus = f"http://127.0.0.1:{port}"
        (directory / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: shop\n    static_configs:\n"
            f"      - targets: ['127.0.0.1:{exporter.server_address[1]}']\n")
        log = open(directory / "prometheus.log", "w")
        process = subprocess.Popen(
            ["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/tsdb",
             f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + PATIENCE
            while True:
                if process.poll() is not None:
                    raise Failure(f"Prometheus has ended with status {process.returncode}")
                try:
                    if Exporter.scrapes >= 8 and ask(prometheus, "query", query="sum(increase(orders_total[1h])) > 0"):
                        break
                except (urllib.error.URLError, ConnectionError, OSError):
                    pass
                if time.monotonic() > deadline:
                    raise Failure(f"Prometheus has no orders within {PATIENCE} seconds")
                time.sleep(0.25)
            compared = compare_all(tightrope, directory, prometheus)
            check_errors(tightrope, directory, prometheus)
        except Failure as failure:
            log.flush()
            print("FAILED:", failure)
            print((directory / "prometheus.log").read_text()[-1500:])
            return 1
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()
    print(f"passed: {compared} figures that are not 0 are those of Prometheus")
    return 0


if __name__ == "__main__":
    sys.exit(main())

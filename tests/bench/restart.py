#!/usr/bin/env python3
"""How fast history is loaded, how long a start takes, and what memory it needs.

    restart.py TIGHTROPE [CAMPAIGNS [DAYS]]     (10000 campaigns and 90 days, with 5 metrics each, unless told)

Imports a generated CSV as a user does, starts the daemon twice (first over the whole journal, then from the snapshot that the
first stop took) and prints seconds until /-/ready, the resident memory then, and the size of the store.
"""
import datetime
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

CONFIGURATION = """
sources:
  - name: history
    client: acme
    connector: csv
    every: 12h
    lookback: 90d
    with:
      path: {directory}/none-*.csv
      columns: {{date: date, campaign: campaign, impressions: impressions, clicks: clicks, conversions: conversions,
                spend: spend, revenue: revenue}}
      constants: {{channel: search}}
clients:
  - name: acme
    timezone: UTC
    currency: EUR
    objectives:
      - name: growth
        why: To measure.
        owner: nobody
        targets:
          - {{name: cpa, kpi: cpa, at_most: 200, over: 7d, per: campaign}}
          - {{name: roas, kpi: roas, at_least: 0.1, over: 28d, per: campaign}}
"""


def resident_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def write_csv(file, campaigns, days):
    seed = random.Random(1)
    first = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=days - 1)
    with open(file, "w") as out:
        out.write("date,campaign,impressions,clicks,conversions,spend,revenue\n")
        for offset in range(days):
            day = first + datetime.timedelta(days=offset)
            for campaign in range(campaigns):
                clicks = seed.randrange(20, 400)
                out.write(f"{day},c{campaign},{clicks * 31},{clicks},{clicks // 20 + 1},{clicks * 0.83:.2f},{clicks * 2.5:.2f}\n")


def start(tightrope, directory):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    begin = time.monotonic()
    process = subprocess.Popen([
        tightrope, "run", f"--config.file={directory}/tightrope.yaml", f"--storage.path={directory}/storage",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"])
    while True:
        if process.poll() is not None:
            sys.exit(f"the daemon has ended with {process.returncode}")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=60).read()
            break
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    return process, time.monotonic() - begin


def stop(process):
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait()
    return time.monotonic() - begin


def main():
    tightrope = sys.argv[1]
    campaigns = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    days = int(sys.argv[3]) if len(sys.argv) > 3 else 90
    with tempfile.TemporaryDirectory() as directory:
        pathlib.Path(directory, "tightrope.yaml").write_text(CONFIGURATION.format(directory=directory))
        write_csv(f"{directory}/history.csv", campaigns, days)
        figures = campaigns * days * 5
        begin = time.monotonic()
        subprocess.run([
            tightrope, "import", f"--config.file={directory}/tightrope.yaml", f"--storage.path={directory}/storage",
            f"{directory}/history.csv", "--source=history"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = time.monotonic() - begin
        print(f"import: {figures} figures in {seconds:.2f} s, {figures / seconds:.0f} figures/s")
        process, ready = start(tightrope, directory)
        print(f"first start, whole journal: ready after {ready:.2f} s, {resident_mib(process.pid):.0f} MiB resident")
        print(f"stop with snapshot: {stop(process):.2f} s")
        process, ready = start(tightrope, directory)
        print(f"restart from the snapshot: ready after {ready:.2f} s, {resident_mib(process.pid):.0f} MiB resident")
        stop(process)
        size = sum(os.path.getsize(pathlib.Path(directory, "storage", f)) for f in os.listdir(f"{directory}/storage"))
        print(f"store: {size / 2**20:.0f} MiB; figures alone: {figures * 8 / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()

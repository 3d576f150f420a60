#!/usr/bin/env python3
"""What the README says of the demonstration, done as it says.

    readme_test.py TIGHTROPE SIMULATOR

Starts simulator and daemon on free loopback ports, waits for the two alerts that are there from the start, then stages the
incident of the README's curl line and waits for the alert that it must become within a minute.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import shutil
import time
import urllib.error
import urllib.request

from ports import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
MINUTE = 60  # what the README promises, in seconds


def ask(url, body=None):
    request = urllib.request.Request(url, data=body.encode() if body else None)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def staged_by_readme():
    """The body of the one curl line that stages an incident."""
    found = re.findall(r"^    curl -d '(\{.*\})' http://127\.0\.0\.1:9880/incidents$", (ROOT / "README.md").read_text(), re.M)
    if len(found) != 1:
        sys.exit(f"README.md: one curl line for /incidents is wanted, and there are {len(found)}")
    return found[0]


def main():
    tightrope, simulator = sys.argv[1:]
    incident = staged_by_readme()
    campaign = json.loads(incident)["campaign"]
    with tempfile.TemporaryDirectory(prefix="tightrope-readme-") as scratch:
        scratch = pathlib.Path(scratch)
        platform_port, port = free_port(), free_port()
        shutil.copytree(ROOT / "config/examples/demo", scratch / "demo")
        for file in (scratch / "demo").rglob("*.yaml"):
            text = file.read_text().replace("127.0.0.1:9880", f"127.0.0.1:{platform_port}")
            file.write_text(text.replace("../../playbooks/", f"{ROOT}/config/playbooks/"))
        commands = [
            [simulator, "--listen", f"127.0.0.1:{platform_port}", "--scenario", "demo"],
            [tightrope, "run", f"--config.file={scratch}/demo/tightrope.yaml", f"--storage.path={scratch}/storage",
             f"--web.listen-address=127.0.0.1:{port}"],
        ]
        running = []

        def firing():
            alerts = ask(f"http://127.0.0.1:{port}/api/v1/alerts")["data"]["alerts"]
            return {(alert["labels"]["target"], alert["labels"].get("campaign")) for alert in alerts if alert["state"] == "firing"}

        def wait_for(what, is_there):
            """The time it took; exits when it is not there within a minute."""
            began = time.monotonic()
            last = None
            while time.monotonic() - began < MINUTE:
                for process, log in running:
                    if process.poll() is not None:
                        sys.exit(f"{log.name} has ended:\n{pathlib.Path(log.name).read_text()[-3000:]}")
                try:
                    last = firing()
                    if is_there(last):
                        return time.monotonic() - began
                except (urllib.error.URLError, OSError) as error:
                    last = error
                time.sleep(0.25)
            sys.exit(f"{what}: not within {MINUTE} seconds; last: {last}")

        try:
            for command in commands:
                log = open(scratch / (pathlib.Path(command[0]).name + ".log"), "w")
                running.append((subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL), log))
            took = wait_for("the alerts of the start", lambda now: {"boots_cpa", "implant_cpa"} <= {target for target, _ in now})
            before = firing()
            print(f"after {took:.0f} s: {sorted(before)}")
            ask(f"http://127.0.0.1:{platform_port}/incidents", incident)
            took = wait_for(f"an alert after {incident}", lambda now: [one for one in now - before if one[1] == campaign])
            print(f"{took:.0f} s after {incident}: {sorted(firing() - before)}")
        finally:
            for process, log in reversed(running):
                process.terminate()
                process.wait(timeout=20)
                log.close()


if __name__ == "__main__":
    main()

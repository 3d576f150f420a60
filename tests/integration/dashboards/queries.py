#!/usr/bin/env python3
"""Lists the queries of Grafana dashboards as Grafana would send them with every variable at "All".

    queries.py [DASHBOARD.json ...]

Without arguments: those of deploy/grafana/dashboards. One line per query: dashboard, panel, reference, query; separated by
tabs. Queries of panels come first, then those of variables (reference "variable"), as the series selector that they list
labels of.
"""
import json
import pathlib
import re
import sys

# Grafana's own variables; intervals fit a test that scrapes every second or two.
BUILT_IN = {"__rate_interval": "1m", "__interval": "15s", "__range": "5m", "__range_s": "300"}
VARIABLE = re.compile(r"\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)\]\]")
LABEL_VALUES = re.compile(r"label_values\((.*),\s*(\w+)\)")


def panels_of(dashboard):
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def substituted(text, dashboard):
    names = {variable["name"] for variable in dashboard["templating"]["list"]}

    def value(match):
        name = next(group for group in match.groups() if group)
        if name in BUILT_IN:
            return BUILT_IN[name]
        if name not in names:
            raise ValueError(f'{dashboard["title"]}: ${name} is no variable of the dashboard')
        return ".*"

    return VARIABLE.sub(value, text)


def queries_of(dashboard):
    for panel in panels_of(dashboard):
        targets = panel.get("targets", [])
        if not targets and panel["type"] != "text":
            raise ValueError(f'{dashboard["title"]}: panel "{panel["title"]}" has no query')
        for target in targets:
            yield panel["title"], target["refId"], substituted(target["expr"], dashboard)
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        match = LABEL_VALUES.fullmatch(variable["query"]["query"])
        if not match:
            raise ValueError(f'{dashboard["title"]}: variable {variable["name"]} is not a label_values(...)')
        yield "variable " + variable["name"], "variable", substituted(match.group(1), dashboard)


def main():
    root = pathlib.Path(__file__).resolve().parents[3]
    paths = [pathlib.Path(path) for path in sys.argv[1:]] or sorted((root / "deploy/grafana/dashboards").glob("*.json"))
    if not paths:
        print("there is no dashboard", file=sys.stderr)
        return 1
    for path in paths:
        dashboard = json.loads(path.read_text(encoding="utf-8"))
        for panel, reference, query in queries_of(dashboard):
            print(path.stem, panel, reference, query, sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main())

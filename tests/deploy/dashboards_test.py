#!/usr/bin/env python3
"""What can be told about the Grafana dashboards without a Grafana and without data.

    dashboards_test.py PROJECT_ROOT [PROMTOOL]
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv[1])
PROMTOOL = sys.argv[2] if len(sys.argv) > 2 else None
sys.path.insert(0, str(ROOT / "tests/integration/dashboards"))
import queries  # noqa: E402

FILES = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
BOARDS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}


class DashboardsTest(unittest.TestCase):
    def each(self):
        for name, board in BOARDS.items():
            with self.subTest(dashboard=name):
                yield board

    def test_the_three_dashboards_are_there(self):
        self.assertEqual(set(BOARDS), {"strategy_overview", "campaign_detail", "daemon_health"})

    def test_identities_are_fixed_and_differ(self):
        uids = [board["uid"] for board in self.each()]
        self.assertEqual(len(set(uids)), len(BOARDS))
        for board in self.each():
            ids = [panel["id"] for panel in board["panels"]]
            self.assertEqual(len(set(ids)), len(ids))
            self.assertGreaterEqual(board["schemaVersion"], 37)

    def test_every_panel_asks_the_chosen_data_source(self):
        for board in self.each():
            for panel in queries.panels_of(board):
                self.assertEqual(panel["datasource"]["uid"], "${datasource}", panel["title"])
                for target in panel["targets"]:
                    self.assertEqual(target["datasource"]["uid"], "${datasource}", panel["title"])

    def test_panels_do_not_overlap_and_stay_within_the_grid(self):
        for board in self.each():
            taken = {}
            for panel in board["panels"]:
                place = panel["gridPos"]
                self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
                for x in range(place["x"], place["x"] + place["w"]):
                    for y in range(place["y"], place["y"] + place["h"]):
                        self.assertNotIn((x, y), taken, f'{panel["title"]} over {taken.get((x, y))}')
                        taken[x, y] = panel["title"]

    def test_links_lead_to_dashboards_that_exist(self):
        uids = {board["uid"] for board in BOARDS.values()}
        for board in self.each():
            for link in board["links"]:
                self.assertIn(link["url"].removeprefix("/d/"), uids)
            text = json.dumps(board)
            for part in text.split('"/d/')[1:]:
                self.assertIn(part.split("?")[0].split('"')[0], uids)

    def test_every_variable_of_a_query_exists(self):
        for board in self.each():
            self.assertGreater(len(list(queries.queries_of(board))), 5)  # raises on one that does not

    @unittest.skipUnless(PROMTOOL, "promtool is not installed")
    def test_every_query_is_promql(self):
        for name, board in BOARDS.items():
            rules = [{"record": "checked", "expr": expression} for _, _, expression in queries.queries_of(board)]
            rules = [dict(rule, labels={"n": str(number)}) for number, rule in enumerate(rules)]
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                json.dump({"groups": [{"name": name, "rules": rules}]}, file)
                file.flush()
                checked = subprocess.run([PROMTOOL, "check", "rules", file.name], capture_output=True, text=True)
                self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

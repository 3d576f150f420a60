#!/usr/bin/env python3
"""Each rule of layering.py catches the one violation that is planted in an otherwise clean tree."""
import pathlib
import tempfile
import unittest

import layering

CLEAN = {
    "rules/units.h": "#include <chrono>\n#include <fmt/format.h>\n// system_clock::now() is named here, not called\n",
    "rules/CMakeLists.txt": "tightrope_library(rules SOURCES units.cc PUBLIC fmt::fmt date::date-tz)\n",
    "config/read.cc": '#include <yaml-cpp/yaml.h>\n#include "rules/units.h"\n',
    "config/CMakeLists.txt": "tightrope_library(config PUBLIC tightrope::rules PRIVATE yaml-cpp)\n",
    "collectors/curl.cc": '#include <curl/curl.h>\n#include "config/read.h"\n',
    "collectors/sqlite.cc": "#include <sqlite3.h>\n",
    "collectors/CMakeLists.txt": "tightrope_library(collectors PUBLIC tightrope::config PRIVATE CURL::libcurl)\n",
    "daemon/store.cc": '#include <sqlite3.h>\n#include <thread>\n#include "collectors/curl.h"\n#include "rules/units.h"\n',
    "daemon/CMakeLists.txt": "tightrope_library(daemon PUBLIC tightrope::collectors PRIVATE SQLite::SQLite3)\n",
    **{f"{folder}/README.md": "what it is\n" for folder in layering.FOLDERS},
}

# name, file, text that is added to it (None: the file is taken away), the whole of what must be reported
PLANTED = [
    ("upward include", "rules/alert.cc", '#include "config/load.h"\n',
     "rules/alert.cc:1: rules/ must not include config/load.h: config/ lies above it"),
    ("include two layers up", "config/load.cc", '\n#include "daemon/app.h"\n',
     "config/load.cc:2: config/ must not include daemon/app.h: daemon/ lies above it"),
    ("include of the tests", "daemon/app.cc", '#include "tests/support/manual_clock.h"\n',
     "daemon/app.cc:1: daemon/ must not include tests/support/manual_clock.h: it belongs to the tests"),
    ("yaml-cpp elsewhere", "daemon/app.cc", "#include <yaml-cpp/yaml.h>\n",
     "daemon/app.cc:1: <yaml-cpp/yaml.h> stays inside config/"),
    ("yaml-cpp in a header", "config/load.h", "#include <yaml-cpp/node/node.h>\n",
     "config/load.h:1: <yaml-cpp/node/node.h> stays inside the .cc files of config/"),
    ("curl in a second file", "collectors/second.cc", "#include <curl/multi.h>\n",
     "collectors/second.cc:1: <curl/> stays in one file, and collectors/curl.cc has it already"),
    ("sqlite in a second file", "daemon/vacuum.cc", "#include <sqlite3.h>\n",
     "daemon/vacuum.cc:1: <sqlite3.h> stays in one file, and daemon/store.cc has it already"),
    ("asio in the rules", "rules/engine.cc", "#include <boost/asio/awaitable.hpp>\n",
     "rules/engine.cc:1: rules/ is pure and must not include <boost/asio/awaitable.hpp>"),
    ("threads in the rules", "rules/engine.cc", "#include <mutex>\n",
     "rules/engine.cc:1: rules/ is pure and must not include <mutex>"),
    ("randomness in the rules", "rules/engine.cc", "#include <random>\n",
     "rules/engine.cc:1: rules/ is pure and must not include <random>"),
    ("the clock in the rules", "rules/engine.cc", "auto now = std::chrono::system_clock::now();\n",
     "rules/engine.cc:1: rules/ is pure and must not call system_clock::now"),
    ("the environment in the rules", "rules/engine.cc", 'auto home = std::getenv("HOME");\n',
     "rules/engine.cc:1: rules/ is pure and must not call std::getenv"),
    ("upward link", "config/more/CMakeLists.txt", "target_link_libraries(x PRIVATE tightrope::daemon)\n",
     "config/more/CMakeLists.txt:1: config/ must not link tightrope::daemon, which lies above it"),
    ("sqlite linked elsewhere", "config/more/CMakeLists.txt", "\ntarget_link_libraries(x SQLite::SQLite3)\n",
     "config/more/CMakeLists.txt:2: SQLite::SQLite3 is linked in collectors/ and daemon/ only"),
    ("libpq elsewhere", "daemon/app.cc", "#include <libpq-fe.h>\n",
     "daemon/app.cc:1: <libpq-fe.h> stays inside collectors/"),
    ("a library in the rules", "rules/more/CMakeLists.txt", "target_link_libraries(x spdlog::spdlog)\n",
     "rules/more/CMakeLists.txt:1: rules/ must not link spdlog::spdlog"),
    ("no README", "deploy/README.md", None, "deploy/README.md:1: is missing"),
]


class LayeringTest(unittest.TestCase):
    def violations_of(self, files):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            return list(layering.violations(root))

    def test_a_clean_tree_has_no_violation(self):
        self.assertEqual(self.violations_of(CLEAN), [])

    def test_each_violation_is_caught_and_nothing_else(self):
        for name, file, text, expected in PLANTED:
            with self.subTest(name):
                files = dict(CLEAN)
                if text is None:
                    del files[file]
                else:
                    files[file] = text
                self.assertEqual(self.violations_of(files), [expected])

    def test_comments_and_texts_are_no_includes(self):
        files = dict(CLEAN)
        files["rules/notes.cc"] = '/*\n#include <mutex>\n*/\n// #include <thread>\nconst char* url = "http://x"; int a;\n'
        self.assertEqual(self.violations_of(files), [])


if __name__ == "__main__":
    unittest.main()

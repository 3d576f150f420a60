#!/usr/bin/env python3
"""Checks that the source tree keeps its layers: daemon -> collectors -> config -> rules, and nothing the other way.

    layering.py ROOT

Prints one line per violation, `file:line: what`, and ends with 1 if there is any.
"""
import pathlib
import re
import sys

# From the bottom up: each folder may include those before it.
LAYERS = ["rules", "config", "collectors", "daemon"]
FOLDERS = LAYERS + ["tests", "deploy"]

# Libraries that stay behind walls: header prefix -> (folders, may stand in headers, most files of each folder).
# Sqlite has two: it is the journal's file format, and a database that figures are read from.
WALLS = {
    "yaml-cpp/": (["config"], False, None),
    "curl/": (["collectors"], False, 1),
    "libical/": (["collectors"], False, 2),
    "utf8proc.h": (["rules"], False, 1),
    "zip.h": (["collectors"], False, 1),
    "sqlite3.h": (["collectors", "daemon"], False, 1),
    "libpq-fe.h": (["collectors"], False, 1),
    "mysql.h": (["collectors"], False, 1),
}
# The same for what CMake links.
LINK_WALLS = {
    "yaml-cpp": ["config"],
    "CURL::libcurl": ["collectors"],
    "PkgConfig::LIBICAL": ["collectors"],
    "PkgConfig::LIBZIP": ["collectors"],
    "PkgConfig::UTF8PROC": ["rules"],
    "SQLite::SQLite3": ["collectors", "daemon"],
    "PkgConfig::LIBPQ": ["collectors"],
    "PkgConfig::LIBMARIADB": ["collectors"],
}

# rules/ computes: values in, values out.
IMPURE_HEADERS = re.compile(
    r"boost/(asio|beast)|thread|jthread|mutex|shared_mutex|condition_variable|future|stop_token|semaphore|latch|barrier"
    r"|random|fstream|filesystem|iostream|coroutine|ctime|time\.h|unistd\.h|fcntl\.h|sys/.*|pthread\.h|spdlog/.*"
)
IMPURE_CALLS = re.compile(
    r"\b(?:system_clock|steady_clock|high_resolution_clock|utc_clock)::now\b|\b(?:std::)?(?:rand|getenv)\s*\("
    r"|\bstd::time\s*\(|\bgettimeofday\s*\(|\bclock_gettime\s*\("
)
RULES_LINKS = {"Boost::headers", "fmt::fmt", "date::date", "date::date-tz", "PkgConfig::UTF8PROC", "Threads::Threads"}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def without_comments(text):
    """The code with comments blanked out, line by line, and literals left alone."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)

    def blank(match):
        found = match.group(0)
        return found if found.startswith('"') else re.sub(r"[^\n]", " ", found)

    return pattern.sub(blank, text)


def named(folders):
    return " and ".join(f"{folder}/" for folder in folders)


def source_files(folder):
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".h", ".cc") and path.is_file():
            yield path


def check_includes(root):
    behind_wall = {(header, layer): [] for header in WALLS for layer in LAYERS}
    for layer in LAYERS:
        for path in source_files(root / layer):
            place = path.relative_to(root).as_posix()
            code = without_comments(path.read_text(encoding="utf-8"))
            for number, line in enumerate(code.splitlines(), 1):
                here = f"{place}:{number}"
                if layer == "rules" and (call := IMPURE_CALLS.search(line)):
                    yield f"{here}: rules/ is pure and must not call {call.group(0).rstrip('(').strip()}"
                match = INCLUDE.match(line)
                if not match:
                    continue
                header = match.group(1)
                top = header.split("/")[0]
                if top in LAYERS and LAYERS.index(top) > LAYERS.index(layer):
                    yield f"{here}: {layer}/ must not include {header}: {top}/ lies above it"
                if top == "tests":
                    yield f"{here}: {layer}/ must not include {header}: it belongs to the tests"
                if layer == "rules" and IMPURE_HEADERS.fullmatch(header.split(".hpp")[0]):
                    yield f"{here}: rules/ is pure and must not include <{header}>"
                elif layer == "rules" and header.startswith(("boost/asio", "boost/beast")):
                    yield f"{here}: rules/ is pure and must not include <{header}>"
                for wall, (owners, in_headers, _) in WALLS.items():
                    if not header.startswith(wall):
                        continue
                    if layer not in owners:
                        yield f"{here}: <{header}> stays inside {named(owners)}"
                    elif path.suffix == ".h" and not in_headers:
                        yield f"{here}: <{header}> stays inside the .cc files of {layer}/"
                    elif place not in behind_wall[wall, layer]:
                        behind_wall[wall, layer].append(place)
    for (wall, _), places in behind_wall.items():
        most = WALLS[wall][2]
        if most is not None and len(places) > most:
            yield f"{places[most]}:1: <{wall}> stays in one file, and {places[0]} has it already"


def check_links(root):
    for layer in LAYERS:
        for path in sorted((root / layer).rglob("CMakeLists.txt")):
            place = path.relative_to(root).as_posix()
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                here = f"{place}:{number}"
                words = re.findall(r"[A-Za-z0-9_:.+-]+", line.split("#")[0])
                for word in words:
                    if word.startswith("tightrope::"):
                        other = word.removeprefix("tightrope::")
                        if other in LAYERS and LAYERS.index(other) > LAYERS.index(layer):
                            yield f"{here}: {layer}/ must not link {word}, which lies above it"
                    if word in LINK_WALLS and layer not in LINK_WALLS[word]:
                        yield f"{here}: {word} is linked in {named(LINK_WALLS[word])} only"
                    elif layer == "rules" and "::" in word and not word.startswith("tightrope::") and word not in RULES_LINKS:
                        yield f"{here}: rules/ must not link {word}"


def check_readmes(root):
    for folder in FOLDERS:
        if not (root / folder / "README.md").is_file():
            yield f"{folder}/README.md:1: is missing"


def violations(root):
    yield from check_includes(root)
    yield from check_links(root)
    yield from check_readmes(root)


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    root = pathlib.Path(sys.argv[1])
    if not any(True for layer in LAYERS for _ in source_files(root / layer)):
        print(f"{root}: there is no source here", file=sys.stderr)
        return 2
    found = list(violations(root))
    for violation in found:
        print(violation)
    print(f"{len(found)} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The map of the rooms, drawn from the imports: who uses whom, floor by floor.

An import goes to the same floor or to a lower one, no two rooms use each other, and SQL is in one room. ``python -m
tests.tools.rooms`` fails where that does not hold or where the map in CONTRIBUTING.md is old; ``--write`` draws it
again.
"""

from __future__ import annotations

import ast
import graphlib
import re
import sys
import typing as t
from pathlib import Path

from tests.tools.isolated import ROOT

PLUGINS = ROOT / "plugins"
PREFIX = "ansible_collections.netfleet.maintenance.plugins."
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- map: make rooms -->\n", "<!-- end of the map -->\n"

# From the top of the house to the ground; what each room is for. A new room is added here.
FLOORS: dict[str, dict[str, str]] = {
    "plugins": {
        "modules": "documentation, options, one call",
        "action": "the same modules, inside the controller process",
        "inventory": "hosts from senhasegura PAM Core",
        "filter": "values for playbooks",
        "callback": "progress of a window",
        "test": "conditions for playbooks",
        "doc_fragments": "options that several modules share",
    },
    "plugin helpers": {
        "plugin_utils/_action": "in-process runs, shared sign-ins, the journal rehearsal of check mode",
        "plugin_utils/_inventory": "rows to hosts, names, groups",
        "plugin_utils/_progress": "what the callback prints",
        "plugin_utils/_untrusted": "marks remote text as unsafe",
    },
    "logic": {
        "_doctor": "what will work with these systems, before the first window",
        "_window": "the run of a window: record, engine, steps",
        "_planning": "targets, identities, plan, approval, pre-flight",
        "_operation": "reboot, sync, resets: send once, watch for evidence",
        "_lock": "lock, unlock, recovery of locks",
        "_gates": "why new work is not started",
        "_pam": "the registry: lookup, addresses, live sessions, changes",
        "_report": "report as HTML, Markdown, JSON, CSV, JUnit",
        "_metrics": "Prometheus metrics",
        "_audit": "chained audit trail and its check",
        "_notify": "notifications, silences",
    },
    "record and clients": {
        "_journal": "the durable record; all SQL",
        "_schedule": "schedules, freezes, time zones, window files; pure functions",
        "_systems": "connect: the client of any of the next three, from its options",
        "_zequenze": "client of Zequenze Control",
        "_oracle_sdm": "client of Oracle Session Delivery Manager",
        "_senhasegura": "client of senhasegura PAM Core",
        "_alertmanager": "client of Alertmanager",
        "_awx": "client of AWX: who approved",
    },
    "base": {
        "_module": "specs, tasks, results: what a module and its action are made of",
        "_http": "connections, deadlines, limits, retries",
    },
    "ground": {"ground": "errors, clock, text, files, store, threads"},
}
# Libraries that one room alone may use.
OWNED = {"sqlalchemy": "_journal"}
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS.values()) for room in rooms}

# Room -> room it uses -> the imports, each as (file, module).
Uses = dict[str, dict[str, set[tuple[str, str]]]]


def room_of(path: str) -> str:
    """Return the room of a file, given by its path below plugins/."""
    kind, _slash, rest = path.partition("/")
    if kind not in ("module_utils", "plugin_utils"):
        return kind
    folder, slash, _file = rest.partition("/")
    if kind == "module_utils":
        return folder if slash or folder in FLOOR else "ground"
    return f"{kind}/{folder.removesuffix('.py')}"


def imported(tree: ast.Module, file: str) -> t.Iterator[str]:
    """Yield the path below plugins/ of every module of ours that a file imports."""
    package = file.split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            name = node.module or ""
            if node.level:
                yield "/".join([*package[: len(package) - node.level + 1], *name.split(".")])
            elif name.startswith(PREFIX):
                yield name.removeprefix(PREFIX).replace(".", "/")
        elif isinstance(node, ast.Import):
            yield from (
                alias.name.removeprefix(PREFIX).replace(".", "/")
                for alias in node.names
                if alias.name.startswith(PREFIX)
            )


def uses(sources: t.Mapping[str, str]) -> Uses:
    """Return who uses whom, from the sources by their paths below plugins/."""
    found: Uses = {room_of(file): {} for file in sources}
    for file, text in sources.items():
        for module in imported(ast.parse(text), file):
            room, other = room_of(file), room_of(module)
            if room != other:
                found[room].setdefault(other, set()).add((file, module))
    return found


def problems(found: Uses) -> list[str]:
    """Return what is wrong with the house: rooms without a floor, imports upstairs, circles."""
    said = [f"{room}: no such room in tests/tools/rooms.py" for room in sorted(found) if room not in FLOOR]
    for room, others in found.items():
        for other, imports in sorted(others.items()):
            if room in FLOOR and other in FLOOR and FLOOR[other] < FLOOR[room]:
                said += [f"{file} imports {module} from a higher floor" for file, module in sorted(imports)]
    try:
        graphlib.TopologicalSorter({room: set(others) for room, others in found.items()}).prepare()
    except graphlib.CycleError as error:
        said.append("a circle: " + " uses ".join(reversed(error.args[1])))
    return said


def direct(found: Uses) -> dict[str, list[str]]:
    """Return for each room the rooms it uses that it does not reach through another one."""

    def reached(room: str) -> set[str]:
        return {other for one in found.get(room, {}) for other in (one, *reached(one))}

    return {
        room: sorted(set(others) - {far for other in others for far in reached(other)})
        for room, others in found.items()
    }


def strangers(sources: t.Mapping[str, str]) -> list[str]:
    """Return what is wrong with the use of libraries that belong to one room."""
    return [
        f"{file} imports {library}, which only {owner} may use"
        for file, text in sources.items()
        for library, owner in OWNED.items()
        if re.search(rf"^\s*(import|from) {library}\b", text, re.MULTILINE) and room_of(file) != owner
    ]


def drawn(found: Uses) -> str:
    """Return the map as Markdown: a diagram of the direct uses, and what each room is for."""
    names = {room: room.rpartition("/")[2] for room in FLOOR}
    lines = ["```mermaid", "flowchart TD"]
    for floor, rooms in FLOORS.items():
        inside = " ".join(names[room] for room in rooms if room in found)
        lines.append(f'  subgraph {floor.replace(" ", "-")}["{floor}"]\n    {inside.replace(" ", "; ")}\n  end')
    thin = direct(found)
    for room in FLOOR:
        if thin.get(room):
            lines.append(f"  {names[room]} --> {' & '.join(names[other] for other in thin[room])}")
    lines += ["```", "", "| Floor | Room | What it is for |", "| --- | --- | --- |"]
    for floor, rooms in FLOORS.items():
        lines += [f"| {floor} | `{room}` | {purpose} |" for room, purpose in rooms.items() if room in found]
    return "\n".join(lines) + "\n"


def sources() -> dict[str, str]:
    """Return the text of every Python file below plugins/, by its path there."""
    paths = sorted(PLUGINS.rglob("*.py"))
    return {path.relative_to(PLUGINS).as_posix(): path.read_text() for path in paths}


def replaced(page: str, picture: str) -> str:
    """Return a page with its map drawn again."""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"CONTRIBUTING.md has no place for the map: {BEGIN.strip()} ... {END.strip()}")
    return f"{before}{BEGIN}\n{picture}\n{END}{after}"


def main(arguments: list[str], page: Path = CONTRIBUTING) -> int:
    """Check the house and its map, or draw the map again."""
    files = sources()
    found = uses(files)
    wrong = problems(found) + strangers(files)
    now = page.read_text()
    wanted = replaced(now, drawn(found)) if not wrong else now
    if "--write" in arguments:
        page.write_text(wanted)
    elif wanted != now:
        wrong.append("the map in CONTRIBUTING.md is old: run `make rooms`")
    print("\n".join(wrong) or "The rooms are in order.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples on the pages of modules, filters, tests and the inventory, as plays that can be run."""

from __future__ import annotations

import ast
import re
import typing as t
from pathlib import Path

import yaml

from tests.tools.isolated import ROOT

PREFIX = "netfleet.maintenance."
FOLDERS = ("modules", "filter", "test")
# Pages whose examples are tasks or plays, as paths from the folder of the collection.
PAGES = sorted(str(path.relative_to(ROOT)) for folder in FOLDERS for path in (ROOT / "plugins" / folder).glob("*.py"))


def examples(page: str) -> str:
    """Return the EXAMPLES of a page, as they are written. Raises LookupError where there are none."""
    for statement in ast.parse((ROOT / page).read_text()).body:
        if isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", "") == "EXAMPLES":
            return str(ast.literal_eval(statement.value))
    raise LookupError(f"{page} has no EXAMPLES")


def plays(text: str) -> list[dict[str, t.Any]]:
    """Return examples as plays: loose tasks that follow each other make one over all hosts. Pure."""
    found: list[dict[str, t.Any]] = []
    for entry in yaml.safe_load(text):
        if "hosts" in entry:
            found.append(entry)
        elif found and found[-1]["name"] == "Examples":
            found[-1]["tasks"].append(entry)
        else:
            found.append({"name": "Examples", "hosts": "all", "gather_facts": False, "tasks": [entry]})
    return found


def tasks(page: str) -> list[dict[str, t.Any]]:
    """Return the tasks of a page's examples."""
    return [task for play in plays(examples(page)) for task in play["tasks"]]


def ours(task: dict[str, t.Any]) -> tuple[str, dict[str, t.Any]] | None:
    """Return the module of this collection that a task calls, and its options. Pure."""
    for key, options in task.items():
        if key.startswith(PREFIX):
            return key.removeprefix(PREFIX), options or {}
    return None


def inventories(text: str) -> dict[str, dict[str, t.Any]]:
    """Return the inventory files of a page by name: those in comments, and the one that is written out. Pure."""
    commented, _line, written = text.partition("\n---\n")
    _before, *parts = re.split(r"^# (\w+\.pam\.yml)\b", commented, flags=re.MULTILINE)
    found = {}
    for name, lines in zip(parts[::2], parts[1::2], strict=True):
        content = "\n".join(re.findall(r"^#   (.*)$", lines, re.MULTILINE))
        found[name] = yaml.safe_load(content or written)
    return found


def placed(text: str, home: Path, addresses: t.Mapping[str, str]) -> str:
    """Put the reader's own addresses and folders in the place of those of an example. Pure."""
    for example, real in addresses.items():
        text = text.replace(example, real)
    return re.sub(r"(?<=[\s\[\"])/(srv|var)/", rf"{home}/\1/", text)

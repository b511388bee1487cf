# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a window shows how its last occurrences went, beside this one."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.history import earlier_occurrences
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.window_report import (
    run_window_report,
    window_report_spec,
)
from tests.unit.journal.test_history import window


def page(journal: Journal, window_id: str, path: Path) -> str:
    """Write the report and return its page."""
    params = {name: rule.get("default") for name, rule in window_report_spec().options.items()}
    params |= {"journal": journal.place, "window_id": window_id, "dest": str(path)}
    written = run_window_report(Task(params, clock=journal.clock))
    return Path(written["files"]["html"]).read_text()


def named(journal: Journal, name: str, *window_ids: str) -> None:
    """Make windows occurrences of one."""
    table = schema.WINDOWS
    with journal.writing() as connection:
        connection.execute(table.update().where(table.c.window_id.in_(window_ids)).values(name=name))


def test_the_page_shows_the_earlier_occurrences_and_itself(journal: Journal, tmp_path: Path) -> None:
    window(journal, "W1", a="done", b="failed", c="left")
    window(journal, "other", a="failed")
    window(journal, "W2", a="done", b="done", c="busy")
    window(journal, "W3", a="done")
    named(journal, "core", "W1", "W2", "W3")
    shown = page(journal, "W2", tmp_path)
    assert re.findall(r'aria-label="([0-9-]+ [0-9:]+: [^"]*)"', shown) == [
        "2026-11-21 03:00: 1 done, 1 failed, 1 not started, 1 min for each device",
        "2026-11-21 05:03: 2 done, 1 failed, 1 min for each device",
    ]
    assert "Earlier occurrences" not in page(journal, "W1", tmp_path), "it is the first"
    assert "Earlier occurrences" not in page(journal, "other", tmp_path), "it has no name"


def test_only_the_last_ones_are_read(journal: Journal) -> None:
    ids = [f"W{number}" for number in range(9)]
    for each in ids:
        window(journal, each, a="done")
    named(journal, "core", *ids)
    assert [each.window_id for each in earlier_occurrences(journal, "W7", "core", 3)] == ["W4", "W5", "W6", "W7"]

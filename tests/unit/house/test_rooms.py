# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms look downstairs only; and the tool that says so notices when they do not."""

from __future__ import annotations

import pytest

from tests.tools import rooms
from tests.tools.isolated import ROOT

PREFIX = rooms.PREFIX + "module_utils."


def test_every_import_goes_downstairs_and_no_rooms_use_each_other() -> None:
    assert rooms.problems(rooms.uses(rooms.sources())) == []


def test_no_room_is_a_package_and_tests_mirror_the_rooms() -> None:
    assert list(rooms.PLUGINS.rglob("__init__.py")) == []
    tested = {path.parent.name for path in (ROOT / "tests/unit").glob("*/test_*.py")}
    mirrored = {room.removeprefix("_") for room in rooms.uses(rooms.sources()) if room.startswith("_")}
    assert sorted(mirrored - tested) == []


@pytest.mark.parametrize(
    "line",
    [
        f"from {PREFIX}_lock.taking import take",
        f"import {PREFIX}_lock.taking as taking",
        "from .._lock.taking import take",
        f"def late():\n    from {PREFIX}_lock import taking",
    ],
)
def test_an_import_upstairs_is_named_however_it_is_written(line: str) -> None:
    found = rooms.uses({"module_utils/_http/wire.py": line, "module_utils/_lock/taking.py": ""})
    (problem,) = rooms.problems(found)
    assert problem.startswith("module_utils/_http/wire.py imports module_utils/_lock")


def test_a_circle_on_one_floor_is_named() -> None:
    found = rooms.uses(
        {
            "module_utils/_lock/a.py": f"from {PREFIX}_operation.b import b",
            "module_utils/_operation/b.py": f"from {PREFIX}_report.c import c",
            "module_utils/_report/c.py": f"from {PREFIX}_lock.a import a",
        }
    )
    (problem,) = rooms.problems(found)
    assert problem.startswith("a circle: ")
    assert all(room in problem for room in ("_lock", "_operation", "_report"))


def test_a_room_without_a_floor_is_named() -> None:
    assert rooms.problems(rooms.uses({"module_utils/_attic/a.py": ""})) == [
        "_attic: no such room in tests/tools/rooms.py"
    ]


def test_sql_outside_of_the_journal_is_named() -> None:
    sources = {
        "module_utils/_report/a.py": "try:\n    import sqlalchemy as sa\n",
        "module_utils/_journal/b.py": "import sqlalchemy",
    }
    assert rooms.strangers(sources) == ["module_utils/_report/a.py imports sqlalchemy, which only _journal may use"]
    assert rooms.strangers(rooms.sources()) == []


def test_the_map_leaves_out_what_is_reached_on_another_way() -> None:
    found = rooms.uses(
        {
            "module_utils/_lock/a.py": f"from {PREFIX}_journal.b import b\nfrom {PREFIX}_clock import c",
            "module_utils/_journal/b.py": f"from {PREFIX}_clock import c",
            "module_utils/_clock.py": "",
        }
    )
    assert rooms.direct(found) == {"_lock": ["_journal"], "_journal": ["ground"], "ground": []}
    assert "  _lock --> _journal\n" in rooms.drawn(found)

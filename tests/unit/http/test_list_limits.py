# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list has limits in all, not only for each of its pages."""

from __future__ import annotations

import json

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._http import list_limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.list_limits import ListLimits
from tests.unit.support.script import VirtualClock
from tests.unit.support.zequenze_script import ZequenzeScript

MIB = 1024 * 1024


def limits(timeout: float = 4.0) -> tuple[ListLimits, VirtualClock]:
    clock = VirtualClock()
    return ListLimits("Zequenze Control", "the list of devices", timeout, clock), clock


def test_a_list_of_big_pages_ends_at_its_bytes() -> None:
    counted, _clock = limits()
    for _page in range(5):
        counted.count(25 * MIB, 10)
    with pytest.raises(NoAnswer, match="too much in the list of devices: more than 128 MiB"):
        counted.count(25 * MIB, 10)


def test_a_list_of_many_rows_ends_at_its_rows() -> None:
    counted, _clock = limits()
    counted.count(1, 500_000)
    with pytest.raises(NoAnswer, match="more than 500000 entries"):
        counted.count(1, 1)


def test_a_list_of_slow_pages_ends_after_ten_calls_time() -> None:
    counted, clock = limits()
    pages = []
    with pytest.raises(NoAnswer, match=r"27 entries took 40 s and there are more\. Raise timeout"):
        for page in range(1000):
            clock.sleep(1.5)
            pages.append(page)
            counted.count(1, 1)
    assert len(pages) == 27


def test_the_pages_of_zequenze_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_limits, "MOST_ROWS", 3)
    script = ZequenzeScript()
    for page in range(2):
        rows = [{"id": 2 * page + row, "date": "x"} for row in range(2)]
        following = f"https://api.example.com/api/v1/x/?page={page + 1}"
        script.expect("GET", "/x/").answers(200, text=json.dumps({"results": rows, "next": following}))
    with pytest.raises(NoAnswer, match="more than 3 entries"):
        list(script.client()._pages("/x/", (), "the list"))

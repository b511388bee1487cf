# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outside of a window: another holder's lock and a partner that is not up keep a device back, before the first byte."""

from __future__ import annotations

import typing as t

import pytest
import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import default_holder
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_operation import (
    agreed_order,
    read_order,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Order, Outside
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.outside import excepted, own_holders
from tests.unit.operation.test_device_operation import params
from tests.unit.support.operation_bench import Bench, Shown
from tests.unit.support.record import device, record
from tests.unit.support.zequenze_script import NAME

PARTNER = "lax-sbc-02"


def run(bench: Bench, *, dry: bool = False, operation: str = "reboot", **outside: t.Any) -> Shown:
    kept = Outside(**{"holders": {"me@here"}, **outside})
    return bench.run(operation, dry=dry, window_id=None, wait=False, outside=kept)


def with_partner() -> dict[str, t.Any]:
    return {"partners": {NAME: [device(PARTNER)]}}


def refused(bench: Bench, shown: Shown, gate: str, text: str) -> None:
    assert (shown["outcome"], shown["sent"], shown["gate"]) == ("refused", False, gate)
    assert text in shown["message"]
    assert "Nothing was sent" in shown["message"]
    assert bench.script.puts == []
    assert bench.rows == []


def notes(bench: Bench) -> list[t.Any]:
    rows = bench.journal.rows(sa.select(schema.EVENTS).where(schema.EVENTS.c.kind.like("without_%")))
    return [(row["kind"], row["device"], row["data"]) for row in rows]


@pytest.mark.parametrize("operation", ["reboot", "sync", "reconf"])
def test_a_device_that_another_holder_has_locked_is_refused(bench: Bench, operation: str) -> None:
    bench.lock(holder="W7")
    bench.script.shows()
    refused(bench, run(bench, operation=operation), "lock", f"device {NAME} is locked for W7")


@pytest.mark.parametrize("state", ["taking", "returning"])
def test_a_lock_whose_answer_is_not_known_counts_too(bench: Bench, state: t.Any) -> None:
    bench.locks.move(bench.lock(holder="W7"), state)
    bench.script.shows()
    refused(bench, run(bench), "lock", "is locked for W7")


def test_the_lock_is_found_under_the_name_that_a_window_of_the_journal_knows(bench: Bench) -> None:
    bench.lock("LAX SBC 1", holder="W7")
    row = {"window_id": "W7", "part": "", "name": "h", "position": 0, "batch": 0, "zequenze_name": NAME}
    more = {"sdm_name": "LAX SBC 1", "pam_name": "h", "writer": {}, "expected_duration": 0.0}
    window = {column.name: None for column in schema.WINDOWS.c}
    filled = {"window_id": "W7", "name": "W7"}
    values: dict[str, t.Any] = {
        name: filled.get(name, {} if isinstance(schema.WINDOWS.c[name].type, sa.JSON) else 0.0 if "at" in name else "")
        for name in window
    }
    bench.journal.write(lambda connection: connection.execute(schema.WINDOWS.insert(), values))
    bench.journal.write(lambda connection: connection.execute(schema.WINDOW_DEVICES.insert(), {**row, **more}))
    bench.script.shows()
    refused(bench, run(bench), "lock", "device LAX SBC 1 is locked for W7")


def test_a_lock_of_one_s_own_and_one_that_was_returned_keep_nothing_back(bench: Bench) -> None:
    bench.locks.move(bench.lock(holder="W7"), "returned")
    bench.lock(holder="me@here")
    bench.sends()
    assert run(bench)["sent"] is True


def test_the_lock_is_waited_for_as_long_as_agreed(bench: Bench) -> None:
    row = bench.lock(holder="W7")
    bench.script.shows()
    bench.clock.meanwhile = [lambda: None, lambda: bench.locks.move(row, "returned")]
    for _look in range(2):
        bench.script.shows()
    bench.script.baseline("reboot")
    bench.script.accepts()
    assert run(bench, wait_timeout=10.0)["sent"] is True
    assert bench.clock.pauses == [1.0, 1.0]


def test_a_lock_that_is_taken_right_before_the_first_byte_counts(bench: Bench) -> None:
    bench.script.shows()
    bench.script.baseline("reboot")
    claim = bench.operations.claim

    def claimed(*arguments: t.Any) -> t.Any:
        found = claim(*arguments)
        bench.lock(holder="W7")
        return found

    bench.operations.claim = claimed  # type: ignore[method-assign, assignment]
    bench.script.put()
    shown = run(bench)
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "is locked for W7" in shown["message"]
    assert bench.row["state"] == "refused"


def test_a_check_that_is_left_out_on_purpose_is_written_down(bench: Bench) -> None:
    bench.lock(holder="W7")
    bench.sends()
    assert run(bench, without=["require_lock"])["sent"] is True
    assert notes(bench) == [("without_require_lock", NAME, {"operation": "reboot", "called": NAME, "holder": "W7"})]


def test_check_mode_says_so_and_writes_nothing(bench: Bench) -> None:
    bench.lock(holder="W7")
    bench.script.shows()
    shown = run(bench, dry=True)
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert shown["message"].startswith(f"reboot would not be sent: not started: device {NAME} is locked for W7.")
    assert bench.rows == []


@pytest.mark.parametrize(
    ("up", "text"), [(False, "it is down in Zequenze Control"), (None, "in a state that is not shown")]
)
def test_a_partner_that_is_not_up_keeps_a_device_back(bench: Bench, up: bool | None, text: str) -> None:
    bench.script.shows()
    bench.script.shows(PARTNER, status={False: "down", None: "?"}[up])
    refused(bench, run(bench, **with_partner()), "exclusive", text)


def test_a_partner_that_cannot_be_read_or_is_locked_keeps_a_device_back(bench: Bench) -> None:
    bench.script.shows()
    bench.script.has_no_device(PARTNER)
    refused(bench, run(bench, **with_partner()), "exclusive", "it cannot be read")
    bench.lock(PARTNER, holder="W7")
    bench.script.shows()
    refused(bench, run(bench, **with_partner()), "exclusive", "it is locked for W7")


def test_a_partner_that_is_up_does_not_and_one_may_be_left_out_on_purpose(bench: Bench) -> None:
    bench.script.shows()
    bench.script.shows(PARTNER)
    bench.script.baseline("reboot")
    bench.script.accepts()
    assert run(bench, **with_partner())["sent"] is True
    bench.sends()
    assert run(bench, **with_partner(), without=["require_partners"])["sent"] is True
    data = {"operation": "reboot", "called": NAME, "partners": [PARTNER]}
    assert notes(bench) == [("without_require_partners", NAME, data)]


def test_a_window_that_disregards_partners_says_so_for_every_way_to_its_requests() -> None:
    pair = [device(NAME, group="p"), device(PARTNER, group="p")]
    strict, lax = (record(pair[0], partners=pair[1:], require_partners=require) for require in (True, False))
    given = Outside(holders=["W"], without=["require_lock"])
    assert (excepted(strict), excepted(strict, given)) == (None, given)
    found = excepted(lax, given)
    assert found is not None
    assert (list(found.without), found.partners[NAME]) == (["require_lock", "require_partners"], (pair[1],))
    order = Order("reboot", {NAME: pair[0]}, window_id="CHG1")
    agreed = agreed_order(order, lax, params(name=[NAME], window_id="CHG1"))
    assert agreed.outside == excepted(lax)


def outside(**options: t.Any) -> Outside | None:
    return read_order(params(**{"name": ["a", "b"], **options})).outside


def test_the_options_say_what_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETFLEET_HOLDER", "night shift")
    assert own_holders() == {default_holder(), "night shift"}
    groups: list[t.Any] = [["a", "c"], [{"name": "B", "zequenze_name": "b", "sdm_name": "SB"}, {"name": "d"}, "a"]]
    found = outside(groups=groups, lock_wait_timeout=5)
    assert found is not None
    assert (found.wait_timeout, list(found.without)) == (5.0, [])
    assert {name: [each.name for each in group] for name, group in found.partners.items()} == {
        "a": ["c", "b", "d"],
        "b": ["d", "a"],
    }
    assert next(each for each in found.partners["a"] if each.name == "b").sdm_name == "SB"
    without = outside(require_lock=False, require_partners=False)
    assert without is not None
    assert list(without.without) == ["require_lock", "require_partners"]
    assert outside(window_id="W1") is None
    in_window = outside(window_id="W1", require_lock=False)
    assert in_window is not None
    assert list(in_window.without) == ["require_lock"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"groups": ["ab"]}, "each group must be a list"),
        ({"groups": [["a", ""]]}, "has the member ''"),
        ({"groups": [["a", 7]]}, "has the member '7'"),
        ({"groups": [["a", {"host": "b"}]]}, "which is no name"),
        ({"groups": [["a", "b"]], "window_id": "W1"}, "for a task without window_id"),
        ({"require_partners": False, "window_id": "W1"}, "for a task without window_id"),
    ],
)
def test_groups_that_are_none_are_refused(options: dict[str, t.Any], text: str) -> None:
    with pytest.raises(BadInput, match=text):
        outside(**options)

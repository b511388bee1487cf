# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a window is expected to end: by the rules the engine obeys, and close to how long it then takes."""

from __future__ import annotations

import random
import statistics
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.durations import Taken, taken
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import Windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.forecast import LOCKING, basis_of, forecast
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.window_plan import prepare
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.answers import estimated_seconds
from tests.unit.support.record import device, record
from tests.unit.support.script import VirtualClock
from tests.unit.support.window_bench import Systems
from tests.unit.window.test_engine import Bench

NOTHING = Taken({}, {})
# The guide says so: how far the end of a window is from the forecast, in the middle and for nine windows of ten.
USUAL_ERROR, LARGE_ERROR = 0.10, 0.25


def seconds(taken_before: Taken = NOTHING, *devices: t.Any, cutoff: float | None = None, **rules: t.Any) -> t.Any:
    """The forecast of a window that only reboots."""
    return forecast(record(*devices, operations=("reboot",), **rules), taken_before, cutoff=cutoff)


REBOOTS = Taken({("M1", "reboot"): [100.0, 140.0], ("M2", "reboot"): [300.0]}, {"sync": 12.0})


@pytest.mark.parametrize(
    ("model", "operation", "expected", "source", "count"),
    [
        ("M1", "reboot", 120.0, "journal", 2),
        ("M3", "reboot", 180.0, "other", 3),
        ("M1", "sync", 12.0, "platform", 0),
        ("M1", "factory", 900.0, "usual", 0),
    ],
)
def test_what_is_known_best_counts(model: str, operation: str, expected: float, source: str, count: int) -> None:
    basis = basis_of(model, operation, REBOOTS)
    assert (basis.seconds, basis.source, basis.count) == (expected, source, count)


def test_cap_groups_batches_soak_and_hold_take_their_time() -> None:
    one = 300.0 + LOCKING
    assert seconds(NOTHING, device("a"), device("b")).seconds == one
    assert seconds(NOTHING, device("a"), device("b"), max_in_flight=1).seconds == 2 * one
    assert seconds(NOTHING, device("a", group="g"), device("b", group="g")).seconds == 2 * one
    assert seconds(NOTHING, device("a"), device("b", batch=1), soak=60.0).seconds == 2 * one + 60
    assert seconds(NOTHING, device("a"), hold=30.0).seconds == one + 30
    assert seconds(NOTHING, device("a", expected_duration=77.0)).seconds == 77.0
    assert seconds(NOTHING, device("a", excluded="protected")).seconds == 0.0


def test_devices_that_end_after_the_cutoff_are_late_and_no_others() -> None:
    found = seconds(NOTHING, *(device(name) for name in "abc"), max_in_flight=1, cutoff=2 * (300.0 + LOCKING))
    assert found.late == ("c",)
    assert seconds(NOTHING, device("a")).late == ()


def test_what_is_done_already_takes_no_time() -> None:
    agreed = record(device("a"), device("b"), operations=("sync", "reboot"))
    found = forecast(agreed, NOTHING, {"a": ("reboot",)})
    assert found.ends == {"a": 300.0 + LOCKING}


def test_the_forecast_is_close_to_how_long_windows_then_take() -> None:
    """Two hundred windows of the engine with devices whose times scatter, after ten windows that the journal holds."""
    chance = random.Random(7)
    errors = []
    for _window in range(200):
        models = {f"M{number}": chance.uniform(60, 400) for number in range(3)}

        def takes(model: str, usual: t.Mapping[str, float] = models) -> float:
            return usual[model] * chance.lognormvariate(0, 0.2)

        history = {(model, "reboot"): [takes(model) for _device in range(10)] for model in models}
        devices, batch = [], 0
        for number in range(chance.randint(3, 60)):
            batch = 0 if number == 0 else 1 + number // 20
            model = chance.choice(sorted(models))
            group = f"g={number // 2}" if chance.random() < 0.3 else None
            devices.append(device(f"d{number}", batch=batch, group=group, shown={"model": model}))
        rules: dict[str, t.Any] = {
            "max_in_flight": chance.choice([None, 2, 5, 10]),
            "soak": chance.choice([0.0, 60.0]),
            "hold": 0.0,
        }
        bench = Bench(devices, **rules)
        bench.seconds = {each.name: takes(str(each.shown["model"])) + LOCKING for each in devices}
        began = bench.clock.now()
        bench.run()
        actual = bench.clock.now() - began
        expected = forecast(record(*devices, operations=("reboot",), **rules), Taken(history, {})).seconds
        errors.append(abs(expected - actual) / actual)
    assert statistics.median(errors) <= USUAL_ERROR
    assert statistics.quantiles(errors, n=10)[-1] <= LARGE_ERROR


def done(journal: Journal, name: str, operation: str, took: float, estimated: float | None = None) -> None:
    """Write an operation that was proven after so many seconds."""
    operations = Operations(journal)
    wanted = Wanted(
        server="https://api.example.com",
        window_id="OLD",
        device_id=name,
        device=name,
        serial=None,
        operation=operation,
        baseline={} if estimated is None else {"estimated": estimated},
        send_deadline=journal.clock.now() + 30,
        busy_until=journal.clock.now() + 600,
    )
    row = operations.move(operations.claim(wanted, Limits()).row, "accepted", sent=True)
    journal.clock.sleep(took)
    operations.move(row, "unknown" if estimated else "done")


def test_the_journal_tells_what_operations_took_by_model(journal: Journal) -> None:
    Windows(journal).write(
        record(device("a", shown={"model": "M1"}), device("b", shown={"platform": "P"}), window_id="OLD")
    )
    done(journal, "a", "reboot", 100.0)
    done(journal, "b", "reboot", 200.0)
    done(journal, "c", "sync", 5.0, estimated=44.0)
    found = taken(journal)
    assert {key: list(each) for key, each in found.proven.items()} == {
        ("M1", "reboot"): [100.0],
        ("P", "reboot"): [200.0],
    }
    assert found.estimated == {"sync": 44.0}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"timestamp": "2026-11-21T02:00:00Z", "estimated_completion": "2026-11-21T02:05:00Z"}', 300.0),
        (b'{"estimated_completion": "2026-11-21T02:05:00Z"}', 240.0),
        (b'{"timestamp": "2026-11-21T02:00:00Z", "estimated_completion": "soon"}', None),
        (b'{"timestamp": "2026-11-21T02:00:00Z", "estimated_completion": "2026-11-21T01:00:00Z"}', None),
        (b'{"timestamp": "2026-11-21T02:00:00Z", "estimated_completion": "2036-11-21T02:00:00Z"}', None),
        (b"[]", None),
        (b"", None),
    ],
)
def test_the_platform_may_say_how_long_it_takes(body: bytes, expected: float | None) -> None:
    answer = Answer(200, {"date": "Sat, 21 Nov 2026 02:01:00 GMT", "content-type": "application/json"}, body)
    assert estimated_seconds(answer) == expected


def planned(tmp_path: Path, **variables: t.Any) -> Result:
    """The plan of two devices one after the other; the window opened an hour ago."""
    systems = Systems("a", "b")
    window = {"window_id": "CHG1", "window_live_sessions": "ignore", "window_hold": 0, "window_max_in_flight": 1}
    times = {"window_opens_at": "2026-11-21T01:00:00+00:00", "window_duration": "70m"}
    options = {"window": {**window, **times, **variables}, "json_file": None, "markdown_file": None}
    return prepare(systems.task(str(tmp_path / "j.sqlite3"), True, **options), systems.clients())


def test_a_plan_says_when_it_ends_what_does_not_fit_and_why(tmp_path: Path) -> None:
    assert VirtualClock().now() == 1795226400.0
    result = planned(tmp_path)
    assert "failed" not in result
    said = (
        "Expected to take 11 min 4 s.\n10 min 0 s are left until the cut-off; 1 device is not expected to fit: b.\n"
        "Based on sync 30 s, assumed, the journal has none; reboot 5 min 0 s, assumed, the journal has none.\n"
    )
    assert said in result["table"]
    assert result["plan"]["forecast"]["late"] == ["b"]
    assert result["plan"]["forecast"]["devices"] == {"a": 332.0, "b": 664.0}
    assert [each["source"] for each in result["plan"]["forecast"]["basis"]] == ["usual", "usual"]


def test_a_window_that_must_fit_fails_its_plan_and_shows_it(tmp_path: Path) -> None:
    result = planned(tmp_path, window_must_fit=True)
    assert result["failed"] is True
    assert result["msg"].startswith("The window does not fit (window_must_fit). Expected to take 11 min 4 s.")
    assert "not expected to fit: b" in result["msg"]
    assert result["table"], "what was planned is shown all the same"
    assert "failed" not in planned(tmp_path, window_must_fit=True, window_max_in_flight=2)


def test_a_window_that_is_to_open_has_its_whole_length(tmp_path: Path) -> None:
    later = {"window_opens_at": "2026-11-22T01:00:00+00:00", "window_duration": "10m", "window_cutoff": "4m"}
    result = planned(tmp_path, **later, window_expected_duration=200, window_must_fit=True)
    assert "6 min 0 s are left until the cut-off; 1 device is not expected to fit: b." in result["msg"]
    assert "Based on a device 3 min 20 s, window_expected_duration." in result["msg"]

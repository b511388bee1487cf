# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""window_metrics: the journal counted as Prometheus reads it, and examples that ask for metrics that exist."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import shutil
import subprocess
import typing as t
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Controls
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import Windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._metrics.window_metrics import (
    run_window_metrics,
    window_metrics_spec,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from tests.http_server import http_server
from tests.unit.support.record import device, record
from tests.unit.support.report_bench import HOSTILE, Story
from tests.unit.support.script import VirtualClock

MONITORING = Path(__file__).parents[3] / "examples/monitoring"
WEEKLY = {
    "window_name": "core",
    "window_schedule": "FREQ=WEEKLY;BYDAY=SA;BYHOUR=2;BYMINUTE=0",
    "window_duration": "2h",
}

# So that what was due before the tests' journal began is missed.
BEGUN = {"window_schedule_start": "2026-01-01"}

Item = dict[str, t.Any]
Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def story(journal: Journal, clock: VirtualClock) -> Story:
    journal.sender |= {"pid": 2**22 + 1, "run": 2**22 + 1, "run_started": "1"}
    return Story(journal, clock)


@pytest.fixture
def metrics(journal_path: Path, clock: VirtualClock, tmp_path: Path) -> t.Callable[..., Item]:
    """Write the metrics with some options changed; gives the result, with the values and the warnings."""

    def write(*, check_mode: bool = False, **options: t.Any) -> Item:
        params = {name: rule.get("default") for name, rule in window_metrics_spec().options.items()}
        params |= {"journal": str(journal_path), "path": str(tmp_path / "metrics" / "netfleet.prom"), **options}
        warnings: list[str] = []
        result = run_window_metrics(Task(params, check_mode=check_mode, clock=clock, warn=warnings.append))
        path = Path(params["path"] or "")
        text = path.read_text() if params["path"] and path.exists() else ""
        return {**result, "values": values(text), "text": text, "warnings": warnings}

    return write


def values(text: str) -> Values:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(result: Item, name: str, **labels: str) -> float | None:
    found: float | None = result["values"].get((name, frozenset(labels.items())))
    return found


def test_operations_are_counted_by_type_outcome_model_and_site(story: Story, metrics: t.Callable[..., Item]) -> None:
    story.everything()
    listed = [{"name": f"lax-sbc-0{number}", "model": "SBC 5400", "site": "LAX"} for number in range(1, 6)]
    result = metrics(devices=listed)
    here = {"model": "SBC 5400", "site": "LAX"}
    assert value(result, "netfleet_operations", operation="sync", outcome="done", **here) == 4
    assert value(result, "netfleet_operations", operation="reboot", outcome="failed", **here) == 1
    assert value(result, "netfleet_operations", operation="reboot", outcome="unknown", **here) == 1
    assert value(result, "netfleet_operations", operation="reboot", outcome="done", model="", site="") == 1
    # sync four times, reboot and hold once of the two that failed or are unknown.
    assert value(result, "netfleet_operation_success_ratio", **here) == pytest.approx(6 / 8)
    assert value(result, "netfleet_operation_success_ratio", model="", site="") == 1


def test_what_is_proven_later_takes_nothing_from_a_counter(
    story: Story, metrics: t.Callable[..., Item], clock: VirtualClock
) -> None:
    """Prometheus reads a counter that became less as one that began anew, and counts everything a second time."""
    counters = ("_total", "_bucket", "_sum", "_count")
    lock = story.lock("lax-sbc-01")
    failed = story.carry_out("lax-sbc-01", "sync", "failed", 20.0)
    unknown = story.carry_out("lax-sbc-01", "reboot", "unknown", 60.0)
    before = metrics()
    assert value(before, "netfleet_operations", operation="reboot", outcome="unknown", model="", site="") == 1
    assert value(before, "netfleet_operations_proven_total", operation="sync", outcome="failed") == 1
    assert value(before, "netfleet_operations_proven_total", operation="reboot", outcome="done") == 0
    story.operations.move(unknown, "done", evidence=["the uptime started anew"])
    assert story.claim("lax-sbc-01", "sync")["id"] == failed["id"]
    clock.sleep(5.0)
    story.carry_out("lax-sbc-01", "sync", "done", 5.0)
    story.unlock(lock)
    after = metrics(devices=[{"name": "lax-sbc-01", "model": "SBC 5400", "site": "LAX"}])
    for (name, labels), number in before["values"].items():
        if name.endswith(counters):
            assert after["values"][name, labels] >= number, name
    assert value(after, "netfleet_operations_proven_total", operation="reboot", outcome="done") == 1
    here = {"model": "SBC 5400", "site": "LAX"}
    assert value(after, "netfleet_operations", operation="reboot", outcome="unknown", **here) is None
    assert value(after, "netfleet_operations", operation="sync", outcome="done", **here) == 1


def test_what_stayed_unknown_is_history_some_day(
    story: Story, metrics: t.Callable[..., Item], clock: VirtualClock
) -> None:
    story.unknown("lax-sbc-01")
    labels = {"operation": "reboot", "outcome": "unknown", "model": "", "site": ""}
    assert value(metrics(look_back=7), "netfleet_operations", **labels) == 1
    clock.sleep(8 * 86400)
    assert value(metrics(look_back=7), "netfleet_operations", **labels) is None
    assert value(metrics(look_back=9), "netfleet_operations", **labels) == 1


def test_durations_are_histograms(story: Story, metrics: t.Callable[..., Item]) -> None:
    story.done("lax-sbc-01")
    story.done("lax-sbc-02")
    result = metrics()
    labels = {"operation": "reboot"}
    name = "netfleet_operation_duration_seconds"
    assert value(result, f"{name}_count", **labels) == 2
    assert value(result, f"{name}_sum", **labels) == pytest.approx(110.0)
    assert value(result, f"{name}_bucket", le="30.0", **labels) == 0
    assert value(result, f"{name}_bucket", le="60.0", **labels) == 2
    assert value(result, "netfleet_lock_held_seconds_count") == 2


def test_open_locks_are_shown_with_their_age(story: Story, metrics: t.Callable[..., Item], clock: VirtualClock) -> None:
    story.left_locked(HOSTILE)
    clock.sleep(1000)
    result = metrics()
    assert value(result, "netfleet_locks_open", holder="CHG1") == 1
    assert value(result, "netfleet_lock_age_seconds", device=HOSTILE, holder="CHG1") == pytest.approx(1004.6)
    assert value(result, "netfleet_locks_lease_over") == 0
    clock.sleep(3600)
    assert value(metrics(), "netfleet_locks_lease_over") == 1


def test_windows_that_nobody_ran_are_counted(
    journal: Journal, clock: VirtualClock, metrics: t.Callable[..., Item]
) -> None:
    # It is Saturday, 2026-11-21 02:00 UTC. Of the last four Saturdays, nothing was run on one; today's is open.
    for start in ("20261031T020000Z", "20261107T020000Z"):
        Story(journal, clock, f"core@{start}").busy("lax-sbc-01")
    result = metrics(windows=[{**WEEKLY, "window_schedule_start": "2026-01-01"}], look_back=22)
    counted = {
        state: value(result, "netfleet_window_occurrences", window="core", state=state)
        for state in ("due", "run", "missed", "open", "frozen")
    }
    assert counted == {"due": 4, "run": 2, "missed": 1, "open": 1, "frozen": 0}
    # The Saturday before, at 04:00 UTC.
    missed_at = value(result, "netfleet_window_missed_timestamp_seconds", window="core")
    assert missed_at == dt.datetime(2026, 11, 14, 4, tzinfo=dt.timezone.utc).timestamp()


def test_a_frozen_occurrence_is_not_missed(clock: VirtualClock, metrics: t.Callable[..., Item], tmp_path: Path) -> None:
    (tmp_path / "freeze.ics").write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n"
        "DTSTART:20261113T000000Z\r\nDTEND:20261115T000000Z\r\nSUMMARY:Freeze\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    begun = {"window_schedule_start": "2026-01-01"}
    result = metrics(windows=[{**WEEKLY, **begun, "window_freeze": [str(tmp_path / "freeze.ics")]}], look_back=8)
    assert value(result, "netfleet_window_occurrences", window="core", state="frozen") == 1
    assert value(result, "netfleet_window_occurrences", window="core", state="missed") == 0
    assert value(result, "netfleet_window_missed_timestamp_seconds", window="core") is None


def test_a_file_is_replaced_only_when_something_changed(
    story: Story, metrics: t.Callable[..., Item], tmp_path: Path
) -> None:
    story.done("lax-sbc-01")
    assert metrics(check_mode=True)["changed"] is True
    assert not (tmp_path / "metrics").exists()
    assert metrics()["changed"] is True
    assert metrics()["changed"] is False
    assert [path.name for path in (tmp_path / "metrics").iterdir()] == ["netfleet.prom"]


def test_what_lies_before_a_window_was_first_seen_is_not_missed(
    story: Story, metrics: t.Callable[..., Item], clock: VirtualClock, tmp_path: Path
) -> None:
    def missed(**options: t.Any) -> float | None:
        return value(metrics(**options), "netfleet_window_occurrences", window="core", state="missed")

    new = {"windows": [WEEKLY], "look_back": 35}
    assert missed(check_mode=True, journal=str(tmp_path / "none"), **new) is None
    assert missed(journal=str(tmp_path / "none"), **new) == 0
    assert missed(**new) == 0
    clock.sleep(8 * 86400)
    # The one that was open when it was first seen, and the next.
    assert missed(**new) == 2
    # A date from which the schedule counts says more than the journal.
    assert missed(windows=[{**WEEKLY, "window_schedule_start": "2026-11-01"}], look_back=35) == 4


def test_a_window_that_cannot_be_understood_is_told(metrics: t.Callable[..., Item]) -> None:
    with pytest.raises(BadInput, match="window_schedule"):
        metrics(windows=[{"window_name": "x", "window_duration": "1h"}])


def test_windows_are_read_from_their_files(metrics: t.Callable[..., Item], tmp_path: Path) -> None:
    file = tmp_path / "edge.yml"
    begun = {"window_schedule_start": "2026-01-01"}
    file.write_text(yaml.safe_dump({**WEEKLY, **begun, "window_name": "edge", "window_targets": "all"}))
    result = metrics(windows=[{**WEEKLY, **begun}], window_files=[str(file)], look_back=10)
    for window in ("core", "edge"):
        assert value(result, "netfleet_window_occurrences", window=window, state="due") == 2
    file.write_text("window_hold: 60\n")
    assert value(metrics(window_files=[str(file)]), "netfleet_window_occurrences", window="edge", state="due") is None
    for content in ("window_name: [", "- 1", "window_schedule: x", "window_id: 0012345\nwindow_targets: all"):
        file.write_text(content)
        result = metrics(windows=[WEEKLY], window_files=[str(file), str(tmp_path / "none.yml")])
        assert value(result, "netfleet_window_occurrences", window="core", state="due") is not None
        assert [each.partition(" is left")[0] for each in result["warnings"]] == [
            f"The window file {file}",
            f"The window file {tmp_path}/none.yml",
        ]


def test_a_calendar_that_cannot_be_read_leaves_the_other_windows_their_metrics(metrics: t.Callable[..., Item]) -> None:
    broken = {**WEEKLY, "window_name": "edge", "window_freeze": ["/nowhere/a.ics"]}
    result = metrics(windows=[broken, {**WEEKLY, "window_schedule_start": "2026-01-01"}], look_back=10)
    assert value(result, "netfleet_window_occurrences", window="core", state="missed") == 1
    assert value(result, "netfleet_window_occurrences", window="edge", state="due") is None
    (warning,) = result["warnings"]
    assert warning.startswith(
        "The window edge is left out of the metrics: window_freeze '/nowhere/a.ics' cannot be read"
    )


@pytest.fixture
def gateway() -> t.Iterator[tuple[str, list[Item]]]:
    """A Pushgateway of our own on a free port: its address and what it received."""
    received: list[Item] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append({"path": self.path, "body": body.decode(), "type": self.headers["Content-Type"]})
            self.send_response(400 if "refused" in self.path else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with http_server(Handler) as address:
        yield address, received


def test_the_same_goes_to_a_pushgateway(
    story: Story, metrics: t.Callable[..., Item], gateway: tuple[str, list[Item]]
) -> None:
    story.done("lax-sbc-01")
    url, received = gateway
    assert metrics(pushgateway_url=url, check_mode=True)["pushed"] is False
    assert received == []
    result = metrics(pushgateway_url=url)
    assert (result["pushed"], result["warnings"]) == (True, [])
    assert received[0]["path"] == "/metrics/job/netfleet"
    assert received[0]["body"] == result["text"]


def test_a_pushgateway_that_says_no_or_is_not_there_is_a_warning(
    story: Story, metrics: t.Callable[..., Item], gateway: tuple[str, list[Item]]
) -> None:
    story.done("lax-sbc-01")
    refused = metrics(pushgateway_url=f"{gateway[0]}/refused")
    assert (refused["pushed"], refused["changed"]) == (False, True)
    assert "answered 400" in refused["warnings"][0]
    gone = metrics(pushgateway_url="http://127.0.0.1:1", path=None)
    assert gone["pushed"] is False
    assert "not pushed" in gone["warnings"][0]


NAMES = re.compile(r"netfleet_[a-z_]+")
OURS = {"netfleet_operation_duration_seconds_bucket"}


def exported(story: Story, metrics: t.Callable[..., Item]) -> set[str]:
    story.everything()
    Windows(story.operations.journal).write(record(device("never reached")))
    return {name for name, _labels in metrics(windows=[{**WEEKLY, **BEGUN}])["values"]} | OURS


def test_the_devices_that_a_window_has_not_maintained_are_counted(story: Story, metrics: t.Callable[..., Item]) -> None:
    assert value(metrics(), "netfleet_window_devices_left", window="core") is None
    agreed = dataclasses.replace(record(device("never reached"), device("VIP", excluded="protected: x")), name="core")
    Windows(story.operations.journal).write(agreed)
    assert value(metrics(), "netfleet_window_devices_left", window="core") == 1


def test_the_dashboard_asks_for_metrics_that_exist(story: Story, metrics: t.Callable[..., Item]) -> None:
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(asked) > 10
    assert set(NAMES.findall(" ".join(asked))) <= exported(story, metrics)
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)


def test_the_alert_rules_ask_for_metrics_that_exist(story: Story, metrics: t.Callable[..., Item]) -> None:
    (group,) = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]:
        assert rule["annotations"]["summary"], rule["alert"]
        assert rule["labels"]["severity"] in ("warning", "critical")
    asked = {name for rule in group["rules"] for name in NAMES.findall(rule["expr"])}
    assert asked <= exported(story, metrics)


def test_the_alert_rules_take_no_gauge_for_a_counter(story: Story, metrics: t.Callable[..., Item]) -> None:
    """increase() and rate() of what may become less read every decrease as a new beginning."""
    story.everything()
    families = text_string_to_metric_families(metrics(windows=[WEEKLY])["text"])
    growing = {sample.name for family in families for sample in family.samples if family.type != "gauge"}
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    asked = [rule["expr"] for rule in rules]
    asked += [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    named = {name for expr in asked for name in re.findall(r"(?:increase|i?rate)\(\s*(\w+)", expr)}
    assert named
    assert named <= growing


def test_promtool_agrees_where_it_is_installed(
    story: Story, metrics: t.Callable[..., Item], capsys: pytest.CaptureFixture[str]
) -> None:
    """Debian's package prometheus has it; the two tests above hold without it."""
    promtool = shutil.which("promtool")
    if promtool is None:
        with capsys.disabled():
            print("promtool is not installed: rules and metrics were parsed, not checked by it")
        return
    for command in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run(
            [promtool, *command], cwd=MONITORING, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
    story.everything()
    done = subprocess.run(
        [promtool, "check", "metrics"],
        input=metrics(windows=[WEEKLY])["text"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_pauses_and_stops_in_force_are_counted(
    journal: Journal, clock: VirtualClock, metrics: t.Callable[..., Item]
) -> None:
    controls = Controls(journal)
    controls.add("window_id", "W1", "paused", "alarm", None)
    controls.add("window_name", "core", "paused", "alarm", clock.now() + 60)
    controls.add("all", "", "stopped", "incident", None)
    assert value(metrics(), "netfleet_window_controls", state="paused", scope="window_name") == 1
    clock.sleep(61)
    controls.end("all", "")
    result = metrics()
    name = "netfleet_window_controls"
    assert value(result, name, state="paused", scope="window_id") == 1
    assert value(result, name, state="paused", scope="window_name") == 0
    assert value(result, name, state="stopped", scope="all") == 0

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress of a window: stages from the journal, lines that say them, and a view kept at a terminal's bottom."""

from __future__ import annotations

import io
import os
import sys
import types
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.callback.window_progress import CallbackModule
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import (
    RecordedDevice,
    WindowRecord,
    WindowRules,
    Windows,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._progress import terminal as _progress_live
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._progress import watcher as _progress_watch
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._progress.stages import (
    View,
    Watched,
    cells,
    changes,
    limits,
    line,
    still,
    view_of,
)
from tests.unit.support.report_bench import Story
from tests.unit.support.script import VirtualClock

HOST = "lax-sbc-01"


@pytest.fixture
def story(journal: Journal, clock: VirtualClock) -> Story:
    return Story(journal, clock)


@pytest.fixture
def look(journal: Journal, clock: VirtualClock) -> t.Callable[..., View]:
    def now(watched: Watched | None = None) -> View:
        window = reading.Filter(windows=("CHG1",))
        return view_of(
            watched or Watched(), reading.locks(journal, window), reading.operations(journal, window), clock.now()
        )

    return now


def test_a_device_goes_from_stage_to_stage(story: Story, look: t.Callable[..., View]) -> None:
    seen: list[str] = []

    def note() -> None:
        stage = look().stages[HOST]
        if seen[-1:] != [stage]:
            seen.append(stage)

    row = story._intend(HOST)
    note()
    lock = story.locks.move(row, "held")
    note()
    for operation in ("sync", "reboot", "hold"):
        claimed = story.claim(HOST, operation)
        note()
        if operation != "hold":
            claimed = story.operations.move(claimed, "accepted", sent=True)
            note()
        story.operations.move(claimed, "done")
        note()
    story.unlock(lock)
    note()
    assert seen == [
        "locking",
        "locked",
        "syncing",
        "waiting for proof",
        "locked",
        "rebooting",
        "waiting for proof",
        "locked",
        "holding",
        "locked",
        "done",
    ]


@pytest.mark.parametrize("way", ["failed", "unknown"])
def test_a_device_that_went_wrong_is_told_when_its_lock_is_back(
    story: Story, look: t.Callable[..., View], way: str
) -> None:
    getattr(story, way)(HOST)
    assert look().stages == {HOST: way}


def test_what_may_have_been_sent_is_being_proven_while_the_device_is_locked(
    story: Story, look: t.Callable[..., View]
) -> None:
    story.lock(HOST)
    story.operations.move(story.claim(HOST, "reboot"), "unknown", sent=True)
    assert look().stages == {HOST: "waiting for proof"}


def test_a_busy_device_is_refused_and_those_to_come_wait(story: Story, look: t.Callable[..., View]) -> None:
    story.busy(HOST)
    view = look(Watched(batches=[[HOST, "lax-sbc-02"]]))
    assert view.counts == {"waiting": 1, "refused": 1}


def test_a_device_that_a_gate_kept_back_has_ended(
    story: Story, journal: Journal, clock: VirtualClock, look: t.Callable[..., View]
) -> None:
    watched = Watched(batches=[[HOST, "lax-sbc-02", "border"]], names={"in-sdm": "border"}, total=3, max_failures=1)

    def note(name: str) -> None:
        journal.note("gate_blocked", {"window_id": "CHG1", "device": name}, gate="cutoff", message="not started: x")

    note("lax-sbc-02")
    clock.sleep(1.0)
    begun = clock.now()

    def view() -> View:
        window = reading.Filter(windows=("CHG1",))
        events = reading.kept_back(journal, "CHG1", begun)
        rows = (reading.locks(journal, window), reading.operations(journal, window))
        return view_of(watched, *rows, clock.now(), events)

    note(HOST)
    # What an earlier run was kept from says nothing of this one.
    assert view().stages == {HOST: "not started", "lax-sbc-02": "waiting", "border": "waiting"}
    lock = story.lock("in-sdm")
    assert view().stages["border"] == "locked"
    note("in-sdm")
    story.unlock(lock)
    assert view().stages["border"] == "not started"
    # Synced, and then kept from its reboot: it is not done.
    half = story.lock("half")
    story.carry_out("half", "sync")
    note("half")
    story.unlock(half)
    assert view().stages.pop("half") == "not started"
    again = story.lock(HOST)
    assert view().stages[HOST] == "locked"
    story.carry_out(HOST, "reboot")
    story.unlock(again)
    watched.ended = True
    after = view()
    kept = {name for name, stage in after.stages.items() if stage == "not started"}
    assert kept == {"lax-sbc-02", "border", "half"}
    assert line("x", watched, after).endswith("4 of 4 finished, 1 done, 3 not started; 0 of 1 allowed failures")
    assert changes(None, after)[-1] == "not started: lax-sbc-02, border, half"


def test_a_device_has_one_stage_whatever_the_systems_call_it(story: Story, look: t.Callable[..., View]) -> None:
    lock = story.lock("in-sdm")
    story.carry_out("in-zequenze", "reboot")
    story.unlock(lock)
    watched = Watched(batches=[["border"]], names={"in-sdm": "border", "in-zequenze": "border"})
    assert look(watched).stages == {"border": "done"}


def test_lines_tell_changes_the_time_left_and_the_budget() -> None:
    names = [f"d{number}" for number in range(6)]
    before = View(dict.fromkeys(names, "locked"), {}, 0.0)
    after = View({**dict.fromkeys(names, "rebooting"), "d5": "failed"}, dict.fromkeys(names, 10.0), 41.0)
    assert changes(before, after) == ["rebooting: d0, d1, d2, d3 and 1 more", "failed: d5"]
    assert changes(after, after) == []
    watched = Watched(ends_at=101.0, max_failures=2, total=9)
    assert line("x", watched, after) == (
        "netfleet 00:00:41Z x | 1 of 9 finished, 5 rebooting, 1 failed; 1 min until the cut-off; "
        "1 of 2 allowed failures"
    )
    assert limits(Watched(ends_at=10.0), after) == ["past the cut-off"]
    assert still(after) == "waiting: d0 rebooting for 31 s"
    assert still(View({"d5": "failed"}, {"d5": 1.0}, 9.0)) == "waiting"


def test_before_the_window_is_agreed_nothing_is_counted() -> None:
    empty = View({}, {}, 41.0)
    assert line(still(empty), Watched(started_at=36.0), empty) == (
        "netfleet 00:00:41Z checking the window | 5.0 s elapsed"
    )
    assert line("x", Watched(), empty) == "netfleet 00:00:41Z x"


@pytest.mark.finding("C1")
def test_the_run_says_how_long_it_took_and_will_take() -> None:
    stages = {"a": "done", "b": "done", "c": "rebooting", "d": "waiting"}
    watched = Watched(started_at=100.0, settled_before=1, total=4)
    assert limits(watched, View(stages, {}, 160.0)) == ["1 min elapsed", "about 2 min to go, until 00:04:40Z"]
    watched.ended = True
    assert limits(watched, View(stages, {}, 160.0)) == ["1 min elapsed"]


def test_the_end_is_forecast_before_anything_is_finished_and_then_goes_by_the_pace() -> None:
    """A canary alone tells nothing of how long a batch of a hundred at once takes; the forecast does."""
    names = [f"d{number}" for number in range(100)]
    expected = {"canary": 300.0, **dict.fromkeys(names, 600.0)}
    watched = Watched(started_at=100.0, total=101, expected=expected)
    waiting = dict.fromkeys(names, "waiting")

    def said(stage: str, since: float, now: float) -> list[str]:
        return limits(watched, View({"canary": stage, **waiting}, {"canary": since}, now))[1:]

    assert said("rebooting", 100.0, 160.0) == ["about 9 min to go, until 00:11:40Z"]
    # It took half as long as forecast.
    assert said("done", 250.0, 250.0) == ["about 2 min 30 s to go, until 00:06:40Z"]
    assert said("done", 250.0, 310.0) == ["about 1 min 30 s to go, until 00:06:40Z"]
    # A failure at once is no pace, and what takes longer than was forecast is not said to have ended.
    assert said("failed", 101.0, 160.0) == ["about 9 min to go, until 00:11:40Z"]
    assert said("rebooting", 100.0, 800.0) == []
    watched.ended = True
    assert said("done", 250.0, 310.0) == []


def test_who_paused_the_window_is_said_with_how_it_stands() -> None:
    watched = Watched(control="window W1 was paused by alice on c1: alarm")
    assert limits(watched, View({}, {}, 1.0)) == ["window W1 was paused by alice on c1: alarm"]


def test_what_was_agreed_gives_batches_names_and_limits() -> None:
    devices = (
        RecordedDevice("a", "za", "sa", "a"),
        RecordedDevice("b", "b", "b", "b", batch=1),
        RecordedDevice("c", "c", "c", "c", batch=1, excluded="protected"),
    )
    watched = Watched()
    watched.agree(WindowRecord("CHG1", ("sync",), devices, rules=WindowRules(max_failures=2)))
    assert (watched.batches, watched.total, watched.max_failures) == ([["a"], ["b"]], 2, 2)
    assert watched.names == {"za": "a", "sa": "a", "b": "b"}


@pytest.mark.finding("C1")
@pytest.mark.parametrize(
    ("stages", "width", "drawn"),
    [
        (["done", "waiting", "rebooting", "failed"], 8, "##xx++.."),
        (["done"] * 97 + ["failed", "unknown", "waiting"], 10, "#######x?."),
        (["done"] * 3, 3, "###"),
        ([], 5, ""),
        (["locked"], 0, ""),
    ],
)
def test_a_bar_shows_the_stages_without_colours(stages: list[str], width: int, drawn: str) -> None:
    assert cells(stages, width) == drawn


def test_hostile_names_do_not_reach_the_terminal_as_they_are() -> None:
    name = "x\x1b[2J\u202ey\n"
    view = View({name: "failed"}, {name: 1.0}, 2.0)
    watched = Watched(window_id="\x1b]0;title\x07", batches=[[name]], total=1)
    text = "".join(changes(None, view)) + still(view) + "".join(_progress_live.render(watched, view, 80))
    assert "\x1b[2J" not in text
    assert "\x1b]0;" not in text
    assert "\u202e" not in text


def test_news_add_up() -> None:
    watched = Watched()
    watched.learn({"batch": ["a"], "total": 3, "max_failures": None})
    watched.learn({"batch": ["b", "c"], "window_id": "CHG1", "names": {"x": "a"}})
    assert watched == Watched(window_id="CHG1", batches=[["a"], ["b", "c"]], names={"x": "a"}, total=3)


def test_the_view_fits_the_terminal() -> None:
    names = [[f"b{batch}d{number}" for number in range(5)] for batch in range(9)]
    stages = {name: "done" if index < 3 else "waiting" for index, batch in enumerate(names) for name in batch}
    watched = Watched(window_id="CHG1", batches=names, total=60, ends_at=100.0)
    lines = _progress_live.render(watched, View(stages, {}, 40.0), 60)
    assert "window CHG1 · 15 of 60 finished · 1 min until the" in lines[0]
    assert [number for number in range(10) if any(f"batch {number} " in each for each in lines)] == [6, 7, 8, 9]
    assert "15" in next(each for each in lines if "later" in each)
    assert "15 done" in next(each for each in lines if "waiting   " in each)


class Recorder:
    """Stands in for a terminal's file: what was written to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, lines: int) -> None:
        self.text = ""
        self.lines = lines
        monkeypatch.setattr(os, "get_terminal_size", lambda _handle: os.terminal_size((80, self.lines)))
        monkeypatch.setattr(os, "write", self.write)

    def write(self, _handle: int, data: bytes) -> int:
        self.text += data.decode()
        return len(data)


def test_the_terminal_keeps_its_last_lines_and_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch, 30)
    terminal = _progress_live.Terminal(1)
    terminal.show(["one", "two"])
    assert "\x1b[1;28r" in recorder.text
    assert "\x1b[29;1H\x1b[2Kone" in recorder.text
    recorder.text = ""
    terminal.show(["three", "four"])
    assert "r" not in recorder.text.replace("three", "").replace("four", "")
    recorder.lines = 40
    terminal.show(["five", "six"])
    assert "\x1b[1;38r" in recorder.text
    recorder.text = ""
    recorder.lines = 8
    terminal.show(["five", "six"])
    assert recorder.text.startswith("\x1b7\x1b[r")
    recorder.text = ""
    terminal.restore()
    assert recorder.text == ""


def test_the_watcher_speaks_when_something_changes_and_now_and_then_otherwise(
    story: Story, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    time = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: time[0])
    watched = Watched(window_id="CHG1", place=journal.place)
    watcher = _progress_watch.Watcher(_progress_watch.Lines(watched, heartbeat=5.0), watched)
    story.lock(HOST)
    watcher.look()
    watcher.look()
    assert out.getvalue().count("\n") == 1
    time[0] += 5
    watcher.look()
    assert out.getvalue().count("\n") == 2
    assert "waiting: lax-sbc-01 locked" in out.getvalue()
    watcher.close()


def test_the_watcher_takes_the_forecast_once_for_what_is_not_finished(story: Story, journal: Journal) -> None:
    story.done("a")
    devices = tuple(RecordedDevice(name, name, name, name, batch=name == "c") for name in "abc")
    Windows(journal).write(WindowRecord("CHG1", ("reboot",), devices, rules=WindowRules(hold=0.0)))
    shown: list[View] = []
    watched = Watched(window_id="CHG1", place=journal.place)
    watcher = _progress_watch.Watcher(shown.append, watched)
    watcher.look()
    assert watched.expected is not None
    assert list(watched.expected) == ["b", "c"]
    assert watched.expected["c"] == 2 * watched.expected["b"]
    assert any("to go, until" in each for each in limits(watched, shown[0]))
    before = watched.expected
    watcher.look()
    assert watched.expected is before
    watcher.close()


def test_a_journal_that_is_not_there_yet_or_not_readable_is_looked_at_again(
    story: Story, journal: Journal, tmp_path: t.Any
) -> None:
    shown: list[View] = []
    watched = Watched()
    watcher = _progress_watch.Watcher(shown.append, watched)
    watcher.look()
    watched.learn({"window_id": "CHG1", "place": str(tmp_path / "none")})
    watcher.look()
    (tmp_path / "broken").write_bytes(b"x" * 4096)
    watched.learn({"place": str(tmp_path / "broken")})
    watcher.look()
    assert shown == []
    watched.learn({"place": journal.place})
    watcher.look()
    assert len(shown) == 1
    watcher.close()


@pytest.fixture
def callback(monkeypatch: pytest.MonkeyPatch) -> tuple[CallbackModule, list[str]]:
    """The callback with its watcher replaced by a pipe whose other end can be closed, and what it warned of."""
    module = CallbackModule()
    warned: list[str] = []
    monkeypatch.setattr(module._display, "warning", warned.append)
    monkeypatch.setattr(module, "get_option", lambda _name: None)
    return module, warned


class Ran:
    """Stands in for the result of a task."""

    def __init__(self, window_id: str) -> None:
        self.task = self._task = types.SimpleNamespace(action="ansible.builtin.set_fact")
        self.result = self._result = {"ansible_facts": {"__window": {"id": window_id}}}


def test_a_hook_that_raises_is_told_once_and_reaches_nobody(callback: tuple[CallbackModule, list[str]]) -> None:
    module, warned = callback
    module.v2_runner_on_ok(object())
    module.v2_runner_on_failed(object())
    module.v2_playbook_on_stats(object())
    assert warned == ["window_progress shows no more: AttributeError: 'object' object has no attribute '_task'"]


def test_what_reads_about_a_window_starts_no_watcher(
    callback: tuple[CallbackModule, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    module, warned = callback
    started: list[dict[str, t.Any]] = []
    monkeypatch.setattr(module, "_tell", started.append)
    for name in ("window_status", "window_report", "journal_info", "window_run"):
        ran = Ran("CHG1")
        ran.task.action = f"netfleet.maintenance.{name}"
        ran.result.clear()
        ran.result["invocation"] = {"module_args": {"window_id": "CHG1"}}
        module.v2_runner_on_ok(ran)
    assert warned == []
    assert [news["window_id"] for news in started] == ["CHG1"]


def test_a_watcher_whose_pipe_is_closed_is_told_once(callback: tuple[CallbackModule, list[str]]) -> None:
    module, warned = callback
    reading_end, writing_end = os.pipe()
    stdin = os.fdopen(writing_end, "wb")
    module._watcher = t.cast("t.Any", types.SimpleNamespace(stdin=stdin))
    module.v2_runner_on_ok(Ran("CHG1"))
    assert b"CHG1" in os.read(reading_end, 4096)
    os.close(reading_end)
    for number in range(3):
        module.v2_runner_on_ok(Ran(f"CHG{number + 2}"))
    module.v2_playbook_on_stats(object())
    assert warned == ["window_progress shows no more: BrokenPipeError: [Errno 32] Broken pipe"]
    assert stdin.closed

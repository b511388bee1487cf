# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""window_notify: what hooks are told, and that nothing they do reaches the window."""

from __future__ import annotations

import json
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._notify import window_notify as _window_notify
from ansible_collections.netfleet.maintenance.plugins.module_utils._notify.hooks import without_credentials
from ansible_collections.netfleet.maintenance.plugins.module_utils._notify.window_notify import (
    run_window_notify,
    window_notify_spec,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import know
from tests.unit.support.report_bench import HOSTILE, Story
from tests.unit.support.script import VirtualClock

Item = dict[str, t.Any]


@pytest.fixture
def story(journal: Journal, clock: VirtualClock) -> Story:
    journal.sender |= {"pid": 2**22 + 1, "run": 2**22 + 1, "run_started": "1"}
    return Story(journal, clock)


@pytest.fixture
def hooks(tmp_path: Path) -> list[str]:
    paths = [tmp_path / name for name in ("first.yml", "second.yml")]
    for path in paths:
        path.write_text("[]")
    return [str(path) for path in paths]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Item]:
    """Stands in for ansible-playbook: what each child was told, and how it ended (by the name of its hook)."""
    children: list[Item] = []

    def run(command: list[str], **options: t.Any) -> subprocess.CompletedProcess[bytes]:
        extra = json.loads(command[-1])
        told = json.loads(Path(extra["notify_file"]).read_text())
        children.append({"command": command, "hook": extra["notify_hook"], "told": told, **options})
        name = Path(extra["notify_hook"]).name
        if name == "hangs.yml":
            raise subprocess.TimeoutExpired(command, options["timeout"])
        failed = name == "fails.yml"
        return subprocess.CompletedProcess(command, int(failed) * 2, b"TASK\nfatal: [localhost]: FAILED!" * failed)

    monkeypatch.setattr(subprocess, "run", run)
    return children


@pytest.fixture
def tell(journal_path: Path, clock: VirtualClock) -> t.Callable[..., tuple[Item, list[str]]]:
    def run(*, check_mode: bool = False, run: int | None = None, **options: t.Any) -> tuple[Item, list[str]]:
        params = {name: rule.get("default") for name, rule in window_notify_spec().options.items()}
        params |= {"journal": str(journal_path), "window_id": "CHG1", **options}
        warnings: list[str] = []
        task = Task(params, check_mode=check_mode, clock=clock, warn=warnings.append, run=run)
        return run_window_notify(task), warnings

    return run


def test_every_hook_is_told_what_needs_a_person(
    story: Story, hooks: list[str], ran: list[Item], tell: t.Callable[..., tuple[Item, list[str]]]
) -> None:
    story.everything()
    result, warnings = tell(hooks=hooks, files={"html": "/srv/x.html"}, operations=["sync", "reboot", "hold"])
    assert (result["told"], result["changed"], warnings) == (2, True, [])
    assert [child["hook"] for child in ran] == hooks
    told = ran[0]["told"]
    assert (told["moment"], told["window"]["id"]) == ("ended", "CHG1")
    assert told["summary"]["verdict"] == "attention"
    assert [device["name"] for device in told["attention"]] == [f"lax-sbc-0{number}" for number in (2, 3, 4, 5)]
    assert told["files"] == {"html": "/srv/x.html"}
    assert ran[0]["timeout"] == 30.0


def test_names_are_in_no_command_line(
    story: Story, hooks: list[str], ran: list[Item], tell: t.Callable[..., tuple[Item, list[str]]]
) -> None:
    """There a name would be a template, and visible to everybody on the machine."""
    story.failed(HOSTILE)
    tell(hooks=hooks)
    assert HOSTILE in str(ran[0]["told"])
    assert HOSTILE not in str(ran[0]["command"])


def test_a_hook_that_fails_or_hangs_keeps_no_other_from_being_told(
    story: Story, ran: list[Item], tell: t.Callable[..., tuple[Item, list[str]]], tmp_path: Path
) -> None:
    story.busy("lax-sbc-01")
    names = [tmp_path / name for name in ("fails.yml", "hangs.yml", "missing.yml", "well.yml")]
    for path in names:
        if path.stem != "missing":
            path.write_text("[]")
    result, warnings = tell(hooks=[str(path) for path in names])
    assert result["told"] == 1
    assert "failed" not in result
    assert "it ended with 2. fatal: [localhost]: FAILED!" in warnings[0]
    assert "more than 30 seconds" in warnings[1]
    assert "no such file" in warnings[2]
    assert Path(ran[-1]["hook"]).name == "well.yml"


def test_the_start_of_a_window_is_told_beside_it(
    hooks: list[str],
    ran: list[Item],
    tell: t.Callable[..., tuple[Item, list[str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[Item] = []
    monkeypatch.setattr(
        _window_notify, "start_detached", lambda name, text, _environment: started.append(json.loads(text))
    )
    devices = [{"name": "lax-sbc-01"}]
    result, _warnings = tell(hooks=hooks, moment="started", run=4711, devices=devices)
    assert (result["told"], ran) == (2, [])
    assert started[0]["hooks"] == hooks
    assert started[0]["notification"]["moment"] == "started"
    assert started[0]["notification"]["summary"]["outcomes"] == {"not_started": 1}
    # Nothing was done yet, and nothing is left to do.
    assert started[0]["notification"]["summary"]["headline"].endswith(" has started for 1 device.")
    assert (started[0]["notification"]["to_do"], started[0]["notification"]["attention"]) == ([], [])

    def fail(_name: str, _text: str, _environment: t.Any) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(_window_notify, "start_detached", fail)
    result, warnings = tell(hooks=hooks, moment="started", run=4711, window_id="CHG2")
    assert (result["told"], len(warnings)) == (0, 2)


def test_a_further_run_of_the_window_tells_only_what_is_new(
    story: Story, hooks: list[str], ran: list[Item], tell: t.Callable[..., tuple[Item, list[str]]]
) -> None:
    story.done("lax-sbc-01")
    story.busy("lax-sbc-02")
    assert tell(hooks=hooks)[0]["told"] == 2
    # Five minutes later it is asked for again, and still busy.
    story.busy("lax-sbc-02", tries=2)
    again, warnings = tell(hooks=hooks)
    assert (again["told"], again["changed"], warnings, len(ran)) == (0, False, [], 2)
    assert tell(hooks=hooks, check_mode=True)[0]["changed"] is False
    story.failed("lax-sbc-02")
    assert tell(hooks=hooks)[0]["told"] == 2
    assert ran[-1]["told"]["summary"]["outcomes"] == {"failed": 1, "done": 1}
    assert tell(hooks=hooks, moment="started")[0]["told"] == 2
    assert (
        " has started for 2 devices. So far: 1 of 2 devices done, 1 failed." in ran[-1]["told"]["summary"]["headline"]
    )
    assert [device["name"] for device in ran[-1]["told"]["attention"]] == ["lax-sbc-02"]
    assert tell(hooks=hooks, moment="started")[0]["told"] == 0
    # Another window is another matter.
    assert tell(hooks=hooks, moment="started", window_id="CHG2")[0]["told"] == 2


def test_a_hook_that_failed_is_told_again_and_the_others_are_not(
    story: Story, ran: list[Item], tell: t.Callable[..., tuple[Item, list[str]]], tmp_path: Path
) -> None:
    story.busy("lax-sbc-01")
    paths = [tmp_path / name for name in ("fails.yml", "well.yml")]
    for path in paths:
        path.write_text("[]")
    for _run in range(2):
        tell(hooks=[str(path) for path in paths])
    assert [Path(child["hook"]).name for child in ran] == ["fails.yml", "well.yml", "fails.yml"]


def test_a_journal_that_cannot_be_written_keeps_nobody_from_being_told(
    story: Story,
    hooks: list[str],
    ran: list[Item],
    tell: t.Callable[..., tuple[Item, list[str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_given: t.Any) -> None:
        raise JournalError("The journal is full.")

    monkeypatch.setattr(Journal, "remember", fail)
    result, warnings = tell(hooks=hooks)
    assert (result["told"], len(ran)) == (2, 2)
    assert warnings == ["The next run of this window tells the same again: The journal is full."]


def test_a_journal_that_cannot_be_read_is_a_warning(
    hooks: list[str], ran: list[Item], tell: t.Callable[..., tuple[Item, list[str]]], tmp_path: Path
) -> None:
    (tmp_path / "broken").write_text("this is no journal at all, but long enough to be looked at" * 100)
    result, warnings = tell(hooks=hooks, journal=str(tmp_path / "broken"))
    assert (result["told"], "failed" in result) == (0, False)
    assert "No notifications sent" in warnings[0]


def test_check_mode_tells_nobody(
    story: Story, hooks: list[str], ran: list[Item], tell: t.Callable[..., tuple[Item, list[str]]]
) -> None:
    result, _warnings = tell(hooks=hooks, check_mode=True)
    assert (result["changed"], ran) == (True, [])
    assert tell(hooks=[])[0]["changed"] is False


def test_a_hook_does_not_inherit_what_signs_in() -> None:
    know("another-name-for-a-secret")
    inherited = without_credentials(
        {
            "ZEQUENZE_TOKEN": "a",
            "SENHASEGURA_TOKEN_SECRET": "b",
            "ORACLE_SDM_PASSWORD": "c",
            "MY_TOKEN": "another-name-for-a-secret",
            "NETFLEET_JOURNAL": "postgresql://u:p@h/x",
            "SLACK_TOKEN": "the hook's own",
            "https_proxy": "http://u:p@proxy.example.com",
            "ZEQUENZE_URL": "https://control.example.com",
        }
    )
    assert set(inherited) == {"SLACK_TOKEN", "https_proxy", "ZEQUENZE_URL"}

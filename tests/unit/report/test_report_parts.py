# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small parts around reports: files, the command line, who is behind a run, what the inventory knows, lengths."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from ansible import constants as C

from ansible_collections.netfleet.maintenance.plugins.filter.report_devices import FilterModule
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._files import file_name, write_if_changed
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import process as _who
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import same_run, this_process
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.todo import extra_var
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import length
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.command_line import window_command

WINDOW = "ansible-playbook netfleet.maintenance.maintenance_window"


@pytest.mark.parametrize("name", ["CHG1", "core@20261121T020000Z", "a.b-c_d"])
def test_a_plain_name_is_its_file_name(name: str) -> None:
    assert file_name(name) == name


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "x\n", "", "ü", "a" * 300])
def test_any_other_name_is_made_one_and_told_apart(name: str) -> None:
    made = file_name(name)
    assert made != name
    assert "/" not in made
    assert not made.startswith(".")
    assert len(made) < 140
    assert file_name(name + "x") != made


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    assert write_if_changed(str(path), b"one", dry=True) is True
    assert not path.parent.exists()
    assert write_if_changed(str(path), b"one") is True
    inode = path.stat().st_ino
    assert write_if_changed(str(path), b"one") is False
    assert path.stat().st_ino == inode
    assert write_if_changed(str(path), b"two") is True
    assert path.stat().st_ino != inode
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()
    assert os.listdir(path.parent) == ["file"]
    with pytest.raises(BadInput, match="cannot be written"):
        write_if_changed(str(path / "below"), b"x")


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


@pytest.mark.finding("A4")
@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ({}, WINDOW),
        ({"inventory": ["a.yml", "b c.yml"]}, f"{WINDOW} -i a.yml -i 'b c.yml'"),
        ({"extra_vars": ["@windows/core.yml"]}, f"{WINDOW} -e @windows/core.yml"),
        ({"extra_vars": ["window_id=CHG1 api_token=secret"]}, f"{WINDOW} -e window_id=CHG1"),
        (
            {"extra_vars": ['{"window_id": "CHG 1", "password": "x", "window_batches": [1, "100%"]}']},
            f'{WINDOW} -e \'{{"window_id": "CHG 1"}}\' -e \'{{"window_batches": [1, "100%"]}}\'',
        ),
        ({"extra_vars": ["{not json"]}, WINDOW),
        # -e also takes YAML, and a null takes a variable of a file away.
        (
            {"extra_vars": ["{window_id: C1, window_schedule: null}"]},
            f"{WINDOW} -e window_id=C1 -e '{{\"window_schedule\": null}}'",
        ),
        # The inventory of the configuration needs no -i.
        ({"inventory": C.DEFAULT_HOST_LIST}, WINDOW),
    ],
)
def test_the_command_repeats_what_belongs_to_the_window_and_no_secret(
    arguments: dict[str, t.Any], command: str
) -> None:
    assert window_command(arguments) == command


@pytest.mark.parametrize("value", ["a b", "$(id)", "'", "{{ x }}", "@file", "-x", ""])
def test_a_value_that_means_more_to_a_shell_is_quoted(value: str) -> None:
    import json
    import shlex

    flag, word = shlex.split(extra_var("window_id", value))
    assert flag == "-e"
    assert json.loads(word) == {"window_id": value}


def test_who_is_behind_a_run_is_written_down_and_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_who, "_launch", {})
    for name in ("SUDO_USER", "JOB_ID", "AWX_HOST", "AWX_PRIVATE_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("USER", "somebody-else")
    before = this_process()
    assert before["user"] not in ("", "somebody-else")
    assert "job" not in before
    # A number of a job that is not AWX's.
    monkeypatch.setenv("JOB_ID", "7")
    assert "job" not in this_process()
    monkeypatch.setenv("AWX_PRIVATE_DATA_DIR", "/runner")
    monkeypatch.setenv("SUDO_USER", "alice")
    assert (this_process()["job"], this_process()["claimed"]) == ("7", {"sudo_user": "alice"})
    _who.remember_launch({"awx_job_id": 812, "awx_user_name": "jdoe", "tower_user_name": "other"})
    after = this_process()
    assert (after["job"], after["launched_by"]) == ("812", "jdoe")
    assert same_run(before, after)
    _who.remember_launch({})
    assert this_process() == after
    # The same variables on a command line outside of AWX are only what somebody claims.
    monkeypatch.delenv("AWX_PRIVATE_DATA_DIR")
    outside = this_process()
    assert "job" not in outside
    assert "launched_by" not in outside
    assert outside["claimed"] == {"job": "812", "launched_by": "jdoe", "sudo_user": "alice"}


def test_reports_are_told_what_the_inventory_knows() -> None:
    devices = FilterModule().filters()["report_devices"]
    hosts = {
        "a": {"pam_site": "LAX", "pam_model": "SBC 5400", "pam_type": "", "secret": "x", "sdm_name": "A"},
        "b": {},
    }
    assert devices(["a", "b"], hosts) == [
        {"name": "a", "site": "LAX", "model": "SBC 5400", "sdm_name": "A"},
        {"name": "b"},
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (7380, "2 h 3 min"),
    ],
)
def test_lengths_are_said_as_people_say_them(seconds: float | None, said: str) -> None:
    assert length(seconds) == said

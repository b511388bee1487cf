# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""validate_windows: one run names each file, key and cure, and looks where it was started."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.run import Commands, Finished
from tests.simulators import Simulator

ONCE = "window_id: CHG1\nwindow_targets: all\n"
# The text of each bad file, and what is said about it.
BAD = {
    "blank.yml": ("", "The file is empty."),
    "comment.yaml": ("# nothing yet\n", "The file is empty."),
    "near1.yml": (
        f"{ONCE}windows_max_failures: 1\n",
        "Unknown key windows_max_failures. Did you mean window_max_failures?",
    ),
    "near2.yml": (
        f"{ONCE}widow_max_failures: 1\n",
        "Unknown key widow_max_failures. Did you mean window_max_failures?",
    ),
    "near3.yml": (
        f"{ONCE}window-max-failures: 1\n",
        "Unknown key window-max-failures. Did you mean window_max_failures?",
    ),
    "near4.yml": (
        f"{ONCE}Window_max_failures: 1\n",
        "Unknown key Window_max_failures. Did you mean window_max_failures?",
    ),
    "other.yml": (f"{ONCE}colour: red\n", "Unknown key colour. Remove it, or begin its name with x_"),
    "octal.yml": (f"{ONCE}window_max_targets: 010\n", "window_max_targets '010' is 8 to YAML. Write a whole number"),
    "id.yml": ("window_id: 0012345\nwindow_targets: all\n", "window_id '0012345' is 5349 to YAML. Put it in quotes"),
    "length.yml": (f"{ONCE}window_duration: 2:00\n", "window_duration '2:00' is 120 to YAML. Write text such as 2h"),
    "twice.yml": (f"{ONCE}window_max_failures: 1\nwindow_max_failures: 9\n", "window_max_failures is there twice"),
    "vault.yml": (
        "window_id: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  33\nwindow_targets: all\n",
        "window_id has the tag !vault",
    ),
    "template.yml": (
        'window_name: \'{{ lookup("pipe", "touch ran") }}\'\nwindow_targets: all\n',
        "window_name has the template",
    ),
    "kind.yml": (
        f"{ONCE}window_max_failures: two\n",
        "window_max_failures 'two' must be a whole number of 0 or more or text such as 5%.",
    ),
    "null.yml": (f"{ONCE}window_max_failures:\n", "window_max_failures has no value."),
    "calendar.yml": (f"{ONCE}window_freeze: [absent.ics]\n", "window_freeze 'absent.ics' cannot be read"),
}


def validate(ansible: Commands, *arguments: str, pwd: Path | None = None) -> Finished:
    return ansible.run(
        "ansible-playbook",
        "-i",
        "localhost,",
        "netfleet.maintenance.validate_windows",
        *arguments,
        environment={"PWD": str(pwd or ansible.home)},
    )


def test_every_bad_file_of_a_folder_is_named_in_one_run(ansible: Commands) -> None:
    folder = ansible.home / "windows"
    folder.mkdir()
    for name, (text, _said) in BAD.items():
        # Each has an id of its own.
        (folder / name).write_text(text.replace("CHG1", name))
    (folder / "good.yml").write_text(ONCE)
    (folder / "same.yaml").write_text(ONCE)
    done = validate(ansible)
    assert done.rc == 2
    (failed,) = done.of("fail")
    for name, (_text, said) in BAD.items():
        assert f"{folder / name}: {said}" in failed["msg"]
    assert f"{folder}/good.yml, {folder}/same.yaml: window_id 'CHG1' is in 2 files" in failed["msg"]
    assert len(failed["msg"].split(" | ")) == len(BAD) + 1
    assert "good.yml: open: CHG1 takes new work" in done.stdout
    # No template of a file was rendered.
    assert not (ansible.home / "ran").exists()


@pytest.mark.finding("F10")
@pytest.mark.parametrize("given", [(), ("-e", '{"window_files": ["windows/w.yml"]}')])
def test_the_working_directory_counts_and_not_what_pwd_names(
    ansible: Commands, tmp_path: Path, given: tuple[str, ...]
) -> None:
    other = tmp_path / "other"
    for folder, text in ((ansible.home, f"{ONCE}window_max_failure: 1\n"), (other, ONCE)):
        (folder / "windows").mkdir(parents=True)
        (folder / "windows/w.yml").write_text(text)
    done = validate(ansible, *given, pwd=other)
    assert done.rc == 2
    assert "Did you mean window_max_failures?" in done.stdout


def test_without_files_it_says_what_to_do(ansible: Commands) -> None:
    done = validate(ansible)
    assert done.rc == 2
    assert (
        "There is no window file to check. Run this in the folder that holds windows/, or set window_files"
        in done.stdout
    )


@pytest.mark.finding("F12f")
def test_a_run_refuses_what_yaml_changed_and_what_only_looks_like_a_variable(
    ansible: Commands, simulator: Simulator
) -> None:
    """Whether the window is open or closed: what a limit was meant to be is not guessed."""
    (ansible.home / "w.yml").write_text(
        "window_id: 0012345\nwindow_targets: all\nwindow_max_targets: 010\nwindow_min_interval: 24:00\n"
        "widow_max_failures: 0\nmaintenance_max_inflight: 1\n"
    )
    opened = ansible.playbook("netfleet.maintenance.maintenance_window", "-e", "@w.yml", hosts=["lax-sbc-01"])
    (ansible.home / "w.yml").write_text(
        "window_id: CHG1\nwindow_opens_at: '2099-01-01T00:00:00Z'\nwindow_targets: all\nwindow_duration: 2:00\n"
        "window_max_failure: 0\nwindow_hold: x\n"
    )
    closed = ansible.playbook("netfleet.maintenance.maintenance_window", "-e", "@w.yml", hosts=["lax-sbc-01"])
    assert (opened.rc, closed.rc) == (2, 2)
    assert "window_duration '2:00' is 120 to YAML." in closed.stdout
    assert "Did you mean window_max_failures?" in closed.stdout
    assert "window_hold 'x' must be a number" in closed.stdout
    for said in (
        "window_id '0012345' is 5349 to YAML.",
        "window_max_targets '010' is 8 to YAML.",
        "window_min_interval '24:00' is 1440 to YAML.",
        "Unknown variable widow_max_failures. Did you mean window_max_failures?",
        "Unknown variable maintenance_max_inflight. Did you mean maintenance_max_in_flight?",
    ):
        assert said in opened.stdout
    assert simulator.ledger(effect="lock") == []
    assert simulator.ledger(effect="operation") == []

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Window files, and variables of windows: what the description refuses, by name and with a cure, and what is read."""

from __future__ import annotations

import pathlib
import typing as t

import jsonschema
import pytest
import yaml
from ansible import context
from ansible.errors import AnsibleFilterError
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.filter.extra_vars_problems import extra_vars_problems
from ansible_collections.netfleet.maintenance.plugins.filter.window_file_problems import (
    FilterModule,
    window_file_problems,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._alertmanager.rule import OPTION, read_rule
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.variables import (
    known_keys,
    problems_of_variables,
    schema,
    values_of_variables,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.window_file import (
    changed_in_extra_vars,
    changed_in_text,
    is_settings,
    problems_of_text,
    read_file,
)

ONCE = "window_id: CHG1\nwindow_targets: all\n"


def problems(text: str) -> list[str]:
    """Return what is wrong with a window file of this text, without the path."""
    found = problems_of_text(text, "windows/w.yml")
    assert all(each.startswith("windows/w.yml: ") for each in found)
    assert all(each.isprintable() and each.endswith((".", "?", ")")) for each in found)
    return [each.partition(": ")[2] for each in found]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        (
            "window_max_failures",
            "two",
            "window_max_failures 'two' must be a whole number of 0 or more or text such as 5%. (Number",
        ),
        ("window_max_failures", True, "a whole number of 0 or more"),
        ("window_max_failures", float("inf"), "a whole number of 0 or more"),
        ("window_max_failures", float("nan"), "a whole number of 0 or more"),
        ("window_max_failures", 1.5, "a whole number of 0 or more"),
        ("window_max_failures", "1.5", "a whole number of 0 or more"),
        ("window_max_failures", "010", "a whole number of 0 or more"),
        ("window_max_failures", "-1", "a whole number of 0 or more"),
        ("window_max_targets", 0, "a whole number of 1 or more"),
        ("window_max_targets", "1e3", "a whole number of 1 or more"),
        ("window_wait_interval", 0, "a number above 0"),
        ("window_hold", "30s", "a number of 0 or more"),
        ("window_batches", ["x"], "a list, not empty, of a whole number of 1 or more or text such as 50% each"),
        ("window_batches", [], "a list, not empty"),
        ("window_batches", 1, "a list"),
        ("window_batches", "1,,50%", "a list"),
        ("window_batches", "[1", "a list"),
        ("window_operations", ["sync", "restart"], "one of sync, reconf, reboot, factory, device_factory each"),
        ("window_operations", ["sync", "sync"], "and none twice"),
        ("window_operations", "sync,restart", "a list"),
        ("window_live_sessions", "maybe", "one of wait, skip, ignore"),
        ("window_live_sessions", False, "Put the value in quotes"),
        ("window_targets", ["all"], "must be text such as site_LAX:&type_SBC."),
        ("window_targets", " , :", "must be text such as"),
        ("window_duration", "two hours", "(How long the window lasts: 2h, 90m, 1h30m or a number of seconds.)"),
        ("window_name", "x" * 201, "..."),
        (
            "window_id",
            5349,
            "window_id '5349' is not text to YAML, which may have changed it. Put the value in quotes.",
        ),
        ("window_timezone", False, "Put the value in quotes"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_must_be(key: str, value: object, words: str) -> None:
    (problem,) = problems_of_variables({key: value})
    assert problem.startswith(f"{key} ")
    assert words in problem
    assert values_of_variables({key: value}) == {}


def test_what_a_mapping_was_given_instead_is_not_shown() -> None:
    (problem,) = problems_of_variables({"window_pam": "client_secret=hunter2"})
    assert problem.startswith("window_pam must be a mapping. (")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"window_max_failures": "2"}, 2),
        ({"window_max_failures": " 2 "}, 2),
        ({"window_hold": "2.5"}, 2.5),
        ({"window_operations": "sync, reboot"}, ["sync", "reboot"]),
        ({"window_operations": '["sync"]'}, ["sync"]),
        ({"window_batches": "1,50%"}, [1, "50%"]),
        ({"window_batches": '[1, "50%"]'}, [1, "50%"]),
        ({"window_pam": '{"api_url": "https://vault.example.com"}'}, {"api_url": "https://vault.example.com"}),
        ({"window_id": "0012345"}, "0012345"),
        ({"window_duration": 3600}, 3600),
    ],
)
def test_values_given_as_text_are_read(given: dict[str, t.Any], read: object) -> None:
    assert problems_of_variables(given) == []
    assert list(values_of_variables(given).values()) == [read]


def test_a_blank_variable_counts_as_left_out() -> None:
    """AWX gives the blank answers of a survey as empty texts."""
    blank = dict.fromkeys(known_keys(), "") | {"window_timezone": None, "window_max_failures": "  "}
    assert problems_of_variables(blank) == []
    assert values_of_variables(blank) == {}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("window_max_failure", "window_max_failures"),
        ("window_max_target", "window_max_targets"),
        ("windows_max_failures", "window_max_failures"),
        ("widow_max_failures", "window_max_failures"),
        ("windwo_max_targets", "window_max_targets"),
        ("window-max-failures", "window_max_failures"),
        ("Window_max_failures", "window_max_failures"),
        ("WINDOW_MAX_FAILURES", "window_max_failures"),
        ("window__max_failures", "window_max_failures"),
        ("window_maxfailures", "window_max_failures"),
        ("window_live_session", "window_live_sessions"),
        ("window_freezes", "window_freeze"),
        ("window_cutof", "window_cutoff"),
        ("window_exlusive_by", "window_exclusive_by"),
    ],
)
def test_a_name_like_a_known_one_is_refused_with_it(name: str, meant: str) -> None:
    assert problems_of_variables({name: 1}) == [f"Unknown variable {name}. Did you mean {meant}?"]
    assert problems(f"{ONCE}{name}: 1\n") == [f"Unknown key {name}. Did you mean {meant}?"]


def test_a_name_like_no_known_one_is_refused_too() -> None:
    (problem,) = problems_of_variables({"window_zzz": 1})
    assert problem.startswith("Unknown variable window_zzz. Remove it, or")


def test_other_variables_of_a_run_are_left_alone() -> None:
    others = ("max_targets", "windowing", "win_updates", "inventory_hostname", "report_dest", "x_window_max_failure")
    assert problems_of_variables(dict.fromkeys((*others, "window_files", "window_plan_digest"), 1)) == []


@pytest.mark.parametrize("key", ["max_failures", "failures", "foo", "report_dest", "yes", "1", "ansible_user", "X_own"])
def test_a_file_holds_only_keys_of_a_window_and_of_one_s_own(key: str) -> None:
    (problem,) = problems(f"{ONCE}{key}: 1\n")
    assert problem.startswith(f"Unknown key {key}. ")
    assert problems(f"{ONCE}x_{key}: 1\n") == []


def test_a_key_without_its_prefix_is_recognised() -> None:
    assert problems(f"{ONCE}max_failures: 1\n") == ["Unknown key max_failures. Did you mean window_max_failures?"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("window_name: 0012345", """window_name '0012345' is 5349 to YAML. Put it in quotes: "0012345"."""),
        (
            "window_name: 4711",
            "window_name '4711' is not text to YAML, which may have changed it. Put the value in quotes.",
        ),
        ("window_name: 12:30", """window_name '12:30' is 750 to YAML. Put it in quotes: "12:30"."""),
        ("window_timezone: NO", """window_timezone 'NO' is false to YAML. Put it in quotes: "NO"."""),
        ("window_exclusive_by: on", """window_exclusive_by 'on' is true to YAML. Put it in quotes: "on"."""),
        (
            "window_duration: 2:00",
            "window_duration '2:00' is 120 to YAML. Write text such as 2h or a whole number of 0 or more.",
        ),
        (
            "window_cutoff: 1:20",
            "window_cutoff '1:20' is 80 to YAML. Write text such as 2h or a whole number of 0 or more.",
        ),
        ("window_soak: 1:00", "window_soak '1:00' is 60 to YAML. Write a number of 0 or more."),
        ("window_soak: 1:00.5", "window_soak '1:00.5' is 60.5 to YAML. Write a number of 0 or more."),
        ("window_hold: 1_000", "window_hold '1_000' is 1000 to YAML. Write a number of 0 or more."),
        ("window_hold: .inf", "window_hold '.inf' is Infinity to YAML. Write a number of 0 or more."),
        (
            "window_max_targets: 010",
            "window_max_targets '010' is 8 to YAML. Write a whole number of 1 or more or text such as 5%.",
        ),
        (
            "window_max_targets: 0x10",
            "window_max_targets '0x10' is 16 to YAML. Write a whole number of 1 or more or text such as 5%.",
        ),
        (
            "window_max_targets: 0b11",
            "window_max_targets '0b11' is 3 to YAML. Write a whole number of 1 or more or text such as 5%.",
        ),
        (
            "window_max_failures: yes",
            "window_max_failures 'yes' is true to YAML. Write a whole number of 0 or more or text such as 5%.",
        ),
        (
            "window_batches: [1, 010]",
            "window_batches: '010' is 8 to YAML. Write a list, not empty, of a whole number of 1",
        ),
        (
            "window_operations: [sync, off]",
            "window_operations: 'off' is false to YAML. Write a list, not empty, of one of",
        ),
    ],
)
def test_what_yaml_changes_is_refused_with_what_was_written(line: str, problem: str) -> None:
    assert [each for each in problems(f"{ONCE}{line}\n") if each.startswith(problem)]
    changed = changed_in_text(f"{line}\nother: 010\n")
    assert len(changed) == (0 if "4711" in line else 1)
    assert all(each.startswith(problem) for each in changed)


@pytest.mark.parametrize(
    "lines",
    [
        'window_duration: "3600"\nwindow_opens_at: 2026-12-13T02:00:00+01:00',
        "window_duration: 3600\nwindow_opens_at: '2026-12-13T02:00:00+01:00'",
        "window_hold: 1.50\nwindow_soak: 0",
        "window_max_targets: '10'\nwindow_batches: [1, 50%]",
        "x_anything: {deep: [010, NO, 12:30]}",
        "x_a: &a [1]\nx_b: *a",
        "window_freeze: calendars",
    ],
)
def test_what_is_right_is_read_from_the_text(lines: str, tmp_path: pathlib.Path) -> None:
    assert problems(f"{ONCE}{lines}\n") == []
    assert changed_in_text(lines) == []
    (tmp_path / "w.yml").write_text(f"{ONCE}{lines}\n")
    values = read_file(tmp_path / "w.yml")
    assert values["window_id"] == "CHG1"
    assert not [key for key in values if key.startswith("x_")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "The file is empty."),
        ("# nothing yet\n", "The file is empty."),
        ("---\n...\n", "The file is empty."),
        ("~\n", "The file is empty."),
        ("- window_id: CHG1\n", "The file is no mapping."),
        ("CHG1\n", "The file is no mapping."),
        ("window_id: [\n", "The file is not YAML: line 2: expected the node content"),
        ("window_id: CHG1\n---\nwindow_id: CHG2\n", "The file is not YAML: line 2: but found another document."),
        ("\twindow_id: CHG1\n", "The file is not YAML: line 1: "),
        ("window_id: \x00\n", "The file is not YAML: "),
        ("$ANSIBLE_VAULT;1.1;AES256\n62313365\n", "The file is encrypted with ansible-vault. Decrypt it"),
        ("x_a: " + "[" * 5000, "The file is not YAML"),
        (f"{ONCE}x_a: {'[' * 30}{']' * 30}\n", "x_a is nested more than 20 levels deep."),
        (f"{ONCE}window_id: CHG2\n", "window_id is there twice, again in line 3. Remove one."),
        (f"{ONCE}'window_id': CHG2\n", "window_id is there twice, again in line 3. Remove one."),
        (f"{ONCE}x_a: {{b: 1, b: 2}}\n", "x_a: b is there twice, again in line 3. Remove one."),
        (f"{ONCE}x_a: &a {{b: 1}}\nx_c:\n  <<: *a\n", "<< in line 5 merges mappings. Write the keys out."),
        (f"{ONCE}? [a]\n: 1\n", "A key in line 3 is no text."),
        (
            "window_id: !vault |\n  $ANSIBLE_VAULT;1.1\nwindow_targets: all\n",
            "window_id has the tag !vault, and a window file is data.",
        ),
        (f"{ONCE}window_timezone: !unsafe UTC\n", "window_timezone has the tag !unsafe, and"),
        (f"{ONCE}window_hold: !!int '30'\n", "window_hold has the tag !!int, and"),
        (f"{ONCE}window_operations: !!set {{sync}}\n", "window_operations has the tag !!set, and"),
        (f"{ONCE}window_cutoff: 0:20\n", "window_cutoff '0:20' is not a length of time such as 2h"),
        (f"{ONCE}x_a: !!python/object/apply:os.system [id]\n", "x_a has the tag !!python/object/apply:os.system, and"),
        ("window_id: '{{ id }}'\nwindow_targets: all\n", "window_id has the template '{{ id }}', and"),
        (f"{ONCE}window_freeze: ['{{% if x %}}a.ics']\n", "window_freeze has the template '{% if x %}a.ics', and"),
        (f"{ONCE}x_a: [{{b: '{{{{ lookup(1) }}}}'}}]\n", "x_a has the template '{{ lookup(1) }}', and"),
        (f"{ONCE}'x_{{{{ a }}}}': 1\n", "A key in line 3 has the template 'x_{{ a }}', and"),
        (f"{ONCE}window_max_failures:\n", "window_max_failures has no value. Write one, or remove the key."),
        (f"{ONCE}window_freeze: ''\n", "window_freeze has no value. Write one, or remove the key."),
        ("window_id: CHG1\n", "window_targets is missing, so the window has no devices. Add it."),
        ("window_targets: all\n", "A window needs a window_schedule, or a window_id when it happens once."),
        (f"{ONCE}window_timezone: Mars/Base\n", "window_timezone 'Mars/Base' is not a time zone"),
        (
            "window_name: a\nwindow_targets: all\nwindow_duration: 2h\nwindow_schedule: every 2nd sunday\n",
            "window_schedule 'every 2nd sunday' is not an RRULE such as",
        ),
    ],
)
def test_a_file_that_is_no_window_gets_one_clear_sentence(text: str, problem: str) -> None:
    (found,) = problems(text)
    assert found.startswith(problem)


def test_everything_that_is_wrong_with_a_file_is_said_in_its_order() -> None:
    text = "window_id: '{{ id }}'\nwindow_soak: x\nwindow_hold: y\nwindow_hold: 1\nwindow_foo: 1\n"
    assert [each.partition(" ")[0] for each in problems(text)] == [
        "window_id",
        "window_hold",
        "window_soak",
        "window_hold",
        "Unknown",
        "window_targets",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "x_a{n}: &a{n} [*a{last}, *a{last}]",
        "x_a{n}: &a{n} {{a: *a{last}, b: *a{last}}}",
        "x_a{n}: &a{n} [[[*a{last}]]]",
    ],
)
def test_a_small_file_that_would_grow_or_sink_without_end_is_refused(line: str) -> None:
    lines = ["x_a0: &a0 [1, 1]", *(line.format(n=n, last=n - 1) for n in range(1, 4))]
    assert problems(ONCE + "\n".join(lines)) == []
    lines += [line.format(n=n, last=n - 1) for n in range(4, 60)]
    (said,) = problems(ONCE + "\n".join(lines))
    assert "with its aliases written out" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("window_order_by: {ha_role: [on, off]}", "window_order_by holds a value that YAML changes"),
        ("window_order_by: {ha_role: [01, 02]}", "window_order_by holds a value that YAML changes"),
        ("window_order_by: [[01]]", "window_order_by: '01' is 1 to YAML."),
        ("window_pam: {timeout: 010}", "window_pam holds a value that YAML changes"),
        ("window_pam: {client_secret: 0o17, tenant: 0x1}", "window_pam holds a value that YAML changes"),
        ("window_pam: {validate_certs: no, client_secret: 's', timeout: 30}", None),
        ("window_order_by: {ha_role: ['on', 'off'], rack: [1, 2]}", None),
    ],
)
def test_a_value_inside_of_another_is_not_changed_either(line: str, said: str | None) -> None:
    found = problems(f"{ONCE}{line}\n")
    assert len(found) == (said is not None)
    assert said is None or found[0].startswith(said)


def test_an_id_that_yaml_reads_as_a_time_is_refused() -> None:
    (problem,) = problems("window_id: 2026-12-01 02:00:00\nwindow_targets: all\n")
    assert problem.startswith("window_id ")
    assert problems("window_id: 2026-12-01\nwindow_targets: all\n") == []
    assert len(problems_of_variables(yaml.safe_load("{window_id: 2026-12-01 02:00:00}"))) == 1


def test_extra_vars_are_read_as_ansible_was_given_them(tmp_path: pathlib.Path) -> None:
    (tmp_path / "w.yml").write_text("window_id: 0012345\nwindow_targets: '{{ targets }}'\n")
    (tmp_path / "secret.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n62313365\n")
    (tmp_path / "awx.json").write_text('{"window_id": !unsafe "CHG1", "window_hold": 30}')
    given_to_e = [
        f"@{tmp_path}/w.yml",
        f"@{tmp_path}/secret.yml",
        f"@{tmp_path}/awx.json",
        f"@{tmp_path}/absent.yml",
        "{window_duration: 2:00}",
        '{"window_hold": 30}',
        "window_id=0012345 window_soak=010",
    ]
    assert changed_in_extra_vars(given_to_e) == [
        f"""{tmp_path}/w.yml: window_id '0012345' is 5349 to YAML. Put it in quotes: "0012345".""",
        "window_duration '2:00' is 120 to YAML. Write text such as 2h or a whole number of 0 or more.",
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("window_targets: \"{{ lookup('pipe', 'env') }}\"", "the template"),
        ("window_targets: '{% if true %}a{% endif %}'", "the template"),
        ("window_targets: !unsafe all", "the tag !unsafe"),
        ("window_targets: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  61", "the tag !vault"),
        ("window_operations: [sync, '{{ x }}']", "the template"),
        ("window_order_by: {role: ['{{ x }}']}", "the template"),
        ("window_directory: !!python/name:os.system", "the tag"),
        ("window_name: >-\n  a {{\n  b }}", "the template"),
    ],
)
def test_a_template_in_a_window_file_of_the_command_line_is_found(tmp_path: pathlib.Path, line: str, what: str) -> None:
    file = tmp_path / "w.yml"
    file.write_text(f"window_id: CHG1\n{line}\n")
    (problem,) = extra_vars_problems([f"@{file}", "a=b"])
    assert problem.startswith(f"{file}: {line.partition(':')[0]} has {what}")
    assert problem.endswith("a window file is data. Write the value itself.")


def test_settings_other_variables_and_the_command_line_itself_may_have_templates(tmp_path: pathlib.Path) -> None:
    texts = {
        "settings.yml": "window_targets: '{{ x }}'\nwindow_pam: !vault x\n",
        "mixed.yml": "window_id: CHG1\nwindow_targets: all\nmine: !vault x\nreport_dest: '{{ x }}'\n",
        "secret.yml": "$ANSIBLE_VAULT;1.1;AES256\n62313365\n",
        "list.yml": "- window_id: '{{ x }}'\n",
        "broken.yml": "window_id: '{{ x }}\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    given = [*(f"@{tmp_path / name}" for name in texts), "window_id={{x}}", "{window_id: '{{ x }}'}", "@absent"]
    assert extra_vars_problems(given) == []


def test_in_a_job_of_awx_its_own_file_is_not_read(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "extravars"
    file.write_text("window_id: CHG1\nwindow_approval: '{{ window_plan_digest }}'\n")
    monkeypatch.setattr(context, "CLIARGS", {"extra_vars": [f"@{file}"]})
    assert len(extra_vars_problems()) == 1
    monkeypatch.setenv("JOB_ID", "7")
    monkeypatch.setenv("AWX_PRIVATE_DATA_DIR", str(tmp_path))
    assert extra_vars_problems() == []


def test_files_are_checked_together(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    texts = {
        "a.yml": ONCE,
        "b.yaml": ONCE,
        "c.yml": "",
        "d.yml": "window_id: !vault x\nwindow_targets: all\n",
        "e.yml": f"{ONCE.replace('CHG1', 'CHG2')}window_freeze: [absent.ics]\n",
        "f.yml": ONCE.replace("CHG1", "CHG3"),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "g.yml").write_bytes(b"window_id: \xff\n")
    (tmp_path / "h.yml").write_bytes(b"#" * 200_000)
    found = window_file_problems([*texts, "g.yml", "h.yml", "absent.yml"])
    assert [each["path"] for each in found] == [*texts, "g.yml", "h.yml", "absent.yml"]
    assert [each["reason"] for each in found][:6:5] == [
        "open: CHG1 takes new work and has no end of its own (UTC)",
        "open: CHG3 takes new work and has no end of its own (UTC)",
    ]
    assert [problem for each in found for problem in each["problems"]] == [
        "c.yml: The file is empty. Write the keys of a window, such as window_targets, or remove the file.",
        "d.yml: window_id has the tag !vault, and a window file is data. Write the value itself.",
        "e.yml: window_freeze 'absent.ics' cannot be read, so no new work may start: No such file or directory.",
        "g.yml: The file is not text in UTF-8. Save it as UTF-8.",
        "h.yml: The file is larger than 128 KiB, so it is no window file.",
        "absent.yml: The file cannot be read: No such file or directory.",
        "a.yml, b.yaml: window_id 'CHG1' is in 2 files, so their windows would count as one. Rename all but one.",
    ]


def test_reading_one_file_gives_all_that_is_wrong(tmp_path: pathlib.Path) -> None:
    (tmp_path / "w.yml").write_text("window_id: 4711\nwindow_hold: x\n")
    with pytest.raises(BadInput, match=r"window_id .* window_hold .* window_targets"):
        read_file(tmp_path / "w.yml")


def test_settings_that_windows_share_are_no_window(tmp_path: pathlib.Path) -> None:
    for name, text in {"s": "window_hold: 60\n", "w": ONCE, "empty": "", "t": "window_hold: '{{ x }}'\n"}.items():
        (tmp_path / name).write_text(text)
    assert [name for name in ("s", "w", "empty", "t", "absent") if is_settings(tmp_path / name)] == ["s", "t"]


def test_the_filter_takes_paths() -> None:
    with pytest.raises(AnsibleFilterError, match="a list of paths"):
        window_file_problems({"window_targets": "all"})
    assert FilterModule().filters() == {"window_file_problems": window_file_problems}


scalars = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["2h", "50%", "sync", "wait", "3600", "0" * 64, "UTC", "2026-01-05"]),
    st.integers(-2, 300),
    st.booleans(),
    st.floats(-1, 10),
)
values = st.one_of(scalars, st.lists(scalars, max_size=3), st.dictionaries(st.text(max_size=3), scalars, max_size=2))


def read_of(key: str, value: object) -> dict[str, t.Any]:
    """Return what the reader takes; what stands in window_alerts is judged where it is used."""
    read = values_of_variables({key: value})
    assert bool(read) is not bool(problems_of_variables({key: value}))
    if key == OPTION and read:
        try:
            read_rule(read[key])
        except BadInput:
            return {}
    return read


@given(st.sampled_from(sorted(known_keys())), values.filter(lambda value: not isinstance(value, str) or value.strip()))
@example("window_alerts", {})
@example("window_alerts", {"url": "https://alerts.example.com"})
@example("window_alerts", {"url": "https://alerts.example.com", "timeout": 0})
@example("window_alerts", {"url": ""})
def test_what_it_reads_is_what_a_validator_of_json_schema_takes(key: str, value: object) -> None:
    rule = {**schema()["properties"][key], "$defs": schema()["$defs"]}
    read = read_of(key, value)
    validator = jsonschema.Draft202012Validator(rule)
    if validator.is_valid(value) and key != OPTION:
        assert read, (key, value)
    assert all(map(validator.is_valid, read.values())), (key, value)


@given(st.sampled_from(sorted(known_keys())), scalars, st.sampled_from([None, "'", '"']))
def test_a_file_is_read_as_yaml_reads_it_or_refused(key: str, value: object, style: str | None) -> None:
    """Whatever the file says, the value that is checked is the one that the run gets."""
    text = yaml.safe_dump({key: value}, default_style=style, allow_unicode=True)
    ours = [each for each in problems_of_text(text, "w.yml") if f" {key} " in each or f" {key}:" in each]
    theirs = problems_of_variables(yaml.safe_load(text))
    if theirs:
        assert ours, text


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("window_alerts: {url: 'https://alerts.example.com', matchers: ['severity=critical']}\n", None),
        (
            "window_alerts: {url: 'https://alerts.example.com', matcher: ['severity=critical']}\n",
            "unknown key 'matcher'",
        ),
        ("window_alerts: {matchers: ['severity=critical']}\n", "window_alerts.url is missing"),
        ("window_alerts: {url: 'https://alerts.example.com', matchers: [critical]}\n", "'critical' is no matcher"),
    ],
)
def test_what_a_file_says_about_alerts_is_read_before_the_window(lines: str, said: str | None) -> None:
    found = problems(ONCE + lines)
    assert found == [] if said is None else (len(found) == 1 and said in found[0])

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the playbooks are read, and what is wrong with one is a sentence that names it."""

from __future__ import annotations

import re
import typing as t

import pytest
import yaml
from ansible import context
from ansible.errors import AnsibleFilterError

from ansible_collections.netfleet.maintenance.plugins.filter.playbook_variables import FilterModule, playbook_variables
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.playbook_variables import VARIABLES
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.variables import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.window_file import names_in_extra_vars
from tests.tools.isolated import ROOT

# Which kind each variable is of; of a name that several playbooks have, one of them.
KINDS = {name: kind for kind, rules in VARIABLES.items() for name in rules}
RULES = {name: VARIABLES[kind][name] for name, kind in KINDS.items()}
NUMBERS = [name for name, rule in RULES.items() if rule["type"] in ("integer", "number")]
NEVER_BLANK = [
    "deploy_id",
    "device",
    "drift_exclusive_by",
    "drift_max_targets",
    "drift_targets",
    "history_window_id",
    "history_window_name",
    "incident_max_per_hour",
    "incident_min_interval",
    "incident_require_partners",
    "reason",
    "register_defaults",
    "register_devices",
    "register_devices_csv",
    "status_window_id",
    "window_files",
    "window_id",
    "window_name",
]
TEXTS = [name for name, rule in RULES.items() if rule["type"] == "string"]


def read(name: str, value: t.Any) -> dict[str, t.Any]:
    return playbook_variables({name: value}, KINDS.get(name, name.partition("_")[0]))


@pytest.mark.finding("F7")
@pytest.mark.parametrize("name", [name for name in RULES if name not in ("doctor_must_work",)])
@pytest.mark.parametrize("blank", ["", " ", "\n", None])
def test_a_blank_counts_as_left_out_unless_it_would_widen(name: str, blank: str | None) -> None:
    problem = f"{name} is blank. Give it a value, or leave it out." if name in NEVER_BLANK else ""
    assert read(name, blank) == {"values": {}, "problem": problem}


@pytest.mark.parametrize(
    ("value", "said"),
    [(True, True), ("yes", True), ("False", False), (" no ", False), ("maybe", None), (2, None), ([True], None)],
)
def test_a_yes_or_no_is_one_or_is_refused(value: object, said: bool | None) -> None:
    found = read("doctor_must_work", value)
    assert found["values"] == ({} if said is None else {"doctor_must_work": said})
    assert ("must be true or false" in found["problem"]) == (said is None)
    assert "is blank" in read("doctor_must_work", " ")["problem"]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(("given", "value"), [(5, 5), ("5", 5), (" 5 ", 5), (5.0, 5)])
def test_a_number_may_be_text(name: str, given: t.Any, value: int) -> None:
    assert read(name, given) == {"values": {name: value}, "problem": ""}


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "value",
    ["5s", "ssh", "5060/tcp", True, False, [], [5060], {}, {"a": 1}, 0, -1, "0", "-5", 9999999, float("nan"),
     float("inf"), "nan", "inf", "1e3", "0x10", "010", "five", "5 6", "5,6", "٥"],
)  # fmt: skip
def test_what_is_no_number_in_its_range_is_refused_by_name(name: str, value: t.Any) -> None:
    if value == 9999999 and "maximum" not in RULES[name]:
        return
    found = read(name, value)
    assert found["values"] == {}
    assert found["problem"].startswith(f"{name} ")


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule["type"] == "boolean"])
@pytest.mark.parametrize(
    ("given", "value"),
    [(True, True), (False, False), ("false", False), ("No", False), (" yes ", True), ("off", False), ("on", True)],
)
def test_a_yes_or_no_may_be_text(name: str, given: t.Any, value: bool) -> None:
    assert read(name, given) == {"values": {name: value}, "problem": ""}


@pytest.mark.parametrize("value", ["nope", "flase", 2, 2.0, [], [False], {}, "None"])
def test_what_is_neither_yes_nor_no_is_refused_by_name(value: t.Any) -> None:
    found = read("drift_require_lock", value)
    assert found["values"] == {}
    assert found["problem"].startswith("drift_require_lock ")


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("value", [True, False, 8, 5349, 7.1, [], ["a"], {}, {"a": 1}])
def test_what_is_not_text_is_refused_by_name(name: str, value: t.Any) -> None:
    found = read(name, value)
    assert found["values"] == {}
    assert found["problem"].startswith(name)


@pytest.mark.finding("F5")
@pytest.mark.parametrize(
    ("kind", "given", "names", "sentence"),
    [
        ("incident", {"incident_prot": 22}, [], "Unknown variable incident_prot. Did you mean incident_port?"),
        ("incident", {"incident_Port": 22}, [], "Unknown variable incident_Port. Did you mean incident_port?"),
        ("incident", {}, ["icident_port"], "Unknown variable icident_port. Did you mean incident_port?"),
        ("incident", {}, ["incidentport"], "Unknown variable incidentport. Did you mean incident_port?"),
        ("drift", {"drift_max_target": 1}, [], "Unknown variable drift_max_target. Did you mean drift_max_targets?"),
        ("drift", {"drift_xyz": 1}, [], "Unknown variable drift_xyz. Known are drift_concurrency,"),
        ("report", {"report_windowid": 1}, [], "Unknown variable report_windowid. Did you mean report_window_id?"),
        ("recover", {"recover_window": 1}, [], "Unknown variable recover_window. Did you mean recover_window"),
        ("recover", {}, ["window_idd"], "Unknown variable window_idd. Did you mean window_id?"),
        ("report", {}, ["widow_name"], "Unknown variable widow_name. Did you mean window_name?"),
        ("status", {}, ["window_zone"], "Unknown variable window_zone."),
        ("files", {}, ["window_file"], "Unknown variable window_file. Did you mean window_files?"),
        ("register", {"register_device": []}, [], "Did you mean register_devices?"),
        ("register", {}, ["registre_devices"], "Did you mean register_devices?"),
        ("deploy", {"deploy_idd": "x"}, [], "Did you mean deploy_id?"),
        ("history", {"history_day": 3}, [], "Did you mean history_days?"),
        ("awx", {"awx_stat": "absent"}, [], "Did you mean awx_state?"),
        ("awx", {"awx_approvals": False}, [], "Did you mean awx_approval?"),
    ],
)
def test_an_unknown_variable_is_refused_with_what_was_meant(
    kind: str, given: dict[str, t.Any], names: list[str], sentence: str
) -> None:
    assert sentence in playbook_variables(given, kind, names)["problem"]


MISSPELT = [
    (kind, name, wrong)
    for kind, rules in VARIABLES.items()
    for name in rules
    for wrong in (f"{name}s", name[:-1], name.replace("e", "", 1), name.upper(), name[0] + name)
    if wrong not in rules
]


@pytest.mark.finding("F5")
@pytest.mark.parametrize(("kind", "name", "wrong"), MISSPELT)
def test_every_near_miss_of_a_variable_is_refused(
    monkeypatch: pytest.MonkeyPatch, kind: str, name: str, wrong: str
) -> None:
    monkeypatch.setattr(context, "CLIARGS", {"extra_vars": [f"{wrong}=1"]})
    # The playbooks hand over what begins as the variables of the kind do.
    given = {wrong: 1} if wrong.startswith((f"{kind}_", "register_")) else {}
    found = playbook_variables(given, kind, [wrong])
    hint = "Did you mean " if wrong != "window_i" else ""
    assert f"Unknown variable {wrong}. {hint}" in found["problem"], found


@pytest.mark.parametrize("kind", VARIABLES)
def test_no_variable_that_ansible_or_awx_gives_is_a_near_miss(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    there = [*ANSIBLE_GIVES, "awx_job_id", "awx_user_name", "awx_workflow_job_id", "tower_job_id", "x_reason"]
    monkeypatch.setattr(context, "CLIARGS", {"extra_vars": [" ".join(f"{name}=1" for name in there)]})
    assert playbook_variables({}, kind, there)["problem"] == ""


ANSIBLE_GIVES = [
    "environment", "groups", "group_names", "hostvars", "inventory_dir", "inventory_file", "inventory_hostname",
    "inventory_hostname_short", "omit", "play_hosts", "playbook_dir", "role_names", "role_name", "vars", "all_hosts",
]  # fmt: skip


@pytest.mark.parametrize(
    ("extra_vars", "names"),
    [
        ("reason=x until='a=b c'", ["reason", "until"]),
        ('{"all": true, "reson": "x"}', ["all", "reson"]),
        ("{all: yes}", ["all"]),
        ("[not, a, mapping]", []),
        ("@/nonexistent", []),
    ],
)
def test_the_names_of_extra_vars_are_read_from_what_was_typed(extra_vars: str, names: list[str]) -> None:
    assert set(names) <= set(names_in_extra_vars([extra_vars]))


@pytest.mark.parametrize(
    ("devices", "sentence"),
    [
        ([], "register_devices must be a list of mappings, not empty"),
        ([{}], "entry 1: hostname is missing"),
        ([{"hostname": None}], "entry 1: hostname is missing"),
        ([{"hostname": " "}], "hostname is blank"),
        ([{"hostname": 8}], "entry 1: hostname '8' is not text to YAML"),
        (["a"], "register_devices must be a list of mappings"),
        ("a,b", "register_devices must be a list of mappings"),
        ({"hostname": "a"}, "register_devices must be a list of mappings"),
        ([{"hostname": "a", "stat": "absent"}], "Unknown key 'stat'. Did you mean state?"),
        ([{"hostname": "a", "tags": ["x"]}], "Unknown key 'tags'. Did you mean device_tags?"),
        ([{"hostname": "a", True: "x"}], "Unknown key 'True'."),
        ([{"hostname": "a", "site": False}], "site 'False' is not text to YAML"),
        ([{"hostname": "a", "site": 8}], "site '8' is not text to YAML"),
        ([{"hostname": "a", "site": ""}], "site is blank"),
        ([{"hostname": "a", "device_tags": ["x", ""]}], "device_tags is blank"),
        ([{"hostname": "a", "device_tags": [False]}], "device_tags '[False]' is not text to YAML"),
        ([{"hostname": "a"}, {"hostname": "A"}], "entry 2 ('A'): entry 1 has this hostname already"),
    ],
)
def test_devices_to_register_are_checked_before_one_is_written(devices: t.Any, sentence: str) -> None:
    for kind in ("register", "deploy"):
        assert sentence in playbook_variables({"register_devices": devices}, kind)["problem"]


def test_good_devices_and_the_defaults_of_all_pass() -> None:
    entry = {"hostname": "a", "device_tags": ["x"], "connectivities": "SSH:22", "session_remote_config": "", "ip": None}
    good = {"register_devices": [entry], "register_defaults": {"site": "LAX"}}
    assert playbook_variables(good, "register") == {"values": good, "problem": ""}
    text = {"register_devices": '[{"hostname": "a"}]'}
    assert playbook_variables(text, "register")["values"] == {"register_devices": [{"hostname": "a"}]}
    wrong = {**good, "register_defaults": {"hostname": "b", "stie": "x"}}
    problem = playbook_variables(wrong, "register")["problem"]
    assert "register_defaults: Unknown key 'hostname'." in problem
    assert "register_defaults: Unknown key 'stie'. Did you mean site?" in problem


def test_a_secret_is_in_no_sentence() -> None:
    for value in (4711, 47.11, ["canary-4711"], {"a": "canary-4711"}):
        problem = playbook_variables({"awx_zequenze_token": value}, "awx")["problem"]
        assert problem.startswith("awx_zequenze_token ")
        assert "47" not in problem


ROLES = {
    name: option
    for role in ("report", "recover", "awx")
    for entry in yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text())["argument_specs"].values()
    for name, option in entry["options"].items()
}
# What YAML, -e and AWX surveys make of a value, by what an option takes.
GOOD: dict[str, list[tuple[t.Any, t.Any]]] = {
    "float": [(5, 5), ("5", 5), (" 5.5 ", 5.5), (0, 0)],
    "int": [(5, 5), ("5", 5)],
    "bool": [(True, True), ("true", True), ("No", False), ("1", True), (0, False)],
    "mappings": [([{"a": 1}], [{"a": 1}]), ('[{"a": 1}]', [{"a": 1}])],
    "list": [(["a"], ["a"]), ("a, b", ["a", "b"]), ('["a", "b"]', ["a", "b"]), ([4711], [4711]), ([], [])],
    "dict": [({"a": 1}, {"a": 1}), ({}, {})],
    "str": [("a", "a")],
    "path": [("a", "a")],
}
BAD: dict[str, list[t.Any]] = {
    "float": ["5s", True, [], {}, -1, "nan", "0x10", "five", "010"],
    "int": ["5s", True, [], {}, -1, 1.5],
    "bool": ["maybe", 2, [], {}, 1.5],
    "list": [5, True, {}, ["a", ""], [None], [["a"]], '["a"', [True], "a,,b"],
    "mappings": [[], "a", 5, True, {}, ["a"], [None]],
    "dict": ["a", 5, True, ["a"]],
    "str": [True, 8, 7.1, [], {}],
    "path": [True, 8, 7.1, [], {}],
}


@pytest.mark.parametrize("name", ROLES)
def test_variables_that_a_role_describes_pass_the_same_door(name: str) -> None:
    kind = "mappings" if ROLES[name].get("elements") == "dict" else ROLES[name].get("type", "str")
    choices = [(choice, choice) for choice in ROLES[name].get("choices", ()) if kind == "str"]
    for given, value in choices or GOOD[kind]:
        assert read(name, given) == {"values": {name: value}, "problem": ""}, given
    for given in BAD[kind]:
        found = read(name, given)
        assert found["values"] == {}, given
        assert found["problem"].startswith(f"{name} "), given


@pytest.mark.finding("F7")
@pytest.mark.parametrize("name", ROLES)
@pytest.mark.parametrize("blank", ["", " ", "\n", None])
def test_a_blank_of_a_role_is_left_out_or_refused_by_name(name: str, blank: str | None) -> None:
    takes_blank = ROLES[name].get("type", "str") in ("str", "path") and "_window_" not in name
    problem = "" if takes_blank else f"{name} is blank. Give it a value, or leave it out."
    assert read(name, blank) == {"values": {}, "problem": problem}


@pytest.mark.finding("F12a")
@pytest.mark.parametrize(
    ("given", "values", "problem"),
    [
        ({"window_id": "C1", "window_operations": "sync,reboot"}, {"window_operations": ["sync", "reboot"]}, ""),
        ({"window_id": "C1", "window_hold": "30"}, {"window_hold": 30}, ""),
        ({"window_id": "C1", "window_schedule": "", "window_name": None}, {}, ""),
        ({"window_id": "C1", "window_max_failure": 1}, None, "Did you mean window_max_failures?"),
        ({"window_id": "C1", "window_max_failures": ""}, None, "window_max_failures is blank."),
        ({"window_id": "C1", "window_timezone": "Europe/Londn"}, None, "is not a time zone this machine knows"),
        (
            {"window_name": "n", "window_duration": "1h", "window_schedule": "every 2nd sunday"},
            None,
            "'EVERY 2ND SUNDAY' is no NAME=VALUE",
        ),
        ({}, None, "window_id"),
    ],
)
def test_the_variables_of_a_window_pass_it_too(
    given: dict[str, t.Any], values: dict[str, t.Any] | None, problem: str
) -> None:
    found = playbook_variables(given, "window")
    assert problem in found["problem"]
    assert bool(found["problem"]) is bool(problem)
    assert found["values"] == ({} if values is None else {"window_id": "C1", **values})


KEYS = sorted(schema()["properties"])
SHAPES = [[], {}, ["", None], {"": None}, True, -1, 1.5, "x y", "5", "\t", "010", "1e3", "[", "{", "a,,b", [["a"]], "٥"]


@pytest.mark.finding("F7")
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("blank", ["", " ", "\n", None])
def test_a_blank_variable_of_a_window_is_left_out_or_refused_by_name(key: str, blank: str | None) -> None:
    found = playbook_variables({"window_id": "C1", key: blank}, "window")
    if found["problem"]:
        assert found["values"] == {}
        assert key in found["problem"] or "window_id" in found["problem"]
    else:
        assert found["values"] == {"window_id": "C1"}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", SHAPES, ids=repr)
def test_no_value_of_a_window_s_variable_is_a_python_error(key: str, value: t.Any) -> None:
    found = playbook_variables({"window_id": "C1", key: value}, "window")
    assert found["problem"] or key in found["values"] or value in ({}, "\t")
    assert not re.search(r"Traceback|NoneType|object|unhashable|has no|<class", found["problem"]), found["problem"]
    if found["problem"]:
        assert key in found["problem"] or "window_" in found["problem"]


def test_variables_of_others_are_left_alone() -> None:
    names = ["ansible_port", "window_id", "groups", "incident_id", "pam_site", "recover_window_id", "device", "port"]
    assert playbook_variables({"incident_id": "INC1"}, "incident", names)["problem"] == ""
    assert playbook_variables({"report_dest": "x"}, "report", ["report_dest"])["values"] == {"report_dest": "x"}


@pytest.mark.finding("A3")
@pytest.mark.parametrize(
    ("given", "names", "problem"),
    [
        ({"window_max_failures": "two"}, [], "window_max_failures 'two' must be a whole number"),
        ({"window_zzz": 1}, [], "Unknown variable window_zzz."),
        ({"maintenance_max_inflight": 1}, [], "Did you mean maintenance_max_in_flight?"),
        ({"maintenance_max_failures": 1}, [], "Did you mean maintenance_max_in_flight?"),
        ({}, ["maintenence_max_in_flight"], "Did you mean maintenance_max_in_flight?"),
        ({}, ["MAINTENANCE_MAX_IN_FLIGHT"], "Did you mean maintenance_max_in_flight?"),
        ({}, ["widow_max_failures"], "Did you mean window_max_failures?"),
        ({}, ["windows_max_targets"], "Did you mean window_max_targets?"),
        ({}, ["Window_max_targets"], "Did you mean window_max_targets?"),
    ],
)
def test_the_variables_of_a_window_are_judged_by_its_schema(
    given: dict[str, t.Any], names: list[str], problem: str
) -> None:
    assert problem in playbook_variables(given, "window", names)["problem"]


def test_of_a_window_only_names_like_its_own_are_judged() -> None:
    names = [
        "maintenance_max_in_flight",
        "maintenance_protected",
        "window_files",
        "win_updates",
        "__window_zzz",
        "groups",
    ]
    given = {"maintenance_max_in_flight": "5%", "window_hold": "30", "window_id": "C1"}
    found = playbook_variables(given, "window", names)
    assert found == {
        "values": {"maintenance_max_in_flight": "5%", "window_hold": 30, "window_id": "C1"},
        "problem": "",
    }


@pytest.mark.parametrize(
    ("kind", "extra", "given", "problem"),
    [
        ("window", "{window_max_targets: 010}", {"window_max_targets": 8}, "window_max_targets '010' is 8 to YAML."),
        ("window", "{window_id: 0012345}", {"window_id": 5349}, "window_id '0012345' is 5349 to YAML."),
        ("window", "{window_duration: 2:00}", {"window_duration": 120}, "window_duration '2:00' is 120 to YAML."),
        ("window", "{window_hold: 1, window_hold: 2}", {"window_hold": 2}, "window_hold is there twice"),
        ("drift", "{drift_max_targets: 0x10}", {"drift_max_targets": 16}, "drift_max_targets '0x10' is 16 to YAML."),
        ("incident", "{incident_id: 007}", {"incident_id": 7}, "incident_id '007' is 7 to YAML."),
        ("recover", "{recover_wait_timeout: 1:00}", {"recover_wait_timeout": 60}, "'1:00' is 60 to YAML."),
    ],
)
def test_what_yaml_changed_on_the_command_line_is_refused_once(
    monkeypatch: pytest.MonkeyPatch, kind: str, extra: str, given: dict[str, t.Any], problem: str
) -> None:
    monkeypatch.setattr(context, "CLIARGS", {"extra_vars": (extra, "other=1")})
    found = playbook_variables(given, kind)["problem"]
    assert problem in found
    assert "is not text to YAML" not in found


def test_a_kind_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(AnsibleFilterError, match="knows no variables that begin with 'nosuch'"):
        playbook_variables({}, "nosuch")
    assert FilterModule().filters() == {"playbook_variables": playbook_variables}

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The digest stands for the window, the operations and the exact list; whatever changes is refused and shown."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.approval import (
    Approved,
    check_approval,
    check_slice,
    differences,
    digest_of,
    read_approved,
    to_approve,
)
from tests.unit.support.record import device, record


def approved(*names: str) -> Approved:
    devices = [
        device(name, zequenze_id=f"8{name}", serial=f"S{name}", sdm_id=f"ID{name}", group=f"pair={name}")
        for name in names
    ]
    return to_approve(record(*devices, times={"window_timezone": "UTC"}, max_failures=0))


def test_what_is_left_alone_is_approved_as_such() -> None:
    known = device("a", zequenze_id="1", sdm_id="2")
    kept = device("b", excluded="protected: emergency calls")
    document = to_approve(record(known, kept))
    assert [each["name"] for each in document["devices"]] == ["a"]
    assert document["excluded"] == {"b": "protected: emergency calls"}


@pytest.mark.parametrize("missing", ["zequenze_id", "sdm_id"])
def test_a_device_in_doubt_cannot_be_approved(missing: str) -> None:
    ids = {"zequenze_id": "1", "sdm_id": "2", missing: None}
    with pytest.raises(BadInput, match="'b': not exactly one device"):
        to_approve(record(device("a", zequenze_id="3", sdm_id="4"), device("b", **ids)))


def test_where_a_controller_keeps_its_files_is_not_approved() -> None:
    one = to_approve(record(device("a", zequenze_id="1", sdm_id="2"), times={"window_directory": "/here"}))
    other = to_approve(record(device("a", zequenze_id="1", sdm_id="2"), times={"window_directory": "/there"}))
    assert digest_of(one) == digest_of(other)


def test_the_digest_is_the_same_on_every_machine() -> None:
    assert digest_of({"a": ["\u00e9", 1]}) == "3aa779099692573bf73c6d4ceab46e81fc5d47c1eda66e0455a43d8ae460a29c"
    assert digest_of(approved("1")) == digest_of(json.loads(json.dumps(approved("1"))))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda plan: plan.update(window="CHG2"), "window: approved 'CHG1', now 'CHG2'"),
        (lambda plan: plan.update(operations=["reboot"]), "operations: approved 'sync', 'reboot', now 'reboot'"),
        (lambda plan: plan["devices"].append(approved("4")["devices"][0]), "added: '4' (id 84, in Oracle SDM ID4)"),
        (lambda plan: plan["devices"].pop(), "removed: '3' (id 83, in Oracle SDM ID3)"),
        (lambda plan: plan["devices"][0].update(zequenze_id="9"), "'1' is another device: id was 81 and is 9"),
        (
            lambda plan: plan["devices"][0].update(serial=None),
            "'1' is another device: serial number was S1 and is None",
        ),
        (
            lambda plan: plan["devices"][1].update(sdm_id="X"),
            "'2' is another device: id in Oracle SDM was ID2 and is X",
        ),
        (lambda plan: plan["devices"][1].update(batch=3), "'2': batch was 0 and is 3"),
        (lambda plan: plan["devices"][1].update(group=None), "'2': group was pair=2 and is None"),
        (lambda plan: plan["rules"].update(max_failures=99), "max_failures: approved 0, now 99"),
        (lambda plan: plan["rules"].update(hold=0.5), "hold: approved 0.0, now 0.5"),
        (lambda plan: plan["definition"].update(window_duration="4h"), "window_duration: approved none, now '4h'"),
        (
            lambda plan: plan["hooks"].update(window_before_device="e" * 64),
            "task file window_before_device: approved none",
        ),
        (lambda plan: plan["excluded"].update(b="protected: x"), "'b' left out: approved none, now 'protected: x'"),
        (lambda plan: plan["partners"].append("p"), "partners: approved none, now 'p'"),
        (lambda plan: plan["devices"].reverse(), "the order: approved '1', '2', '3', now '3', '2', '1'"),
    ],
)
def test_every_change_is_refused_and_shown(change: t.Callable[[Approved], t.Any], text: str) -> None:
    known, now = approved("1", "2", "3"), approved("1", "2", "3")
    change(now)
    with pytest.raises(BadInput, match=r"is not for what would be done now\. Nothing was locked or sent") as caught:
        check_approval(digest_of(known), known, now)
    assert text in str(caught.value)


def test_the_right_digest_passes_however_it_is_written() -> None:
    now = approved("1")
    check_approval(f" {digest_of(now).upper()} ", None, now)


def test_when_nobody_knows_what_was_approved_the_message_says_what_would_be_done() -> None:
    with pytest.raises(BadInput, match="The approved plan is not in this journal") as caught:
        check_approval("0" * 64, None, approved("1"))
    assert "'sync', 'reboot' in window 'CHG1' of 1 devices: '1' (id 81, in Oracle SDM ID1)" in str(caught.value)


def test_what_was_approved_is_read_back_from_a_plan_or_by_itself() -> None:
    plan = approved("1", "2")
    assert read_approved(json.dumps(plan), "the file") == plan
    assert read_approved(json.dumps({"approve": plan, "steps": []}), "the file") == plan


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "1", '{"approve": {}}', json.dumps({**approved("1"), "version": 1}), '{"a": 1, "a": 2}']
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="the file"):
        read_approved(text, "the file")


words = st.text(max_size=4)
plans = st.builds(
    lambda base, window, operations, devices, excluded, rules: {
        **base,
        "window": window,
        "operations": operations,
        "devices": [{**base["devices"][0], **each} for each in devices],
        "excluded": excluded,
        "rules": {**base["rules"], **rules},
    },
    st.just(approved("1")),
    words,
    st.lists(st.sampled_from(["sync", "reboot"]), unique=True),
    st.lists(
        st.fixed_dictionaries(
            {
                "name": words,
                "zequenze_id": words,
                "serial": st.none() | words,
                "sdm_id": words,
                "batch": st.integers(0, 2),
            }
        ),
        max_size=4,
        unique_by=lambda each: each["name"],
    ),
    st.dictionaries(words, words, max_size=2),
    st.fixed_dictionaries({"hold": st.integers(0, 2).map(float), "max_failures": st.none() | st.integers(0, 2)}),
)


@given(plans, plans)
def test_two_plans_have_one_digest_exactly_when_nothing_differs(one: Approved, other: Approved) -> None:
    assert (digest_of(one) == digest_of(other)) == (one == other) == (differences(one, other) == [])
    assert differences(one, copy.deepcopy(one)) == []


def part_of(known: Approved, *names: str, **changes: t.Any) -> Approved:
    devices = [{**each, "batch": 0} for each in known["devices"] if each["name"] in names]
    return copy.deepcopy({**known, "devices": devices, **changes})


@given(st.sets(st.sampled_from("abcd")))
def test_a_part_of_the_plan_is_approved_whatever_its_batches(names: set[str]) -> None:
    known = approved(*"abcd")
    check_slice(digest_of(known), known, part_of(known, *names))


@pytest.mark.parametrize(
    "change",
    [
        {"operations": ["reboot"]},
        {"window": "W2"},
        {"rules": {"max_failures": 7}},
        {"hooks": {"window_before_device": "f" * 64}},
        {"definition": {"window_timezone": "Europe/London"}},
        {"excluded": {"d": "protected"}},
        {"partners": ["z"]},
    ],
)
def test_a_part_that_differs_in_anything_else_is_refused(change: dict[str, t.Any]) -> None:
    known = approved(*"abcd")
    with pytest.raises(BadInput, match="The difference: "):
        check_slice(digest_of(known), known, part_of(known, "a", "b", **change))


@pytest.mark.parametrize(
    "key", ["zequenze_id", "serial", "sdm_id", "zequenze_name", "sdm_name", "pam_name", "sdm_lock"]
)
def test_a_device_of_a_part_is_the_one_that_was_approved(key: str) -> None:
    known = approved(*"abcd")
    part = part_of(known, "a", "b")
    part["devices"][1][key] = "other"
    with pytest.raises(BadInput, match="'b'"):
        check_slice(digest_of(known), known, part)


def test_a_device_that_is_not_in_the_plan_a_divided_group_and_another_plan_are_refused() -> None:
    known = approved(*"abcd")
    extra = part_of(approved(*"abcde"), "a", "e")
    with pytest.raises(BadInput, match="added: 'e'"):
        check_slice(digest_of(known), known, extra)
    pair = copy.deepcopy(known)
    for each in pair["devices"][:2]:
        each["group"] = "pair=1"
    with pytest.raises(BadInput, match="'b' of group 'pair=1' is not in this part"):
        check_slice(digest_of(pair), pair, part_of(pair, "a"))
    check_slice(digest_of(pair), pair, part_of(pair, "a", "b"))
    for digest, plan in (("f" * 64, known), (digest_of(known), None)):
        with pytest.raises(BadInput, match="is not in this journal"):
            check_slice(digest, plan, part_of(known, "a"))

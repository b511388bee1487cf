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
    differences,
    digest_of,
    read_approved,
    to_approve,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan import Step

USUAL = Step("a", 1, 1, "maintain", ("sync",), "", (), "a", "a", "811", "S1", "ID41")


def approved(*names: str) -> Approved:
    return {
        "version": 1,
        "window": "CHG1",
        "operations": ["sync", "reboot"],
        "devices": [
            {"name": name, "zequenze_id": f"8{name}", "serial": f"S{name}", "sdm_id": f"ID{name}"} for name in names
        ],
    }


def changed(**changes: t.Any) -> Step:
    return Step(**{**USUAL.__dict__, **changes})


def test_what_is_approved_is_every_device_that_the_inventory_lets_windows_touch() -> None:
    steps = [USUAL, changed(name="b", action="skip"), changed(name="c", action="skip", excluded=True)]
    assert [device["name"] for device in to_approve("CHG1", ["sync"], steps)["devices"]] == ["a", "b"]


def test_a_device_in_doubt_cannot_be_approved() -> None:
    with pytest.raises(BadInput, match="'b': not exactly one device"):
        to_approve("CHG1", ["sync"], [USUAL, changed(name="b", action="blocked")])


def test_the_digest_is_the_same_on_every_machine() -> None:
    assert digest_of(approved("1")) == "96f700e59e7a73bb2659fd3f2b14754c9ee5259f0fca85d916717469e8486f1b"
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
        (lambda plan: plan["devices"].reverse(), "the order: approved '1', '2', '3', now '3', '2', '1'"),
    ],
)
def test_every_change_is_refused_and_shown(change: t.Callable[[Approved], t.Any], text: str) -> None:
    known, now = approved("1", "2", "3"), approved("1", "2", "3")
    change(now)
    with pytest.raises(BadInput, match="is not for what would be done now, so nothing was locked or sent") as caught:
        check_approval(digest_of(known), known, now)
    assert text in str(caught.value)


def test_the_right_digest_passes_however_it_is_written() -> None:
    now = approved("1")
    check_approval(f" {digest_of(now).upper()} ", None, now)


def test_when_nobody_knows_what_was_approved_the_message_says_what_would_be_done() -> None:
    with pytest.raises(BadInput, match="What it stood for is not known here") as caught:
        check_approval("0" * 64, None, approved("1"))
    assert "'sync', 'reboot' in window 'CHG1' of 1 devices: '1' (id 81, in Oracle SDM ID1)" in str(caught.value)


def test_what_was_approved_is_read_back_from_a_plan_or_by_itself() -> None:
    plan = approved("1", "2")
    assert read_approved(json.dumps(plan), "the file") == plan
    assert read_approved(json.dumps({"approve": plan, "steps": []}), "the file") == plan


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "1", '{"approve": {}}', json.dumps({**approved("1"), "version": 2}), '{"a": 1, "a": 2}']
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="the file"):
        read_approved(text, "the file")


words = st.text(max_size=4)
plans = st.builds(
    lambda window, operations, devices: {
        "version": 1,
        "window": window,
        "operations": operations,
        "devices": devices,
    },
    words,
    st.lists(st.sampled_from(["sync", "reboot"]), unique=True),
    st.lists(
        st.fixed_dictionaries({"name": words, "zequenze_id": words, "serial": st.none() | words, "sdm_id": words}),
        max_size=4,
        unique_by=lambda device: device["name"],
    ),
)


@given(plans, plans)
def test_two_plans_have_one_digest_exactly_when_nothing_differs(one: Approved, other: Approved) -> None:
    assert (digest_of(one) == digest_of(other)) == (one == other) == (differences(one, other) == [])
    assert differences(one, copy.deepcopy(one)) == []

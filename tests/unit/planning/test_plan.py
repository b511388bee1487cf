# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a window: what becomes of each device and why, and how the devices are cut into batches."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan import State, Step, plan
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan_text import (
    MOST_ROWS,
    Plan,
    as_markdown,
    as_table,
    headline,
)
from tests.unit.support.record import device, record


@dataclasses.dataclass(frozen=True)
class Case:
    """A device of a window, and what is known about it."""

    device: RecordedDevice
    state: State


def state(
    name: str = "a",
    excluded: str | None = None,
    up: bool = True,
    group: str | None = None,
    fields: t.Mapping[str, t.Any] | None = None,
    **known: t.Any,
) -> Case:
    ids = {"zequenze_id": "811", "serial": "S1", "sdm_id": "ID41", **(fields or {})}
    return Case(device(name, excluded=excluded, group=group, **ids), State(up=up, **known))


def planned(many: t.Sequence[Case], **more: t.Any) -> list[Step]:
    agreed = record(*(case.device for case in many), **more)
    return plan(agreed, {case.device.name: case.state for case in many})


def only(case: Case, **more: t.Any) -> Step:
    (step,) = planned([case], **more)
    return step


def test_a_device_that_is_due_gets_every_operation_and_its_ids() -> None:
    step = only(state())
    assert (step.action, step.operations, step.why, step.notes) == (
        "maintain",
        ("sync", "reboot"),
        "due in this window",
        (),
    )
    assert (step.zequenze_id, step.serial, step.sdm_id, step.batch) == ("811", "S1", "ID41", 1)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (state(excluded="protected: emergency calls"), "protected: emergency calls"),
        (state(done=frozenset({"sync", "reboot", "hold"})), "sync, reboot done already in this window"),
        (state(users=("alice", "bob")), "live session of alice, bob"),
    ],
)
def test_a_device_that_is_left_alone_says_why(one: Case, why: str) -> None:
    step = only(one, live_sessions="skip")
    assert (step.action, step.operations, step.why) == ("skip", (), why)


def test_only_what_is_left_is_planned() -> None:
    step = only(state(done=frozenset({"sync"})))
    assert (step.action, step.operations, step.why) == ("maintain", ("reboot",), "sync done already in this window")


@pytest.mark.parametrize("missing", ["zequenze_id", "sdm_id"])
def test_a_device_in_doubt_is_blocked(missing: str) -> None:
    step = only(state(fields={missing: None}))
    assert step.action == "blocked"
    assert step.operations == ()


def test_a_device_without_a_lock_in_sdm_need_not_be_known_there() -> None:
    step = only(state(fields={"sdm_id": None, "sdm_lock": False}))
    assert (step.action, step.notes) == ("maintain", ("no lock in Oracle SDM; the journal is the only lock",))


@pytest.mark.parametrize(
    ("one", "note"),
    [
        (state(open=frozenset({"reboot"})), "reboot was sent before; it is observed, not sent again"),
        (state(users=("alice",)), "waits for the live session of alice"),
        (state(locked_by="CHG2"), "locked by CHG2 now"),
        (state(up=False), "down according to Zequenze Control"),
        (state(group="pair=a"), "group pair=a"),
    ],
)
def test_what_may_keep_a_device_from_being_maintained_is_noted(one: Case, note: str) -> None:
    step = only(one, live_sessions="wait")
    assert step.action == "maintain"
    assert step.notes == (note,)


def test_the_partners_of_a_group_are_named() -> None:
    step = only(state(group="pair=a"), partners=[device("b", group="pair=a", selected=False)])
    assert step.notes == ("group pair=a: starts only while b is up",)


def test_sessions_do_not_matter_when_they_are_ignored() -> None:
    assert only(state(users=("alice",))).notes == ()


states = st.builds(
    state,
    name=st.uuids().map(str),
    group=st.sampled_from([None, "LAX", "LON"]),
    excluded=st.sampled_from([None, "protected: x"]),
    up=st.booleans(),
    fields=st.fixed_dictionaries({"batch": st.integers(0, 3)}),
    done=st.frozensets(st.sampled_from(["sync", "reboot", "reconf", "hold"])),
    open=st.frozensets(st.sampled_from(["sync", "reboot"])),
    users=st.sampled_from([(), ("alice",)]),
    locked_by=st.sampled_from([None, "CHG2"]),
)


@given(
    st.lists(states, max_size=30),
    st.permutations(["sync", "reconf", "reboot"]).map(tuple),
    st.sampled_from(["wait", "skip", "ignore"]),
)
def test_every_device_gets_one_step_and_nothing_is_planned_twice(
    many: list[Case], operations: tuple[str, ...], live_sessions: str
) -> None:
    steps = planned(many, operations=operations, live_sessions=live_sessions)
    by_name = {case.device.name: case for case in many}
    assert sorted(step.name for step in steps) == sorted(by_name)
    assert [(step.batch, step.wave) for step in steps] == sorted((step.batch, step.wave) for step in steps)
    taken = [(step.wave, step.group) for step in steps if not step.excluded]
    grouped = [pair for pair in taken if pair[1] is not None]
    assert len(grouped) == len(set(grouped))
    for step in steps:
        case = by_name[step.name]
        assert bool(step.operations) == (step.action == "maintain")
        assert step.why
        assert case.state.done.isdisjoint(step.operations)
        assert list(step.operations) == [operation for operation in operations if operation in step.operations]
        if case.device.excluded or (case.state.users and live_sessions == "skip"):
            assert step.action == "skip"


def shown(*many: Case, digest: str | None = "0" * 64) -> Plan:
    return Plan("core@20261213T020000Z", "open: core", ("sync",), tuple(planned(many)), digest, ("Careful.",))


def test_the_table_has_a_line_for_every_device_and_the_digest_to_pass() -> None:
    text = as_table(shown(state("a"), state("bb", excluded="protected: emergency calls")))
    lines = text.splitlines()
    assert lines[0] == ("Window core@20261213T020000Z: 2 devices: 1 to maintain, 1 to skip, in 1 batch")
    assert lines[3].split() == ["batch", "device", "what", "why"]
    assert lines[4].split(maxsplit=4)[:4] == ["1", "a", "sync,", "reboot"]
    assert "protected: emergency calls" in lines[5]
    assert lines[-2:] == ["Note: Careful.", f"window_approval: {'0' * 64}"]
    assert "There is nothing to approve." in as_table(shown(state(), digest=None))


def test_names_play_no_tricks_in_markdown_or_on_a_terminal() -> None:
    evil = "a|b`c`<img src=x>\x1b[31m@everyone\u202e"
    text = as_markdown(shown(state(evil)))
    row = next(line for line in text.splitlines() if line.startswith("| 1 "))
    assert row.replace("\\|", "").count("|") == 5
    assert "\\<img" in row
    assert "@" not in row
    assert "\x1b" not in as_table(shown(state(evil)))
    assert "\u202e" not in as_table(shown(state(evil)))


def test_a_thousand_devices_still_fit_into_a_comment() -> None:
    many = [state(f"lax-sbc-{number:04d}") for number in range(1000)]
    text = as_markdown(shown(*many))
    assert len(text) < 65536
    assert f"and {1000 - MOST_ROWS} more devices" in text
    assert headline(shown(*many)).startswith("1000 devices: 1000 to maintain")

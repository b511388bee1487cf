# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a window: what becomes of each device and why, and how the devices are cut into batches."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan import Order, State, Step, plan
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan_text import (
    MOST_ROWS,
    Plan,
    as_markdown,
    as_table,
    headline,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import Identity, Known, Target

ORDER = Order("CHG1", ("sync", "reboot"))


def target(name: str, excluded: str | None = None, group: str | None = None) -> Target:
    return Target(name, zequenze_name=name, sdm_name=name, pam_hostname=name, group=group, excluded=excluded)


def state(
    name: str = "a", excluded: str | None = None, up: bool = True, group: str | None = None, **fields: t.Any
) -> State:
    found = {"zequenze": (Known("811", name, serial="S1", up=up),), "oracle_sdm": (Known("ID41", name),)}
    return State(Identity(target(name, excluded, group), found), **fields)


def only(order: Order, one: State) -> Step:
    (step,) = plan(order, [one])
    return step


def test_a_device_that_is_due_gets_every_operation_and_its_ids() -> None:
    step = only(ORDER, state())
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
def test_a_device_that_is_left_alone_says_why(one: State, why: str) -> None:
    step = only(dataclasses.replace(ORDER, live_sessions="skip"), one)
    assert (step.action, step.operations, step.why) == ("skip", (), why)


def test_only_what_is_left_is_planned() -> None:
    step = only(ORDER, state(done=frozenset({"sync"})))
    assert (step.action, step.operations, step.why) == ("maintain", ("reboot",), "sync done already in this window")


@pytest.mark.parametrize("missing", ["zequenze", "oracle_sdm"])
def test_a_device_in_doubt_is_blocked(missing: str) -> None:
    one = state()
    found = {**one.identity.found, missing: ()}
    step = only(ORDER, dataclasses.replace(one, identity=Identity(one.identity.target, found)))
    assert step.action == "blocked"
    assert step.operations == ()


@pytest.mark.parametrize(
    ("one", "note"),
    [
        (state(open=frozenset({"reboot"})), "reboot was sent before and will be observed, not sent again"),
        (state(users=("alice",)), "waits for the live session of alice"),
        (state(locked_by="CHG2"), "locked by CHG2 now"),
        (state(up=False), "down according to Zequenze Control"),
    ],
)
def test_what_may_keep_a_device_from_being_maintained_is_noted(one: State, note: str) -> None:
    step = only(dataclasses.replace(ORDER, live_sessions="wait"), one)
    assert step.action == "maintain"
    assert step.notes == (note,)


def test_sessions_do_not_matter_when_they_are_ignored() -> None:
    assert only(ORDER, state(users=("alice",))).notes == ()


def names(batches: tuple[str | int, ...], *many: State) -> list[tuple[int, int, str]]:
    steps = plan(dataclasses.replace(ORDER, batches=batches), many)
    return [(step.batch, step.wave, step.name) for step in steps]


def test_the_order_is_that_of_the_run() -> None:
    """Canary first, never two of one group at once, and what is left alone comes last."""
    many = [state("a", "protected: x"), state("b", group="LAX"), state("c", group="LAX"), state("d", group="LON")]
    assert names((1, "100%"), *many) == [(1, 1, "b"), (2, 2, "c"), (2, 2, "d"), (2, 2, "a")]
    assert names(("100%",), *many) == [(1, 1, "b"), (1, 1, "d"), (1, 2, "c"), (1, 2, "a")]


def test_what_is_no_size_of_a_batch_is_refused() -> None:
    with pytest.raises(BadInput, match="window_batches"):
        names(("all",), state())


states = st.builds(
    state,
    name=st.uuids().map(str),
    group=st.sampled_from([None, "LAX", "LON"]),
    excluded=st.sampled_from([None, "protected: x"]),
    up=st.booleans(),
    done=st.frozensets(st.sampled_from(["sync", "reboot", "reconf", "hold"])),
    open=st.frozensets(st.sampled_from(["sync", "reboot"])),
    users=st.sampled_from([(), ("alice",)]),
    locked_by=st.sampled_from([None, "CHG2"]),
)
orders = st.builds(
    Order,
    window_id=st.just("CHG1"),
    operations=st.permutations(["sync", "reconf", "reboot"]).map(tuple),
    batches=st.lists(st.one_of(st.integers(1, 5), st.integers(1, 100).map("{}%".format)), max_size=4).map(tuple),
    live_sessions=st.sampled_from(["wait", "skip", "ignore"]),
)


@given(orders, st.lists(states, max_size=30))
def test_every_device_gets_one_step_and_nothing_is_planned_twice(order: Order, many: list[State]) -> None:
    steps = plan(order, many)
    by_name = {one.identity.target.name: one for one in many}
    assert sorted(step.name for step in steps) == sorted(by_name)
    assert [(step.batch, step.wave) for step in steps] == sorted((step.batch, step.wave) for step in steps)
    taken = [(step.wave, by_name[step.name].identity.target.group) for step in steps if not step.excluded]
    grouped = [pair for pair in taken if pair[1] is not None]
    assert len(grouped) == len(set(grouped))
    for step in steps:
        one = by_name[step.name]
        assert bool(step.operations) == (step.action == "maintain")
        assert step.why
        assert one.done.isdisjoint(step.operations)
        assert list(step.operations) == [operation for operation in order.operations if operation in step.operations]
        if one.identity.target.excluded or (one.users and order.live_sessions == "skip"):
            assert step.action == "skip"


def shown(*many: State, digest: str | None = "0" * 64) -> Plan:
    return Plan("core@20261213T020000Z", "open: core", ("sync",), tuple(plan(ORDER, many)), digest, ("Careful.",))


def test_the_table_has_a_line_for_every_device_and_the_digest_to_give_back() -> None:
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

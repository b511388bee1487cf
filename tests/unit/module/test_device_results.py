# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what happened to each device to one task result."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult, task_result


def device(
    name: str, *, changed: bool = False, failed: bool = False, message: str = "", **states: t.Any
) -> DeviceResult:
    return DeviceResult({"name": name, "changed": changed, "message": message}, failed, **states)


def test_devices_come_in_the_order_asked() -> None:
    result = task_result([device("b"), device("a"), device("c")], diff=False)
    assert [each["name"] for each in result["devices"]] == ["b", "a", "c"]
    assert result == {"changed": False, "devices": result["devices"]}


def test_a_task_that_changed_one_device_changed() -> None:
    assert task_result([device("a"), device("b", changed=True)], diff=False)["changed"] is True


def test_no_devices_are_no_change() -> None:
    assert task_result([], diff=True) == {"changed": False, "devices": [], "diff": {"before": {}, "after": {}}}


def test_one_failure_is_told_with_its_device() -> None:
    result = task_result([device("a"), device("b", failed=True, message="held by admin.")], diff=False)
    assert result["failed"] is True
    assert result["msg"] == "b: held by admin."
    assert len(result["devices"]) == 2


def test_several_failures_are_each_told_with_their_device() -> None:
    failures = [device(name, failed=True, message=f"no {name}.") for name in "ab"]
    result = task_result([*failures, device("c", changed=True)], diff=False)
    assert result["msg"] == "2 devices: a: no a. | b: no b."
    assert result["changed"] is True


def test_a_diff_shows_the_devices_that_changed() -> None:
    before, after = {"state": "unlocked"}, {"state": "locked"}
    results = [device("a", changed=True, before=before, after=after), device("b", before=after, after=after)]
    assert task_result(results, diff=True)["diff"] == {"before": {"a": before}, "after": {"a": after}}

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what happened to each device to one task result: the list in the order asked, and one message for a person."""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class DeviceResult:
    """What happened to one device: what is returned, whether it is a failure, and two states for a diff."""

    shown: dict[str, t.Any]
    failed: bool = False
    before: dict[str, t.Any] | None = None
    after: dict[str, t.Any] | None = None


def task_result(results: t.Sequence[DeviceResult], *, diff: bool) -> dict[str, t.Any]:
    """Build the task's result. It fails when any device failed, and the message then names each of them."""
    result: dict[str, t.Any] = {
        "changed": any(each.shown["changed"] for each in results),
        "devices": [each.shown for each in results],
    }
    failures = [f"{each.shown['name']}: {each.shown['message']}" for each in results if each.failed]
    if failures:
        result["failed"] = True
        result["msg"] = (
            " ".join(failures) if len(failures) == 1 else f"{len(failures)} devices: " + " | ".join(failures)
        )
    if diff:
        changed = [each for each in results if each.shown["changed"]]
        result["diff"] = {
            "before": {each.shown["name"]: each.before or {} for each in changed},
            "after": {each.shown["name"]: each.after or {} for each in changed},
        }
    return result

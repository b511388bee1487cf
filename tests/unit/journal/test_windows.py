# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a window comes back from the journal as it was written, and replaces an earlier one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import (
    RecordedDevice,
    WindowRecord,
    WindowRules,
    Windows,
)

RECORD = WindowRecord(
    window_id="CHG1",
    name="core",
    operations=("sync", "reboot"),
    rules=WindowRules(max_in_flight=2, max_failures=0, soak=60.0),
    definition={"window_id": "CHG1"},
    occurrence={"id": "CHG1", "cutoff_at": None},
    approval={"digest": "abc"},
    started_by={"user": "root"},
    devices=(
        RecordedDevice("canary", "z1", "s1", "p1", zequenze_id="8", serial="SN", sdm_id="ID4", group="pair=a"),
        RecordedDevice("second", "z2", "s2", "p2", batch=1, expected_duration=90.0, sdm_lock=False),
        RecordedDevice("left", "z3", "s3", "p3", batch=1, excluded="protected: VIP"),
    ),
)


def test_a_record_is_read_as_it_was_written(journal_path: Path) -> None:
    with Journal.open(str(journal_path), Clock()) as journal:
        written = Windows(journal).write(RECORD)
        assert Windows(journal).read("CHG1") == written
        assert written == dataclasses.replace(RECORD, written_at=written.written_at)
        assert written.written_at > 0
        assert Windows(journal).read("CHG2") is None


def test_a_later_record_replaces_the_earlier_one_as_a_whole(journal_path: Path) -> None:
    with Journal.open(str(journal_path), Clock()) as journal:
        Windows(journal).write(RECORD)
        smaller = Windows(journal).write(dataclasses.replace(RECORD, devices=RECORD.devices[:1]))
        assert Windows(journal).read("CHG1") == smaller


def test_what_a_record_says_of_its_devices() -> None:
    assert [device.name for device in RECORD.maintained] == ["canary", "second"]
    assert [device.name for device in RECORD.canaries] == ["canary"]
    assert RECORD.stages == ("sync", "reboot", "hold")
    assert RECORD.device("second") == RECORD.device_under("s2") == RECORD.devices[1]
    assert RECORD.device("nobody") is None
    one_batch = dataclasses.replace(RECORD, devices=RECORD.devices[:1])
    assert one_batch.canaries == ()

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""device_lock_info: SDM's list beside the journal's memory, and nothing claimed that neither of them knows."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks, State
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.device_lock_info import inform
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore
from tests.unit.support.script import Script

SERVER = "https://sdm.example.com:8443"
Item = dict[str, t.Any]

FULL = """<devices><device>
  <id>ID41</id><name>d1</name><ip>192.0.2.41</ip>
  <platformInfo><platform>NNOSVM</platform><serialNumber>ACME0001</serialNumber></platformInfo>
  <softwareInfo><version>SCZ9.0.0</version></softwareInfo>
  <connectivityStatus>true</connectivityStatus><manageable>false</manageable><nfName>core</nfName>
</device><device><id>ID42</id><name>d2</name></device></devices>"""


def devices(*pairs: tuple[str, str]) -> str:
    """The list of devices with these ids and names."""
    inside = "".join(f"<device><id>{device_id}</id><name>{name}</name></device>" for device_id, name in pairs)
    return f"<devices>{inside}</devices>"


def lists(script: Script, xml: str) -> None:
    """Expect a session in which the list is read, once."""
    script.expect("POST", "/rest/v1.3/admin/login").answers(
        200, xml="<session><sessionId>s1</sessionId></session>", cookie="JSESSIONID=s1"
    )
    script.expect("GET", "/rest/v1.3/inventory/deviceMgmt/devices").answers(200, xml=xml)
    script.expect("POST", "/rest/v1.3/admin/logout").answers(204)


def ask(script: Script, place: Path, *names: str, **options: t.Any) -> list[Item]:
    params = {"name": list(names) or None, "all": False, "concurrency": 16, "journal": str(place), **options}
    with OracleSdm(script.wire(SERVER), "lockbot", "hunter2", "v1.3", MemoryStore()) as sdm:
        result = inform(Task(params, clock=script.clock), sdm)
    script.done()
    assert result["changed"] is False
    return t.cast("list[Item]", result["devices"])


def lock(
    journal: Journal, device_id: str, *states: State, device: str = "d1", holder: str = "W1", server: str = SERVER
) -> None:
    """Write a lock of a device that goes through these states after ``taking``."""
    locks = Locks(journal)
    row = locks.intend(
        server=server, device_id=device_id, device=device, account="lockbot", holder=holder, lease=3600.0
    )
    for state in states:
        row = locks.move(row, state)


def test_what_sdm_shows_is_given_and_its_silence_about_locks_is_unknown(script: Script, journal_path: Path) -> None:
    lists(script, FULL)
    full, bare = ask(script, journal_path, "d1", "d2")
    assert full == {
        "name": "d1",
        "found": True,
        "device_id": "ID41",
        "device_ids": ["ID41"],
        "ip": "192.0.2.41",
        "serial": "ACME0001",
        "platform": "NNOSVM",
        "version": "SCZ9.0.0",
        "reachable": True,
        "manageable": False,
        "nf": "core",
        "state": "unknown",
        "holder": None,
        "locked_at": None,
        "lease_ends_at": None,
        "lease_over": False,
        "message": "the journal knows no lock of it.",
    }
    assert (bare["found"], bare["reachable"], bare["serial"], bare["state"]) == (True, None, None, "unknown")
    assert not journal_path.exists(), "looking makes no journal"


STATES: list[tuple[tuple[State, ...], str, str | None, str]] = [
    ((), "unknown", "W1", "may be locked"),
    (("held",), "locked", "W1", ""),
    (("held", "returning"), "unknown", "W1", "may still be locked"),
    (("held", "returning", "returned"), "unlocked", None, ""),
    (("refused",), "unknown", None, "refused"),
    (("held", "lost"), "unknown", None, "lost"),
]


@pytest.mark.parametrize(("states", "state", "holder", "says"), STATES)
def test_only_a_confirmed_lock_is_locked_and_only_a_returned_one_unlocked(
    script: Script,
    journal: Journal,
    journal_path: Path,
    states: tuple[State, ...],
    state: str,
    holder: str | None,
    says: str,
) -> None:
    lock(journal, "ID41", *states)
    lists(script, devices(("ID41", "d1")))
    [device] = ask(script, journal_path, "d1")
    assert (device["state"], device["holder"]) == (state, holder)
    assert says in device["message"]
    assert bool(device["message"]) is (state == "unknown")
    assert (device["locked_at"] is not None) is (holder is not None)


def test_the_newest_row_counts(script: Script, journal: Journal, journal_path: Path) -> None:
    lock(journal, "ID41", "held", "returned")
    lock(journal, "ID41", "held", holder="W2")
    lists(script, devices(("ID41", "d1")))
    [device] = ask(script, journal_path, "d1")
    assert (device["state"], device["holder"]) == ("locked", "W2")


def test_the_lease_ends_an_hour_after_the_confirmation(script: Script, journal: Journal, journal_path: Path) -> None:
    lock(journal, "ID41", "held")
    script.clock.sleep(3599)
    lists(script, devices(("ID41", "d1")))
    [device] = ask(script, journal_path, "d1")
    assert device["lease_ends_at"] == "2026-11-21T03:00:00.000+00:00"
    assert device["lease_over"] is False
    script.clock.sleep(1)
    lists(script, devices(("ID41", "d1")))
    assert ask(script, journal_path, "d1")[0]["lease_over"] is True


def test_a_lock_on_another_server_is_another_lock(script: Script, journal: Journal, journal_path: Path) -> None:
    lock(journal, "ID41", "held", server="https://sdm2.example.com:8443")
    lists(script, devices(("ID41", "d1")))
    assert ask(script, journal_path, "d1")[0]["state"] == "unknown"


def test_a_device_that_sdm_does_not_list_may_still_be_locked(
    script: Script, journal: Journal, journal_path: Path
) -> None:
    lock(journal, "ID41", "held")
    lists(script, devices(("ID42", "d2")))
    gone, nobody = ask(script, journal_path, "d1", "d9")
    assert (gone["found"], gone["device_id"], gone["state"], gone["holder"]) == (False, None, "locked", "W1")
    assert (nobody["found"], nobody["state"]) == (False, "unknown")


def test_a_lock_on_the_id_a_device_had_before_still_counts_while_open(
    script: Script, journal: Journal, journal_path: Path
) -> None:
    lock(journal, "ID41", "held")
    lists(script, devices(("ID77", "d1")))
    [device] = ask(script, journal_path, "d1")
    assert (device["device_id"], device["state"], device["holder"]) == ("ID77", "locked", "W1")


def test_that_an_earlier_id_was_given_back_says_nothing_about_the_new_one(
    script: Script, journal: Journal, journal_path: Path
) -> None:
    lock(journal, "ID41", "held", "returned")
    lists(script, devices(("ID77", "d1")))
    assert ask(script, journal_path, "d1")[0]["state"] == "unknown"


def test_twins_are_told_by_their_ids(script: Script, journal: Journal, journal_path: Path) -> None:
    lock(journal, "ID41", "held")
    lists(script, devices(("ID41", "d1"), ("ID42", "d1")))
    [both] = ask(script, journal_path, "d1")
    assert (both["device_id"], both["device_ids"], both["state"]) == (None, ["ID41", "ID42"], "locked")
    lists(script, devices(("ID41", "d1"), ("ID42", "d1")))
    each = ask(script, journal_path, all=True)
    assert [(item["device_id"], item["state"]) for item in each] == [("ID41", "locked"), ("ID42", "unknown")]


def test_an_empty_list_is_an_answer_and_a_refusal_is_none(script: Script, journal_path: Path) -> None:
    lists(script, devices())
    assert ask(script, journal_path, all=True) == []
    script.expect("POST", "/rest/v1.3/admin/login").answers(403)
    with pytest.raises(MaintenanceError):
        ask(script, journal_path, all=True)


@pytest.mark.parametrize(("names", "everything"), [((), False), (("d1",), True)])
def test_names_and_all_exclude_each_other_and_one_is_needed(
    script: Script, journal_path: Path, names: tuple[str, ...], everything: bool
) -> None:
    with pytest.raises(BadInput, match="name"):
        ask(script, journal_path, *names, all=everything)
    assert script.sent == []

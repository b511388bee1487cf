# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run's list of devices: one list call for everybody, and no task misses what another one wrote."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, NoAnswer, NotFound
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.lookup import find, refuse_twins, with_details
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.table import LONGEST_USE, DeviceTable
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row, device_row
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore, Store
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_cache import RunCache
from tests.unit.support.pam_script import LAB, WEB, PamScript

FLEET = [{**WEB, "id": str(number), "hostname": f"host-{number:04}"} for number in range(1000)]


@pytest.fixture
def script() -> PamScript:
    return PamScript()


@pytest.fixture(params=["memory", "files"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else RunCache(str(tmp_path / "run"))


def table(script: PamScript, store: Store) -> DeviceTable:
    """The table as one more task of the run sees it."""
    return DeviceTable(script.client(), store)


def ids(rows: list[Row]) -> list[str]:
    return [row["id"] for row in rows]


def test_the_list_is_read_once_for_all_tasks(script: PamScript, store: Store) -> None:
    script.lists(*FLEET)
    assert all(ids(table(script, store).alike(f"host-{number:04}")) == [str(number)] for number in range(0, 1000, 37))
    assert table(script, store).alike("nobody") == []
    script.done()


def test_an_empty_list_is_read_once_too(script: PamScript, store: Store) -> None:
    script.lists()
    assert table(script, store).alike("a") == table(script, store).alike("b") == []
    script.done()


def test_a_write_is_seen_by_every_other_task(script: PamScript, store: Store) -> None:
    script.lists(*FLEET)
    first = table(script, store)
    first.alike("host-0001")
    first.put(t.cast("Row", {**first.alike("host-0001")[0], "site": "NEW"}))
    first.put({**first.alike("host-0002")[0], "id": "5000", "hostname": "brand-new"})
    first.drop(first.alike("host-0003")[0])
    for seen_by in (first, table(script, store)):
        assert seen_by.alike("host-0001")[0]["site"] == "NEW"
        assert ids(seen_by.alike("brand-new")) == ["5000"]
        assert seen_by.alike("host-0003") == []
    script.done()


def test_a_write_before_any_list_was_read_is_in_the_list_anyway(script: PamScript, store: Store) -> None:
    table(script, store).put(device_row(WEB, "PAM"))
    script.lists(WEB)
    assert ids(table(script, store).alike("web-01")) == ["12"]
    script.done()


def test_a_list_is_read_again_after_five_minutes(script: PamScript, store: Store) -> None:
    script.lists(WEB)
    table(script, store).alike("web-01")
    script.clock.sleep(LONGEST_USE + 1)
    script.lists(WEB, LAB)
    assert ids(table(script, store).alike("lab switch 01")) == ["40"]
    script.done()


def test_renewing_reads_anew_but_not_what_this_task_has_just_read(script: PamScript, store: Store) -> None:
    script.lists()
    table(script, store).alike("web-01")
    script.lists(WEB)
    second = table(script, store)
    second.renew()
    second.renew()
    assert ids(second.alike("web-01")) == ["12"]
    script.done()


def test_all_rows_are_always_read_now(script: PamScript, store: Store) -> None:
    script.lists(WEB)
    script.lists(WEB, LAB)
    assert ids(table(script, store).rows()) == ["12"]
    assert ids(table(script, store).rows()) == ["12", "40"]


def test_a_list_that_the_run_has_is_whole_and_not_read_again(script: PamScript, store: Store) -> None:
    script.lists(*reversed(FLEET))
    table(script, store).rows()
    script.clock.sleep(LONGEST_USE - 1)
    assert [row["hostname"] for row in table(script, store).listed().rows] == [row["hostname"] for row in FLEET]
    script.done()


def test_a_list_that_is_too_old_or_in_doubt_is_read_again(script: PamScript, store: Store) -> None:
    for devices in ([WEB], [WEB, LAB], [LAB]):
        script.lists(*devices)
        assert len(table(script, store).listed().rows) == len(table(script, store).listed().rows) == len(devices)
        if len(devices) == 1:
            script.clock.sleep(LONGEST_USE + 1)
        else:
            table(script, store).forget()
    script.done()


def test_what_the_run_wrote_is_in_the_list_it_has(script: PamScript, store: Store) -> None:
    script.lists(WEB, LAB)
    first = table(script, store)
    (web,) = first.alike("web-01")
    first.drop(web)
    first.put({**web, "id": "5000", "hostname": "brand-new"})
    assert ids(table(script, store).listed().rows) == ["5000", "40"]
    script.done()


@pytest.mark.row(53)
def test_a_list_that_cannot_be_read_is_no_list_of_the_run(script: PamScript, store: Store) -> None:
    for _try in range(5):
        script.expect("GET", "/iso/pam/device").answers(503)
    with pytest.raises(NoAnswer):
        table(script, store).listed()
    script.lists(WEB)
    assert ids(table(script, store).listed().rows) == ["12"]
    script.done()


def test_another_authorization_has_another_list(script: PamScript, store: Store) -> None:
    script.lists(WEB)
    script.lists(WEB, LAB)
    first, other = script.client(), script.client()
    other.identity = "other"
    assert ids(DeviceTable(first, store).alike("web-01")) == ["12"]
    assert ids(DeviceTable(other, store).alike("lab switch 01")) == ["40"]
    script.done()


def test_many_threads_read_one_list(script: PamScript, store: Store) -> None:
    script.lists(*FLEET)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: table(script, store).alike(f"host-{number:04}"), range(64)))
    assert [ids(rows) for rows in found] == [[str(number)] for number in range(64)]
    script.done()


def _one_worker(folder: str, number: int) -> None:
    script = PamScript()
    mine = DeviceTable(script.client(), RunCache(folder))
    row = mine.alike(f"host-{number:04}")[0]
    mine.put({**row, "site": f"NEW-{number}"})


def test_no_write_of_several_workers_is_lost(script: PamScript, tmp_path: Path) -> None:
    folder = str(tmp_path / "run")
    script.lists(*FLEET[:40])
    DeviceTable(script.client(), RunCache(folder)).alike("host-0000")
    with multiprocessing.get_context("fork").Pool(4) as pool:
        pool.starmap(_one_worker, [(folder, number) for number in range(40)])
    after = DeviceTable(script.client(), RunCache(folder))
    assert [after.alike(f"host-{number:04}")[0]["site"] for number in range(40)] == [f"NEW-{n}" for n in range(40)]


@pytest.mark.row(53)
def test_a_list_that_cannot_be_read_leaves_nothing_behind(script: PamScript, store: Store) -> None:
    script.lists(WEB).answers(200, json={"response": {"message": "7 devices found"}, "devices": []})
    with pytest.raises(NoAnswer):
        table(script, store).alike("web-01")
    script.lists(WEB)
    assert ids(table(script, store).alike("web-01")) == ["12"]


def test_a_hostname_that_two_devices_have_means_none(script: PamScript, store: Store) -> None:
    script.lists(WEB, {**LAB, "hostname": "web-01"})
    with pytest.raises(BadInput, match=r"lists 2 devices named 'web-01' \(ids 12, 40\)"):
        find(table(script, store), "web-01")


def test_a_hostname_that_differs_in_case_is_not_found_but_refused_for_a_write(script: PamScript, store: Store) -> None:
    script.lists(WEB)
    seen = table(script, store)
    assert find(seen, "WEB-01") is None
    with pytest.raises(BadInput, match=r"no device named 'WEB-01' but 'web-01' \(id 12\)"):
        refuse_twins(seen, "WEB-01")
    refuse_twins(seen, "web-02")


def test_details_come_from_the_device_itself(script: PamScript, store: Store) -> None:
    script.lists({**WEB, "site": "OLD"})
    script.shows(WEB)
    row = with_details(script.client(), table(script, store), "web-01")
    assert row is not None
    assert (row["site"], row["connectivities"]) == ("POA", ["SSH:22", "HTTPS:443"])


def test_a_list_that_proves_to_be_outdated_is_read_again(script: PamScript, store: Store) -> None:
    script.lists(WEB)
    table(script, store).alike("web-01")
    script.refuses("GET", "/iso/pam/device/12", 1011)
    script.lists({**WEB, "id": "13"})
    script.shows({**WEB, "id": "13"})
    row = with_details(script.client(), table(script, store), "web-01")
    assert row is not None
    assert row["id"] == "13"
    script.done()


@pytest.mark.row(62, 117)
def test_an_id_that_now_belongs_to_another_device_is_not_taken(script: PamScript, store: Store) -> None:
    script.lists(WEB)
    table(script, store).alike("web-01")
    script.shows({**LAB, "id": "12"})
    script.lists({**LAB, "id": "12"})
    assert with_details(script.client(), table(script, store), "web-01") is None
    script.done()


def test_a_device_that_is_listed_and_yet_not_shown_is_not_found(script: PamScript, store: Store) -> None:
    script.lists(WEB)
    script.refuses("GET", "/iso/pam/device/12", 1011)
    script.refuses("GET", "/iso/pam/device/12", 1011)
    with pytest.raises(NotFound):
        with_details(script.client(), table(script, store), "web-01")
    script.done()

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a run's threads and processes share a session, a token or a table."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import stat
import threading
import time
import typing as t
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Endpoint
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import this_process
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import know
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action import run_cache
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.leftovers import clear_leftovers
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_cache import RunCache
from tests.unit.support.servers import Server, once

Store = MemoryStore | RunCache

# Ansible's workers are forks of its controller process.
fork = multiprocessing.get_context("fork")
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


@pytest.fixture(params=["memory", "files"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else RunCache(str(tmp_path / "shared"))


def test_what_is_saved_can_be_loaded_and_forgotten(store: Store) -> None:
    assert store.load("a") is None
    store.save("a", {"cookie": "x", "ids": ["1", "2"]})
    store.save("b", {})
    assert store.load("a") == {"cookie": "x", "ids": ["1", "2"]}
    assert store.load("b") == {}
    store.save("a", None)
    store.save("a", None)
    assert store.load("a") is None


def test_any_text_may_be_a_key(store: Store) -> None:
    for key in ("../../etc/passwd", "a/b", "", "x" * 5000, "ä\x00\n"):
        store.save(key, {"key": key})
        assert store.load(key) == {"key": key}


def test_only_one_thread_at_a_time_is_inside_the_same_key(store: Store) -> None:
    made: list[int] = []

    def make() -> None:
        with store.locked("session"):
            if store.load("session") is None:
                time.sleep(0.01)
                made.append(1)
                store.save("session", {"cookie": "x"})

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert made == [1]


def test_different_keys_do_not_wait_for_each_other(store: Store) -> None:
    with store.locked("a"):
        entered = threading.Event()

        def other() -> None:
            with store.locked("b"):
                entered.set()

        thread = threading.Thread(target=other)
        thread.start()
        assert entered.wait(5)
        thread.join(5)


def test_an_error_inside_lets_the_next_one_in(store: Store) -> None:
    with pytest.raises(ValueError, match="x"), store.locked("a"):
        raise ValueError("x")
    with store.locked("a"):
        pass


def test_only_the_store_of_a_run_is_shared_with_other_tasks(tmp_path: Path) -> None:
    assert MemoryStore().shared is False
    assert RunCache(str(tmp_path)).shared is True


def test_the_files_of_a_run_can_be_read_by_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    before = os.umask(0)
    try:
        cache = RunCache(str(folder))
        with cache.locked("session"):
            cache.save("session", {"cookie": "canary"})
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {0o600}
    assert len(list(folder.iterdir())) == 3


def test_no_key_is_part_of_a_file_name(tmp_path: Path) -> None:
    cache = RunCache(str(tmp_path / "shared"))
    cache.save("oracle_sdm_session https://sdm.example.com lockbot", {"cookie": "x"})
    assert "lockbot" not in "".join(path.name for path in (tmp_path / "shared").iterdir())


def _make(folder: str, barrier: t.Any, made: t.Any) -> None:
    cache = RunCache(folder)
    barrier.wait(10)
    with cache.locked("session"):
        if cache.load("session") is None:
            time.sleep(0.02)
            with made.get_lock():
                made.value += 1
            cache.save("session", {"cookie": "x"})


def test_only_one_process_of_a_run_makes_a_value_and_all_of_them_see_it(tmp_path: Path) -> None:
    made, barrier = fork.Value("i", 0), fork.Barrier(6)
    workers = [fork.Process(target=_make, args=(str(tmp_path / "shared"), barrier, made)) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(10)
    assert [worker.exitcode for worker in workers] == [0] * 6
    assert made.value == 1
    assert RunCache(str(tmp_path / "shared")).load("session") == {"cookie": "x"}


def test_a_reader_never_sees_half_a_value(tmp_path: Path) -> None:
    cache = RunCache(str(tmp_path))
    cache.save("table", {"ids": ["0"] * 5000})
    stop = threading.Event()

    def write() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            cache.save("table", {"ids": [str(turn)] * 5000})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(100):
            table = cache.load("table")
            assert table is not None
            assert len(set(table["ids"])) == 1
    finally:
        stop.set()
        writer.join(5)


def test_the_end_of_a_run_finds_every_session_and_nothing_else(tmp_path: Path) -> None:
    cache = RunCache(str(tmp_path / "shared"))
    assert cache.with_prefix("oracle_sdm_session") == []
    cache.save("oracle_sdm_session a", {"cookie": "1"})
    cache.save("oracle_sdm_session b", {"cookie": "2"})
    cache.save("oracle_sdm_devices a", {"x": ["3"]})
    with cache.locked("oracle_sdm_session c"):
        pass
    assert sorted(found["cookie"] for found in cache.with_prefix("oracle_sdm_session")) == ["1", "2"]


# What killed runs leave


def test_what_holds_a_secret_can_only_be_read_by_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    know("canary/token")
    cache = RunCache(str(tmp_path))
    cache.save("token", {"token": "canary/token"})
    cache.save("at_end canary/token", {"params": {"journal": "postgresql://u:canary%2Ftoken@h/x"}})
    assert not [path for path in tmp_path.iterdir() if "canary" in path.read_text()]
    assert cache.load("token") == {"token": "canary/token"}
    assert cache.with_prefix("at_end") == [{"params": {"journal": "postgresql://u:canary%2Ftoken@h/x"}}]
    monkeypatch.setattr(run_cache, "_key", Fernet.generate_key())
    assert cache.load("token") is None
    assert cache.with_prefix("at_end") == []


def left_by(run: dict[str, t.Any], parent: Path, url: str) -> Path:
    folder = parent / f"ansible-local-{run['run']}abcdefgh" / "netfleet_maintenance"
    know("canary-cookie")
    endpoint = {**dataclasses.asdict(Endpoint("Oracle SDM", url, timeout=2.0))}
    cache = RunCache(str(folder))
    cache.save("oracle_sdm_session 1", {"cookie": "canary-cookie", "version": "v1.3", "endpoint": endpoint})
    (folder / "owner").write_text(json.dumps(run))
    return folder


def test_sessions_of_killed_runs_are_signed_out_and_their_files_removed(tmp_path: Path) -> None:
    living = this_process()
    dead = {**living, "run": 2**22 + 1, "run_started": "1"}
    elsewhere = {**dead, "host": "another.example.com"}
    with Server(once(b"HTTP/1.1 204 No Content\r\n\r\n")) as server:
        gone, alive, far = (left_by(run, tmp_path / name, server.url) for run, name in (
            (dead, "a"), (living, "b"), (elsewhere, "c")
        ))  # fmt: skip
        problems = [problem for name in "abc" for problem in clear_leftovers(str(tmp_path / name))]
    assert problems == []
    assert b"POST /rest/v1.3/admin/logout" in server.received
    assert b"JSESSIONID=canary-cookie" in server.received
    assert not gone.parent.exists()
    assert alive.exists()
    assert far.exists()


def test_a_session_that_cannot_be_signed_out_is_said_and_its_file_removed_all_the_same(tmp_path: Path) -> None:
    dead = {**this_process(), "run": 2**22 + 1, "run_started": "1"}
    folder = left_by(dead, tmp_path, "http://127.0.0.1:9")
    (problem,) = clear_leftovers(str(tmp_path))
    assert "could not be signed out" in problem
    assert "127.0.0.1:9" in problem
    assert not folder.exists()

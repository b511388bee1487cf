# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials, cookies and tokens are looked for in everything a run leaves, says, or shows while it runs."""

from __future__ import annotations

import base64
import json
import stat
import threading
import time
import typing as t
import urllib.parse
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import yaml

from ansible_collections.netfleet.maintenance.plugins.module_utils import _options
from tests.integration.run import Commands, Finished
from tests.simulators import Simulator

NAME = "lax-sbc-01"

# Right ones, and wrong ones that every encoding on the way would write in another way.
RIGHT = {
    "ZEQUENZE_TOKEN": "sim-zequenze-token",
    "ORACLE_SDM_PASSWORD": "sim-lockbot-password",
    "SENHASEGURA_CLIENT_SECRET": "sim-client-secret",
    "SENHASEGURA_CONSUMER_KEY": "sim-consumer",
    "SENHASEGURA_CONSUMER_SECRET": "sim-consumer-secret",
    "SENHASEGURA_TOKEN_KEY": "sim-token",
    "SENHASEGURA_TOKEN_SECRET": "sim-token-secret",
}
WRONG = {option: f"canary/{option}&<'%41\"+=ü" for option in (
    "api_token", "password", "client_secret", "consumer_key", "consumer_secret", "token_key", "token_secret"
)}  # fmt: skip
# Too ordinary as words to be looked for.
SHORT = {"sim-token", "sim-consumer"}


def spellings(secret: str) -> set[str]:
    """Give the forms a secret may take on its way."""
    plain = secret.encode()
    return {
        secret,
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
        escape(secret),
        escape(secret, {'"': "&quot;"}),
        json.dumps(secret)[1:-1],
        base64.b64encode(plain).decode().rstrip("="),
        base64.b64encode(b"sim-client:" + plain).decode().rstrip("="),
    }


class Watcher:
    """Looks at every program's arguments and at the run's shared files, again and again while a run goes on."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.arguments: set[bytes] = set()
        self.shared: dict[Path, tuple[int, int, bytes]] = {}

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.is_set():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                self._look(lambda path=path: self.arguments.add(path.read_bytes()))  # type: ignore[misc]
            for path in self._home.glob(".ansible/tmp/ansible-local-*/netfleet_maintenance/*.json"):
                self._look(lambda path=path: self._keep(path))  # type: ignore[misc]
            time.sleep(0.02)

    def _keep(self, path: Path) -> None:
        modes = stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)
        self.shared[path] = (*modes, path.read_bytes())

    @staticmethod
    def _look(at: t.Callable[[], object]) -> None:
        try:
            at()
        except OSError:
            # It ended, or was removed, while we looked.
            return

    def sessions(self) -> set[str]:
        """Give the cookies and tokens that the run shared."""
        found: set[str] = set()
        for _mode, _folder, text in self.shared.values():
            value = json.loads(text)["value"]
            found |= {str(value[key]) for key in ("cookie", "token", "access_token") if key in value}
        return found


def tasks(**credentials: t.Any) -> list[dict[str, t.Any]]:
    """Give one task of every module, its result shown and kept as a fact."""
    made: list[dict[str, t.Any]] = []
    for module, options in {
        "device_info": {"name": [NAME]},
        "device_operation": {"name": [NAME], "operation": "reboot", "wait": False},
        "device_lock": {"name": [NAME], "holder": "canary"},
        "device_lock_info": {"name": [NAME]},
        "pam_device": {"hostname": NAME, "site": "MOVED"},
        "pam_device_info": {"name": [NAME]},
        "pam_session_info": {"name": [NAME]},
        "journal_info": {},
        "recover_locks": {},
    }.items():
        made.append({f"netfleet.maintenance.{module}": options, "register": f"r_{module}", "ignore_errors": True})
    answers = "{{ [" + ", ".join(task["register"] for task in made) + "] }}"
    made.append({"ansible.builtin.set_fact": {"kept": answers, "cacheable": True}})
    made.append({"ansible.builtin.debug": {"var": "kept"}})
    made.append({"netfleet.maintenance.device_info": {"name": [NAME]}, "async": 30, "poll": 1, "ignore_errors": True})
    unlock = {"name": [NAME], "holder": "canary", "state": "unlocked"}
    made.append({"netfleet.maintenance.device_lock": unlock, "ignore_errors": True})
    return made


def run(ansible: Commands, defaults: dict[str, t.Any], *arguments: str) -> tuple[Finished, Watcher]:
    """Run every module at -vvvv with a log, a fact cache and diffs, and watch."""
    environment = {
        "ANSIBLE_LOG_PATH": str(ansible.home / "ansible.log"),
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(ansible.home / "facts"),
    }
    play = [
        {
            "hosts": "all",
            "gather_facts": False,
            "connection": "local",
            "module_defaults": {f"group/netfleet.maintenance.{group}": values for group, values in defaults.items()},
            "tasks": tasks(),
        }
    ]
    # The play holds what the user wrote into it; a user's file is not ours to mask.
    with Watcher(ansible.home) as watcher:
        done = ansible.playbook(play, "-vvvv", "--diff", *arguments, hosts=[NAME], environment=environment)
    (ansible.home / "play.yml").unlink()
    return done, watcher


def assert_nowhere(secrets: t.Iterable[str], ansible: Commands, done: Finished, watcher: Watcher) -> None:
    """Look for secrets in what was said, recorded, logged, cached, journaled, left behind and given as arguments."""
    files = {path: path.read_bytes() for path in ansible.home.rglob("*") if path.is_file()}
    assert any(path.name == "journal.sqlite3" for path in files)
    assert any(path.name == "ansible.log" for path in files)
    for secret in secrets:
        for form in spellings(secret):
            assert form not in done.said(), form
            assert form not in json.dumps(done.results, ensure_ascii=False), form
            for path, content in files.items():
                assert form.encode() not in content, (form, path)
            assert not [words for words in watcher.arguments if form.encode() in words], form


def assert_private_and_gone(ansible: Commands, watcher: Watcher) -> None:
    """The run's shared files were for their owner only, and are gone."""
    assert watcher.shared
    assert {(mode, folder) for mode, folder, _text in watcher.shared.values()} == {(0o600, 0o700)}
    assert not [path for path in watcher.shared if path.exists()]
    assert not list(ansible.home.glob(".ansible/tmp/ansible-local-*"))


@pytest.mark.row(32)
def test_no_credential_cookie_or_token_is_anywhere_after_a_run(ansible: Commands, simulator: Simulator) -> None:
    done, watcher = run(ansible, {})
    assert done.rc == 0, done.said()[-2000:]
    assert watcher.sessions()
    assert_nowhere({*RIGHT.values()} - SHORT | watcher.sessions(), ansible, done, watcher)
    assert_private_and_gone(ansible, watcher)


@pytest.mark.row(32)
def test_no_credential_of_a_task_is_anywhere_when_it_is_refused_and_said_back(
    ansible: Commands, simulator: Simulator
) -> None:
    for system, content_type, body in (
        ("zequenze", "application/json", json.dumps({"detail": f"you are {WRONG['api_token']}"})),
        ("oracle_sdm", "application/xml", f"<error>no {escape(WRONG['password'])}</error>"),
        ("senhasegura", "application/json", json.dumps({"error": "x", "error_description": WRONG["client_secret"]})),
    ):
        simulator.fault(
            system=system,
            phase="after_effect",
            kind="body",
            status=400 if system != "oracle_sdm" else 200,
            content_type=content_type,
            body=body,
            times=None,
        )
    defaults = {
        "zequenze": {"api_token": WRONG["api_token"]},
        "oracle_sdm": {"password": WRONG["password"]},
        "senhasegura": {"client_id": "sim-client", "client_secret": WRONG["client_secret"]},
    }
    done, watcher = run(ansible, defaults)
    used = [WRONG["api_token"], WRONG["password"], WRONG["client_secret"]]
    assert_nowhere(used, ansible, done, watcher)


@pytest.mark.row(32)
def test_no_signing_key_is_anywhere(ansible: Commands, simulator: Simulator) -> None:
    ansible.environment |= {"SENHASEGURA_CLIENT_ID": "", "SENHASEGURA_CLIENT_SECRET": ""}
    keys = {name: WRONG[name] for name in ("consumer_key", "consumer_secret", "token_key", "token_secret")}
    done, watcher = run(ansible, {"senhasegura": keys})
    assert_nowhere(keys.values(), ansible, done, watcher)


@pytest.mark.row(32)
def test_no_credential_is_anywhere_when_nobody_answers(ansible: Commands, simulator: Simulator) -> None:
    for kind in ("reset", "stall"):
        simulator.fault(phase="before_effect", kind=kind, times=None, after=0)
    defaults = {
        "zequenze": {"timeout": 1},
        "oracle_sdm": {"timeout": 1},
        "senhasegura": {"timeout": 1},
    }
    done, watcher = run(ansible, defaults)
    assert_nowhere({*RIGHT.values()} - SHORT, ansible, done, watcher)


@pytest.mark.row(32)
def test_a_password_in_the_address_of_any_option_is_not_shown(ansible: Commands) -> None:
    address = {"path": str(ansible.home / "x.prom"), "pushgateway_url": "https://push:canary-pw@127.0.0.1:1/gateway"}
    done = ansible.task("window_metrics", address, "-vvvv", hosts=["localhost"])
    assert done.rc == 0, done.said()
    assert "127.0.0.1:1/gateway" in done.said()
    assert "canary-pw" not in done.said()


@pytest.mark.row(32)
def test_no_credential_is_in_an_inventory_or_its_cache(ansible: Commands, simulator: Simulator) -> None:
    path = ansible.home / "fleet.pam.yml"
    options = {"details": True, "cache": True, "cache_plugin": "jsonfile", "cache_connection": str(ansible.home / "c")}
    path.write_text(yaml.safe_dump({"plugin": "netfleet.maintenance.pam_devices", **options}))
    with Watcher(ansible.home) as watcher:
        done = ansible.run("ansible-inventory", "-vvvv", "-i", str(path), "--list")
    assert done.rc == 0
    files = {file: file.read_bytes() for file in ansible.home.rglob("*") if file.is_file()}
    for secret in {*RIGHT.values()} - SHORT:
        for form in spellings(secret):
            assert form not in done.said()
            assert not [file for file, content in files.items() if form.encode() in content]
            assert not [words for words in watcher.arguments if form.encode() in words]


@pytest.mark.row(32)
def test_every_credential_option_is_in_these_tests() -> None:
    specs = (_options.zequenze_options(), _options.oracle_sdm_options(), _options.senhasegura_options())
    assert {name for spec in specs for name, rule in spec.options.items() if rule.get("no_log")} == set(WRONG)

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials, cookies and tokens are looked for in everything a run leaves, says, or shows while it runs."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
import typing as t
import urllib.parse
from xml.sax.saxutils import escape

import pytest
import yaml

from tests.hostile.cores import Core, present
from tests.hostile.specs import credentials, spec_of, with_credentials
from tests.hostile.watcher import Watcher
from tests.integration.monitoring import Monitoring
from tests.integration.run import Commands, Finished
from tests.simulators import Simulator

CORES = present()
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
    "api_token", "password", "client_secret", "consumer_key", "consumer_secret", "token_key", "token_secret", "token"
)}  # fmt: skip
IN_ADDRESS = "canary-in-an-address"
RECORDED = {
    "window_id": "canary-run",
    "window_operations": ["sync"],
    "window_hold": 0,
    "window_wait_interval": 0.1,
    "window_wait_timeout": 5,
}
# Too ordinary as words to be looked for.
SHORT = {"sim-token", "sim-consumer"}


def spellings(secret: str) -> set[str]:
    """Return the forms a secret may take on its way."""
    plain = secret.encode()
    return {
        secret,
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote(secret),
        urllib.parse.quote_plus(secret),
        urllib.parse.quote(urllib.parse.quote(secret, safe=""), safe=""),
        escape(secret),
        escape(secret, {'"': "&quot;"}),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        base64.b64encode(plain).decode().rstrip("="),
        base64.b64encode(b"sim-client:" + plain).decode().rstrip("="),
    }


def tasks(monitoring: Monitoring) -> list[dict[str, t.Any]]:
    """Return a task of every module that is told a secret, and of what could pass it on; results are kept as a fact."""
    devices = [{"name": NAME}]
    made: list[dict[str, t.Any]] = []
    for module, options in {
        "window_preflight": {"devices": devices, "window": RECORDED},
        "window_run": {"window_id": RECORDED["window_id"], "name": [NAME], "fail_devices": False},
        "window_check": {"window_id": RECORDED["window_id"], "name": NAME, "reason": "no answer"},
        "window_plan": {"devices": devices, "window": {"window_id": "canary", "window_operations": ["sync"]}},
        "window_silence": {
            "api_url": monitoring.url,
            "token": WRONG["token"],
            "window_id": "canary",
            "matchers": [{"name": "site", "value": "LAX"}],
        },
        "systems_info": {"device": NAME, "probe_writes": True},
        "device_info": {"name": [NAME]},
        "device_health": {"name": [NAME], "hold": 0, "wait_timeout": 1},
        "device_operation": {"name": [NAME], "operation": "reboot", "wait": False},
        "device_lock": {"name": [NAME], "holder": "canary"},
        "device_lock_info": {"name": [NAME]},
        "pam_device": {"hostname": NAME, "site": "MOVED"},
        "pam_device_info": {"name": [NAME]},
        "pam_session_info": {"name": [NAME]},
        "journal_info": {},
        "operation_recovery": {},
        "lock_recovery": {},
        "window_metrics": {"path": "fleet.prom", "pushgateway_url": monitoring.url},
    }.items():
        made.append({f"netfleet.maintenance.{module}": options, "register": f"r_{module}", "ignore_errors": True})
    # Not where a password belongs, and soon done: it is refused, and not said back.
    address = f"http://somebody:{IN_ADDRESS}@127.0.0.1:9"
    metrics = {"path": "again.prom", "pushgateway_url": address}
    made.append({"netfleet.maintenance.window_metrics": metrics, "register": "r_address", "ignore_errors": True})
    answers = "{{ [" + ", ".join(task["register"] for task in made) + "] }}"
    made.append({"ansible.builtin.set_fact": {"kept": answers, "cacheable": True}})
    made.append({"ansible.builtin.debug": {"var": "kept"}})
    made.append({"netfleet.maintenance.device_info": {"name": [NAME]}, "async": 30, "poll": 1, "ignore_errors": True})
    unlock = {"name": [NAME], "holder": "canary", "state": "unlocked"}
    made.append({"netfleet.maintenance.device_lock": unlock, "ignore_errors": True})
    return made


def run(
    ansible: Commands, monitoring: Monitoring, defaults: dict[str, dict[str, t.Any]], *arguments: str
) -> tuple[Finished, Watcher]:
    """Run every module at -vvvv with a log, a fact cache and diffs, and watch until nothing of it is left.

    ``defaults`` are connection options by system.
    """
    # Short, because newer cores make a socket in it, whose whole path may have 107 bytes.
    own = tempfile.mkdtemp(prefix="nf-")
    environment = {
        "ANSIBLE_LOG_PATH": str(ansible.home / "ansible.log"),
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(ansible.home / "facts"),
        "TMPDIR": own,
    }
    groups: dict[str, t.Any] = {f"group/netfleet.maintenance.{system}": each for system, each in defaults.items()}
    # Where a module takes the options of a system in a dictionary of its own.
    nested = {
        f"netfleet.maintenance.{module}": {system: defaults[system] for system in defaults if system in options}
        for module, options in ((module, spec_of(module).options) for module in with_credentials())
    }
    play = [
        {
            "hosts": "all",
            "gather_facts": False,
            "connection": "local",
            "module_defaults": groups | nested,
            "tasks": tasks(monitoring),
        }
    ]
    # The play holds what the user wrote into it; a user's file is not ours to mask.
    with Watcher(ansible.home) as watcher:
        done = ansible.playbook(play, "-vvvv", "--diff", *arguments, hosts=[NAME], environment=environment)
        watcher.wait_until_gone()
    (ansible.home / "play.yml").unlink()
    # What is left in it is looked through with everything else.
    shutil.move(own, ansible.home / "temporary")
    assert "unsupported parameters" not in done.said().lower()
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
            # What a user gives in the environment is there; what a task is given gets nowhere near it.
            if secret in WRONG.values():
                assert not [each for each in watcher.environments if form.encode() in each], form


def assert_private_and_gone(ansible: Commands, watcher: Watcher) -> None:
    """The run's shared files were for their owner only, and are gone."""
    assert watcher.shared
    assert {(mode, folder) for mode, folder, _text in watcher.shared.values()} == {(0o600, 0o700)}
    assert not [path for path in watcher.shared if path.exists()]
    assert not list(ansible.home.glob(".ansible/tmp/ansible-local-*"))


@pytest.fixture
def monitoring() -> t.Iterator[Monitoring]:
    with Monitoring() as server:
        yield server


@pytest.mark.row(32)
def test_no_credential_cookie_or_token_is_anywhere_after_a_run(
    ansible: Commands, simulator: Simulator, monitoring: Monitoring
) -> None:
    done, watcher = run(ansible, monitoring, {})
    assert done.rc == 0, done.said()[-2000:]
    assert watcher.sessions()
    secrets = {*RIGHT.values()} - SHORT | watcher.sessions()
    assert_nowhere(secrets | {WRONG["token"], IN_ADDRESS}, ansible, done, watcher)
    assert_private_and_gone(ansible, watcher)
    # Alertmanager got its token with every call, also from the process that renews the silence, and nothing else.
    told = {what: headers.get("Authorization") for what, headers, _body in monitoring.received}
    silenced = f"Bearer {WRONG['token']}"
    assert told == {
        "POST /api/v2/silences": silenced,
        "DELETE /api/v2/silence/s1": silenced,
        "PUT /metrics/job/netfleet": None,
    }
    assert watcher.environments
    for what, headers, body in monitoring.received:
        for secret in secrets:
            assert not any(form in f"{what} {headers} {body!r}" for form in spellings(secret))


def said_back(secret: str) -> str:
    """Return a text that says a secret in every form, each at a place where a message may be cut."""
    return " ".join("x" * number + form for number, form in enumerate(sorted(spellings(secret)), 1)) + "x" * 60 + secret


@pytest.mark.row(32)
@pytest.mark.parametrize("core", CORES, ids=[core.version for core in CORES])
def test_no_credential_of_a_task_is_anywhere_when_it_is_refused_and_said_back(
    ansible: Commands, simulator: Simulator, monitoring: Monitoring, core: Core
) -> None:
    ansible.environment["PATH"] = os.pathsep.join([str(core.commands), ansible.environment["PATH"]])
    of_sdm = escape(said_back(WRONG["password"]))
    for system, content_type, body in (
        ("zequenze", "application/json", json.dumps({"detail": f"you are {said_back(WRONG['api_token'])}"})),
        ("oracle_sdm", "application/xml", f"<error>no {of_sdm}</error>"),
        ("senhasegura", "application/json", json.dumps({"error_description": said_back(WRONG["client_secret"])})),
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
    monitoring.refuse_with(said_back(WRONG["token"]))
    defaults = {
        "zequenze": {"api_token": WRONG["api_token"]},
        "oracle_sdm": {"password": WRONG["password"]},
        "senhasegura": {"client_id": "sim-client", "client_secret": WRONG["client_secret"]},
    }
    done, watcher = run(ansible, monitoring, defaults)
    used = [WRONG["api_token"], WRONG["password"], WRONG["client_secret"], WRONG["token"]]
    assert_nowhere(used, ansible, done, watcher)
    # Nor the beginning of one that was cut.
    assert "canary/" not in done.said()


@pytest.mark.row(32)
def test_no_signing_key_is_anywhere(ansible: Commands, simulator: Simulator, monitoring: Monitoring) -> None:
    ansible.environment |= {"SENHASEGURA_CLIENT_ID": "", "SENHASEGURA_CLIENT_SECRET": ""}
    keys = {name: WRONG[name] for name in ("consumer_key", "consumer_secret", "token_key", "token_secret")}
    done, watcher = run(ansible, monitoring, {"senhasegura": keys})
    assert_nowhere(keys.values(), ansible, done, watcher)


@pytest.mark.row(32)
@pytest.mark.parametrize("kind", ["reset", "stall"])
def test_no_credential_is_anywhere_when_nobody_answers(
    ansible: Commands, simulator: Simulator, monitoring: Monitoring, kind: str
) -> None:
    systems = ("zequenze", "oracle_sdm", "senhasegura")
    for system in systems:
        simulator.fault(system=system, phase="before_effect", kind=kind, times=None)
    done, watcher = run(ansible, monitoring, {system: {"timeout": 1} for system in systems})
    assert_nowhere({*RIGHT.values()} - SHORT, ansible, done, watcher)
    assert all(fault["used"] for fault in simulator.call("GET", "faults")["faults"])


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
def test_every_credential_option_of_every_module_is_in_these_tests() -> None:
    modules = with_credentials()
    assert {name for module in modules for name in credentials(spec_of(module).options)} == set(WRONG)
    with Monitoring() as monitoring:
        done = {name.rpartition(".")[2] for task in tasks(monitoring) for name in task}
    assert modules <= done

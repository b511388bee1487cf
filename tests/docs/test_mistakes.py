# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mistakes that people make first, and the sentence that each of them gets: one that names the cause and the cure.

Nobody has to know more than what is printed. No mistake locks a device, sends a restart or shows a secret.
"""

from __future__ import annotations

import json
import re
import socket
import typing as t

import pytest

from tests.integration.run import Commands, Finished
from tests.integration.windows import LAX, WINDOW
from tests.simulators import Simulator
from tests.simulators.certificates import Certificates

PLAYBOOKS = "netfleet.maintenance"
SECRETS = ("sim-zequenze-token", "sim-lockbot-password", "sim-client-secret", "wrong-secret")
# What no sentence for a person has in it.
NOISE = re.compile(
    r"Traceback|=> \{|Finalization|filter plugin|Error rendering|NoneType|has no len|unhashable|'type': '"
)


@pytest.fixture(scope="module")
def running_simulator(certificates: Certificates) -> t.Iterator[Simulator]:
    with Simulator(devices=30, process=True, certificates=certificates.authority.parent) as simulator:
        yield simulator


@pytest.fixture
def ansible(ansible: Commands) -> Commands:
    ansible.environment["ANSIBLE_STDOUT_CALLBACK"] = f"{PLAYBOOKS}.window_output"
    return ansible


def untouched(simulator: Simulator) -> bool:
    """Whether no device was locked, written to or restarted."""
    return not [row for row in simulator.ledger() if row["effect"] in ("lock", "operation", "applied")]


def one_line(text: str) -> str:
    return " ".join(text.split())


def said_well(done: Finished, *parts: str) -> None:
    """Every part is printed, each sentence once, without noise and without a secret."""
    assert done.rc != 0, done.said()
    said = one_line(done.said())
    for part in parts:
        assert part in said, f"{part!r} is not in:\n{done.said()}"
    assert not NOISE.search(said), done.said()
    assert not [secret for secret in SECRETS if secret in said]
    failures = [line for line in done.said().splitlines() if line.startswith("FAILED: ")]
    assert len(failures) == len(set(failures))


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


# Mistakes with addresses, accounts and certificates: module, options and environment, and what is said.

Mistake = tuple[str, dict[str, t.Any], dict[str, str], tuple[str, ...]]


def connection_mistakes(simulator: Simulator, certificates: Certificates) -> dict[str, Mistake]:
    """Return the mistakes by name; those with a certificate are about the expired one that the simulators show."""
    nobody = f"https://127.0.0.1:{closed_port()}"
    plain = simulator.zequenze_url.replace("http:", "https:")
    name = {"name": "lax-sbc-01"}
    trusted = {"ca_path": str(certificates.authority)}
    return {
        "wrong Zequenze token": (
            "device_info",
            name,
            {"ZEQUENZE_TOKEN": "wrong-secret"},
            (f"Zequenze Control ({simulator.zequenze_url}) did not accept the API token (401)", "ZEQUENZE_TOKEN"),
        ),
        "wrong SDM password": (
            "device_lock",
            name,
            {"ORACLE_SDM_PASSWORD": "wrong-secret"},
            ("Oracle SDM", "did not accept the account lockbot (401)", "password"),
        ),
        "wrong PAM secret": (
            "pam_device_info",
            name,
            {"SENHASEGURA_CLIENT_SECRET": "wrong-secret"},
            ("senhasegura", "did not accept the sign-in", "Check the credentials"),
        ),
        "unknown host": (
            "device_info",
            {**name, "timeout": 2},
            {"ZEQUENZE_URL": "https://control.invalid/api/v1"},
            ("cannot be reached at https://control.invalid/api/v1, nothing was sent", "its name is not found", "DNS"),
        ),
        "closed port": (
            "device_info",
            {**name, "timeout": 2},
            {"ZEQUENZE_URL": f"{nobody}/api/v1"},
            (f"cannot be reached at {nobody}/api/v1, nothing was sent", "Connection refused"),
        ),
        "wrong path of Zequenze Control": (
            "device_info",
            name,
            {"ZEQUENZE_URL": simulator.zequenze_url.replace("/api/v1", "/api/v9")},
            (f"has no API at {simulator.zequenze_url.replace('/api/v1', '/api/v9')} (404)", "api/v1"),
        ),
        "wrong path of Oracle SDM": (
            "device_lock",
            name,
            {"ORACLE_SDM_URL": f"{simulator.sdm_url}/nowhere"},
            (f"has no REST interface v1.3 at {simulator.sdm_url}/nowhere (404)", "api_url"),
        ),
        "wrong path of senhasegura": (
            "pam_device_info",
            name,
            {"SENHASEGURA_URL": f"{simulator.pam_url}/iso"},
            (f"has no sign-in at {simulator.pam_url}/iso", "(404)", "api_url"),
        ),
        "https to a port that speaks http": (
            "device_info",
            name,
            {"ZEQUENZE_URL": plain},
            ("does not speak TLS there", plain),
        ),
        "expired certificate": (
            "device_info",
            {**name, **trusted},
            {"ZEQUENZE_URL": simulator.tls_url("zequenze")},
            ("its certificate is not trusted (certificate has expired); renew it", simulator.tls_url("zequenze")),
        ),
        "private authority that is not known": (
            "device_lock",
            name,
            {"ORACLE_SDM_URL": simulator.tls_url("oracle_sdm")},
            ("its certificate is not trusted", simulator.tls_url("oracle_sdm")),
        ),
        "misspelt option": ("device_info", {"nmae": "x"}, {}, ("Unsupported parameters", "nmae", "Did you mean name?")),
        "journal that cannot be written": (
            "device_lock",
            {**name, "journal": "/proc/journal.db"},
            {},
            ("The journal /proc/journal.db cannot be opened",),
        ),
    }


@pytest.mark.finding("F12d", "B1")
def test_a_wrong_connection_is_one_sentence(
    ansible: Commands, simulator: Simulator, certificates: Certificates
) -> None:
    simulator.show_certificate("expired")
    mistakes = connection_mistakes(simulator, certificates)
    tasks = [
        {"name": name, f"{PLAYBOOKS}.{module}": options, "environment": environment, "ignore_errors": True}
        for name, (module, options, environment, _parts) in mistakes.items()
    ]
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]
    done = ansible.playbook(play, hosts=["localhost"])
    assert done.rc == 0, done.said()
    results = {line["task"]: line["result"] for line in done.results if line["status"] != "ok"}
    assert results.keys() == mistakes.keys()
    wrong = []
    for name, (_module, _options, _environment, parts) in mistakes.items():
        said = str(results[name].get("msg"))
        wrong += [f"{name}: {part!r} is not in {said!r}" for part in parts if part not in said]
        wrong += [f"{name}: {said}" for _ in [0] if NOISE.search(said) or any(secret in said for secret in SECRETS)]
    assert not wrong, "\n".join(wrong)
    assert untouched(simulator)


# Mistakes with a window: extra variables, arguments and environment, and what is said.

WINDOW_MISTAKES: dict[str, tuple[dict[str, t.Any], tuple[str, ...], dict[str, str], tuple[str, ...]]] = {
    "misspelt and wrong variables": (
        {
            "window_max_failure": 1,
            "window_operations": ["rebot"],
            "window_timezone": "Europe/Londn",
            "window_hold": "long",
            "report_audit_fil": "audit.jsonl",
        },
        (),
        {},
        (
            "Unknown variable window_max_failure. Did you mean window_max_failures?",
            "window_operations '['rebot']' must be a list",
            "one of sync, reconf, reboot, factory, device_factory",
            "window_timezone 'Europe/Londn' is not a time zone this machine knows",
            "window_hold 'long' must be",
            "Unknown variable report_audit_fil. Did you mean report_audit_file?",
        ),
    ),
    "schedule in words": (
        {"window_id": None, "window_name": "n", "window_duration": "1h", "window_schedule": "every 2nd sunday"},
        (),
        {},
        ("window_schedule 'every 2nd sunday' is not an RRULE", "'EVERY 2ND SUNDAY' is no NAME=VALUE"),
    ),
    "group that is not there": ({"window_targets": "site_BER"}, (), {}, ("names 'site_BER', which is not in the",)),
    "one name of two that is not there": (
        {"window_targets": "lax-sbc-01,lax-sbc-1"},
        (),
        {},
        ("window_targets names 'lax-sbc-1', which is not in the inventory.", "Did you mean lax-sbc-01?"),
    ),
    "blank targets": ({"window_targets": " , "}, (), {}, ("window_targets",)),
    "limit": ({}, ("--limit", "lax-sbc-01"), {}, ("Choose devices with window_targets instead of --limit",)),
    "number that YAML changed": (
        {},
        ("-e", "{window_max_targets: 010}"),
        {},
        ("window_max_targets '010' is 8 to YAML.",),
    ),
    "no password for SDM": ({}, (), {"ORACLE_SDM_PASSWORD": ""}, ("Oracle SDM", "ORACLE_SDM_PASSWORD")),
    "calendar that is not there": ({"window_freeze": ["holidays.ics"]}, (), {}, ("window_freeze", "holidays.ics")),
}


@pytest.mark.finding("A3", "B2")
@pytest.mark.parametrize("name", WINDOW_MISTAKES)
def test_a_wrong_window_is_refused_in_one_sentence_and_ends_with_the_next_command(
    ansible: Commands, simulator: Simulator, name: str
) -> None:
    changes, arguments, environment, parts = WINDOW_MISTAKES[name]
    extra = {key: value for key, value in {**WINDOW, **changes}.items() if value is not None}
    done = ansible.playbook(
        f"{PLAYBOOKS}.maintenance_window", *arguments, hosts=LAX, extra=extra, environment=environment
    )
    said_well(done, *parts)
    assert untouched(simulator)
    if name != "limit":
        assert one_line(done.stdout).count("was not started. Locks: none") == 1
        assert (
            "Next: fix what is wrong, then run ansible-playbook netfleet.maintenance.maintenance_window" in done.stdout
        )


@pytest.mark.finding("F11")
@pytest.mark.parametrize(
    "argument", [("--limit", LAX[0]), ("--tags", "x"), ("--start-at-task", "Run window_after_window")]
)
def test_a_window_of_the_group_variables_is_not_left_out_silently(
    ansible: Commands, simulator: Simulator, argument: tuple[str, str]
) -> None:
    inventory = ansible.home / "inventory"
    (inventory / "group_vars").mkdir(parents=True)
    (inventory / "hosts.yml").write_text(json.dumps({"all": {"hosts": {name: {} for name in LAX}}}))
    (inventory / "group_vars/all.yml").write_text(json.dumps(WINDOW))
    done = ansible.playbook(f"{PLAYBOOKS}.maintenance_window", *argument, hosts=str(inventory))
    said_well(done, "The checks on localhost were left out, so nothing is started.")
    assert untouched(simulator)


@pytest.mark.finding("B6")
def test_a_forgotten_inventory_is_named(ansible: Commands, simulator: Simulator) -> None:
    command = ["ansible-playbook", f"{PLAYBOOKS}.maintenance_window", "-e", json.dumps(WINDOW)]
    done = ansible.run(*command)
    said_well(done, "The inventory holds no device. Did you forget -i?")
    assert untouched(simulator)


# Mistakes with the other playbooks.

PLAYBOOK_MISTAKES: dict[str, tuple[str, dict[str, t.Any], tuple[str, ...]]] = {
    "incident of a device that is not there": (
        "incident_reboot",
        {"incident_id": "INC1", "incident_device": "lax-sbc-99"},
        ("incident_device names 'lax-sbc-99', which is not in the inventory",),
    ),
    "incident variables": (
        "incident_reboot",
        {"incident_id": "INC1", "incident_device": "lax-sbc-01", "incident_prot": 22, "incident_patience": "5s"},
        ("Unknown variable incident_prot. Did you mean incident_port?", "incident_patience '5s' must be a number"),
    ),
    "recover with a misspelt variable": (
        "recover",
        {"recover_windowid": "CHG1", "recover_wait_timeout": "soon"},
        (
            "Unknown variable recover_windowid. Did you mean recover_window_id?",
            "recover_wait_timeout 'soon' must be a number",
            "Nothing was unlocked.",
        ),
    ),
    "recover of a window that is not there": ("recover", {"window_id": "TYPO"}, ("TYPO",)),
    "report of a window that is not there": ("report", {"report_window_id": "TYPO"}, ("no window 'TYPO'",)),
    "status with a misspelt variable": ("status", {"status_windowid": "x"}, ("Did you mean status_window_id?",)),
    "drift with a blank limit": ("remediate_drift", {"drift_max_targets": ""}, ("drift_max_targets is blank.",)),
    "drift with a separator": (
        "remediate_drift",
        {"drift_targets": ","},
        ("drift_targets ',' has a part without a name",),
    ),
    "drift of a group that is not there": ("remediate_drift", {"drift_targets": "site_BER"}, ("'site_BER'",)),
    "incident without a device": (
        "incident_reboot",
        {"incident_id": "I1", "incident_device": " "},
        ("incident_device",),
    ),
    "pause with a misspelt reason": (
        "pause_window",
        {"window_id": "CHG1", "reasn": "alarm"},
        ("Unknown variable reasn. Did you mean reason?",),
    ),
    "pause without a reason": ("pause_window", {"window_id": "CHG1"}, ("reason is missing",)),
    "pause of a blank window": ("pause_window", {"window_id": "", "reason": "x"}, ("window_id is blank.",)),
    "stop with a misspelt window": (
        "stop_window",
        {"window_idd": "CHG1", "all": "yes", "reason": "x"},
        ("Unknown variable window_idd. Did you mean window_id?",),
    ),
    "stop with a wrong yes or no": ("stop_window", {"all": "maybe", "reason": "x"}, ("all 'maybe' must be true or",)),
    "resume of nothing": ("resume_window", {}, ("window_id, window_name",)),
    "release of a device that is not there": (
        "release_device",
        {"device": "nosuch-01", "reason": "x"},
        ("nosuch-01",),
    ),
    "history of a window that is not there": ("fleet_history", {"history_window_id": "TYPO"}, ("TYPO",)),
    "status of a window that is not there": ("status", {"status_window_id": "TYPO"}, ("TYPO",)),
    "recover of a blank window": ("recover", {"recover_window_id": " "}, ("recover_window_id is blank.",)),
    "report of a blank window": ("report", {"report_window_id": ""}, ("report_window_id is blank.",)),
    "release without a device": ("release_device", {"reason": "x"}, ("Set device to the devices to release",)),
    "release of a blank device": ("release_device", {"device": " ", "reason": "x"}, ("device is blank.",)),
    "history with a text for a number": ("fleet_history", {"history_days": "many"}, ("history_days 'many' must be a",)),
    "history with a misspelt variable": ("fleet_history", {"history_day": 3}, ("Did you mean history_days?",)),
    "registration with a misspelt key": (
        "register_devices",
        {"register_devices": [{"hostname": "dub-01", "stat": "absent"}]},
        ("register_devices, entry 1 ('dub-01'): Unknown key 'stat'. Did you mean state?",),
    ),
    "registration of nothing": ("register_devices", {"register_devices": []}, ("register_devices must be a list",)),
    "registration from a blank file": ("register_devices", {"register_devices_csv": ""}, ("csv is blank.",)),
    "registration from no file": (
        "register_devices",
        {"register_devices_csv": "nosuch.csv"},
        ("The CSV file nosuch.csv cannot be read: No such file or directory.",),
    ),
    "deployment without an ID": (
        "deploy_devices",
        {"register_devices": [{"hostname": "dub-01"}]},
        ("Set deploy_id to the ID of the change",),
    ),
    "deployment with a blank ID": (
        "deploy_devices",
        {"deploy_id": " ", "register_devices": [{"hostname": "dub-01"}]},
        ("deploy_id is blank.",),
    ),
    "metrics with a misspelt file": (
        "metrics",
        {"report_metric_file": "m.prom"},
        ("Unknown variable report_metric_file. Did you mean report_metrics_file?",),
    ),
    "validation of misspelt files": (
        "validate_windows",
        {"window_file": ["w.yml"]},
        ("Unknown variable window_file. Did you mean window_files?",),
    ),
    "validation of a blank list": ("validate_windows", {"window_files": ""}, ("window_files is blank.",)),
    "factory reset without anything": (
        "factory_reset",
        {"window_id": None},
        ("A factory reset needs its own window_id",),
    ),
    "scheduled sync without a schedule": ("scheduled_sync", {"window_name": None}, ("needs window_schedule",)),
    "systems with a misspelt variable": ("check_systems", {"doctor_devic": "x"}, ("Did you mean doctor_device?",)),
    "setup of AWX with a misspelt state": ("setup_awx", {"awx_stat": "absent"}, ("Did you mean awx_state?",)),
    "setup of AWX without approvals by accident": ("setup_awx", {"awx_approval": None}, ("awx_approval is blank.",)),
    "plan of a misspelt window": (
        "plan_window",
        {**WINDOW, "window_max_target": 1},
        ("Unknown variable window_max_target. Did you mean window_max_targets?",),
    ),
}


@pytest.mark.finding("B3")
@pytest.mark.parametrize("name", PLAYBOOK_MISTAKES)
def test_a_mistake_with_another_playbook_is_one_sentence(ansible: Commands, simulator: Simulator, name: str) -> None:
    playbook, extra, parts = PLAYBOOK_MISTAKES[name]
    if playbook in ("recover", "report", "status", "fleet_history"):
        assert ansible.task("device_lock", {"holder": "CHG1"}, hosts=LAX[:1]).rc == 0
    before = len(simulator.ledger())
    done = ansible.playbook(f"{PLAYBOOKS}.{playbook}", hosts=LAX, extra=extra)
    said_well(done, *parts)
    assert not [row for row in simulator.ledger()[before:] if row["effect"] in ("lock", "unlock", "operation")]


@pytest.mark.finding("B4")
def test_a_second_window_is_told_of_the_first_and_how_to_recover_it(ansible: Commands, simulator: Simulator) -> None:
    assert ansible.task("device_lock", {"holder": "CHG1"}, hosts=LAX[:1]).rc == 0
    before = len(simulator.ledger())
    done = ansible.playbook(f"{PLAYBOOKS}.maintenance_window", hosts=LAX[:1], extra={**WINDOW, "window_id": "CHG2"})
    said_well(
        done, "It has been locked for CHG1 since", "run ansible-playbook netfleet.maintenance.recover if that holder"
    )
    assert not [row for row in simulator.ledger()[before:] if row["effect"] in ("unlock", "operation")]


@pytest.mark.finding("F12e")
def test_a_certificate_that_is_not_checked_is_one_warning_in_our_words(ansible: Commands, simulator: Simulator) -> None:
    (ansible.home / "fleet.pam.yml").write_text(f"plugin: {PLAYBOOKS}.pam_devices\nvalidate_certs: false\n")
    everywhere = {
        "SENHASEGURA_URL": simulator.tls_url("senhasegura"),
        "ZEQUENZE_URL": simulator.tls_url("zequenze"),
    }
    task = {f"{PLAYBOOKS}.device_info": {"name": "lax-sbc-01", "validate_certs": False}, "delegate_to": "localhost"}
    play = [{"hosts": "lax-sbc-01", "gather_facts": False, "tasks": [task]}]
    done = ansible.playbook(play, hosts=str(ansible.home / "fleet.pam.yml"), environment=everywhere)
    assert done.rc == 0, done.said()
    said = one_line(done.said())
    for url in everywhere.values():
        assert said.count(f"the certificate of {url} was not checked") == 1, said
    assert "InsecureRequestWarning" not in said


@pytest.mark.finding("A7", "B7")
def test_each_system_may_have_an_authority_of_its_own(
    ansible: Commands, simulator: Simulator, certificates: Certificates
) -> None:
    simulator.show_certificate("server")
    extra = {**WINDOW, "window_operations": ["sync"], "window_hold": 0}
    private = {
        "ORACLE_SDM_URL": simulator.tls_url("oracle_sdm"),
        "ORACLE_SDM_CA_PATH": str(certificates.authority),
        "SENHASEGURA_URL": simulator.tls_url("senhasegura"),
        "SENHASEGURA_CA_PATH": str(certificates.authority),
    }
    done = ansible.playbook(f"{PLAYBOOKS}.maintenance_window", hosts=LAX, extra=extra, environment=private)
    assert done.rc == 0, done.said()
    assert [row["device"] for row in simulator.ledger(effect="unlock")]

    # Somebody else works on one of them: it is said where to look, and that nothing of ours is left.
    login = {"ORACLE_SDM_USERNAME": "alice", "ORACLE_SDM_PASSWORD": "sim-alice-password"}
    other = {"NETFLEET_JOURNAL": str(ansible.home / "other.sqlite3"), **login}
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [{f"{PLAYBOOKS}.device_lock": {"name": LAX[0], "holder": "alice"}}],
        }
    ]
    assert ansible.playbook(play, environment=other).rc == 0
    busy = ansible.playbook(
        f"{PLAYBOOKS}.maintenance_window", hosts=LAX[:1], extra={**extra, "window_id": "CHG2"}, environment=private
    )
    said_well(busy, "another account holds its lock", "See in the SDM console who works on it.", "Locks: none left.")

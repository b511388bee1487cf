# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples on the pages of modules and plugins are right: checked, and run in check mode against the simulators."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import typing as t

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from tests.docs.pages import PAGES, examples, inventories, ours, placed, plays, tasks
from tests.integration.run import Commands
from tests.simulators import Simulator
from tests.tools.isolated import ROOT

ACTIONS = "ansible_collections.netfleet.maintenance.plugins.action"
INVENTORY = "plugins/inventory/pam_devices.py"
# What the examples take for granted: variables with secrets, the window file, its calendar, and the collection awx.awx.
VARIABLES = {
    "zequenze_token": "sim-zequenze-token",
    "sdm_password": "sim-lockbot-password",
    **{f"{name}_client_id": "sim-client" for name in ("vault", "pam")},
    **{f"{name}_client_secret": "sim-client-secret" for name in ("vault", "pam")},
}
WINDOW = {
    "window_name": "core-sbc-monthly",
    "window_targets": "lax-sbc-01",
    "window_schedule": "FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2;BYMINUTE=0",
    "window_timezone": "Europe/London",
    "window_duration": "2h",
    "window_operations": ["sync"],
    "window_hold": 0,
    "window_wait_interval": 0.1,
}
CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.com//EN\r\nEND:VCALENDAR\r\n"
SCHEDULE = """
from ansible.module_utils.basic import AnsibleModule
AnsibleModule({name: {} for name in ("name", "unified_job_template", "rrule")}, supports_check_mode=True).exit_json()
"""
# Examples that are refused here, as they should be, and why.
REFUSED = {
    "Reboot a device outside of a window, only while its partner is up, and wait a minute for another's lock": (
        "is locked for CHG0012345"
    ),
    "Sync two hundred devices in one task, thirty at a time": "is locked for CHG0012345",
    "Reboot unless it was rebooted today": "is locked for CHG0012345",
    "Record that the device failed a check": "has no device called",
    "Fail the hosts whose devices could not be maintained": "No window of this run has a device called",
    # The documentation's addresses are nobody's: what the network says of them is not ours to know.
    "Check whether SIP over TCP answers": "",
}
# What was done before the examples are run: their windows hold the locks, something was sent, and a trail was begun.
BEFORE = [
    {"netfleet.maintenance.device_lock": {"holder": "CHG0012345"}},
    {"netfleet.maintenance.device_lock": {"name": "lab-cpe-07", "holder": "CHG0012346"}, "run_once": True},
    {
        "netfleet.maintenance.device_operation": {
            "name": "lax-sbc-02",
            "operation": "sync",
            "window_id": "CHG0012345",
            "wait_interval": 0.1,
        },
        "run_once": True,
    },
    {
        "netfleet.maintenance.window_audit": {"path": "{{ playbook_dir }}/var/log/netfleet/audit.jsonl"},
        "run_once": True,
    },
]


def second_sunday(year: int) -> dt.date:
    """Return the day in December that the examples' window opens on."""
    return min(day for day in (dt.date(year, 12, number) for number in range(8, 15)) if day.weekday() == 6)


SUNDAY = second_sunday(dt.datetime.now(dt.timezone.utc).year + 1)


def reads(simulator: Simulator, last_hash: str = "") -> dict[str, str]:
    """Return what stands in an example for something of the reader's own: addresses, an account, a hash, a day."""
    return {
        "https://vault.example.com": simulator.pam_url,
        "https://sdm.example.com:8443": simulator.sdm_url,
        "client_id: ansible-inventory": "client_id: sim-client",
        "3f5e6f3a0c7bb2a2f0cdd3bd0c1b4d3ad2a1a9a4d3e4b1c5f6a7b8c9d0e1f2a3": last_hash,
        "2026-12-13": SUNDAY.isoformat(),
    }


@pytest.mark.finding("A15")
@pytest.mark.parametrize("page", PAGES)
def test_the_options_of_an_example_are_options(page: str) -> None:
    called = [call for call in map(ours, tasks(page)) if call]
    assert called or not page.startswith("plugins/modules/")
    for module, options in called:
        rules = importlib.import_module(f"{ACTIONS}.{module}").ActionModule.spec().rules()
        for name, rule in rules["argument_spec"].items():
            # What the environment, module_defaults or the name of the host give need not be in an example.
            if "fallback" in rule or name == "hostname":
                rule["required"] = False
            # What a template gives is not known here; that something is given under this name is.
            if "{{" in json.dumps(options.get(name)):
                rules["argument_spec"][name] = {"type": "raw"}
        rules["required_one_of"] = [
            group
            for group in rules["required_one_of"]
            if not all("fallback" in rules["argument_spec"][name] for name in group)
        ]
        checked = ArgumentSpecValidator(**rules).validate(options)
        assert checked.error_messages == [], f"{page}: {module}"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[tuple[Commands, Simulator]]:
    """A reader in the middle of the examples' window, who has what the examples take for granted."""
    home = tmp_path_factory.mktemp("reader")
    awx = home / "collections/ansible_collections/awx/awx"
    for path, content in {
        home / "fleet.pam.yml": "plugin: netfleet.maintenance.pam_devices\nfilters: {exclude: {hostname: lab-*}}\n",
        home / "sbc.yml": "sbc: {hosts: {lax-sbc-01: {}}}\n",
        home / "windows/core.yml": yaml.safe_dump(WINDOW),
        home / "windows/nightly-sync.yml": yaml.safe_dump({**WINDOW, "window_name": "nightly-sync"}),
        home / "fleet.csv": "hostname,ip,site\ndub-sbc-01,192.0.2.201,DUB\n",
        home / "window.schema.json": (ROOT / "roles/window/files/window.schema.json").read_text(),
        home / "calendars/holidays.ics": CALENDAR,
        home / "srv/calendars/holidays.ics": CALENDAR,
        home / "var/log/netfleet/.keep": "",
        home / "var/lib/node_exporter/textfile/.keep": "",
        awx / "plugins/modules/schedule.py": SCHEDULE,
        awx / "MANIFEST.json": json.dumps(
            {"collection_info": {"namespace": "awx", "name": "awx", "version": "24.6.1"}}
        ),
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    with Simulator(devices=8, process=True) as simulator:
        simulator.add_device(name="lab-cpe-07", site="LAX", type="CPE")
        commands = Commands(home, simulator)
        commands.environment["ANSIBLE_COLLECTIONS_PATH"] += f":{home / 'collections'}"
        commands.at(f"{SUNDAY}T02:10:00+00:00")
        yield commands, simulator


@pytest.mark.finding("A13")
def test_the_examples_run_in_check_mode(reader: tuple[Commands, Simulator]) -> None:
    commands, simulator = reader
    inventory = str(commands.home / "fleet.pam.yml")
    for done in (
        commands.playbook("netfleet.maintenance.maintenance_window", hosts=inventory, extra=WINDOW),
        commands.playbook([{"hosts": "all", "gather_facts": False, "tasks": BEFORE}], hosts=inventory),
    ):
        assert done.rc == 0, done.said()
    kept = json.loads((commands.home / "var/log/netfleet/audit.jsonl").read_text().splitlines()[-1])["hash"]
    book = [play for page in PAGES for play in plays(placed(examples(page), commands.home, reads(simulator, kept)))]
    for task in [task for play in book for task in play["tasks"]]:
        task["ignore_errors"] = task["name"] in REFUSED
    before = simulator.ledger()
    done = commands.playbook(book, "--check", "-i", "sbc.yml", hosts=inventory, extra=VARIABLES)
    assert done.rc == 0, done.said()
    for name, words in REFUSED.items():
        found = {words in line["result"].get("msg", "") for line in done.results if line["task"] == name}
        assert found == {True}, name
    ran = {line["task"] for line in done.results if line["status"] != "skipped"}
    assert [task["name"] for play in book for task in play["tasks"] if task["name"] not in ran] == []
    # Nothing but signing in and out.
    assert {row["effect"] for row in simulator.ledger()[len(before) :]} <= {"login", "logout", "token_issued"}


def test_the_inventories_of_the_example_are_read(reader: tuple[Commands, Simulator]) -> None:
    commands, simulator = reader
    files = inventories(placed(examples(INVENTORY), commands.home, reads(simulator)))
    assert list(files) == ["fleet.pam.yml", "lab.pam.yml", "voice.pam.yml"]
    for name, content in files.items():
        (commands.home / name).write_text(yaml.safe_dump(content))
        done = commands.run(
            "ansible-inventory", "-i", name, "--list", environment={"VAULT_SECRET": "sim-client-secret"}
        )
        assert (done.rc, done.stderr) == (0, ""), done.said()
        assert json.loads(done.stdout)["_meta"]["hostvars"], name

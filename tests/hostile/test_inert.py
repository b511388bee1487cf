# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole corpus through the real commands, on every core there is: each name is one host, no text is a template."""

from __future__ import annotations

import json
import os
import typing as t
import urllib.parse
from pathlib import Path

import pytest
import yaml

from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown
from tests.hostile.cores import Core, absent, possible, present
from tests.hostile.corpus import CATEGORIES, NAMES, TRACE, fits_json
from tests.integration.run import Commands, Finished
from tests.simulators import Simulator

CORES = present()
ON_EACH_CORE = pytest.mark.parametrize("core", CORES, ids=[core.version for core in CORES])

# What a registry can list and an inventory can hold, if only under another name.
SEATED = [name for name in NAMES if name and fits_json(name) and len(name.encode()) <= 255]
PAYLOADS = [*CATEGORIES["payloads of templates"], *CATEGORIES["templates"]]
RENAMING = {"unsafe_hostnames": "rename", "filters": {"include": {"site": "LAB"}}}


@pytest.fixture(scope="module")
def crowd(running_simulator: Simulator) -> Simulator:
    """Every name on the registry, each device with the name as every other text it has too."""
    running_simulator.reset(devices=3, seed=1)
    for number, name in enumerate(SEATED):
        running_simulator.add_device(
            name=name,
            site="LAB",
            model=name,
            vendor=name,
            type="PAYLOAD" if name in PAYLOADS else "OTHER",
            tags=[name.replace(",", "")],
            pam_id=str(9000 + number),
        )
    return running_simulator


@pytest.fixture
def commands(tmp_path: Path, crowd: Simulator) -> Commands:
    return Commands(tmp_path, crowd)


def on(core: Core, commands: Commands, *command: str, **environment: str) -> Finished:
    """Run a command of a core."""
    path = os.pathsep.join([str(core.commands), commands.environment["PATH"]])
    return commands.run(
        str(core.commands / command[0]),
        *command[1:],
        environment={"PATH": path, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true", **environment},
    )


def configure(commands: Commands, **options: t.Any) -> str:
    path = commands.home / "fleet.pam.yml"
    path.write_text(yaml.safe_dump({"plugin": "netfleet.maintenance.pam_devices", **options}))
    return str(path)


def plain(value: t.Any) -> t.Any:
    """Return a value of ansible-inventory without the wrapping that newer cores show around untrusted text."""
    if isinstance(value, dict):
        return plain(value["__ansible_unsafe"]) if set(value) == {"__ansible_unsafe"} else value
    return [plain(entry) for entry in value] if isinstance(value, list) else value


@pytest.mark.row(58, 59, 60)
def test_the_oldest_and_the_newest_core_are_tried_where_there_is_a_python_for_them() -> None:
    assert possible(absent(CORES)) == [], "make cores sets them up"


@ON_EACH_CORE
@pytest.mark.row(58, 59, 60)
def test_every_name_is_one_host_and_every_value_comes_through_as_it_is(core: Core, commands: Commands) -> None:
    done = on(core, commands, "ansible-inventory", "-i", configure(commands, **RENAMING), "--list")
    assert done.rc == 0, done.said()
    data = json.loads(done.stdout)
    hosts = data["_meta"]["hostvars"]
    assert len(hosts) == len(SEATED)
    assert {urllib.parse.unquote(host, errors="surrogatepass") for host in hosts} == set(SEATED)
    for values in hosts.values():
        name = plain(values["pam_hostname"])
        assert name in SEATED
        assert plain(values["pam_model"]) == plain(values["pam_vendor"]) == name.strip()
        assert isinstance(plain(values["pam_model"]), str)
    assert not list(commands.home.rglob(TRACE))


@ON_EACH_CORE
@pytest.mark.row(59, 60)
def test_nothing_remote_is_ever_rendered_by_a_play(core: Core, commands: Commands) -> None:
    everything = "{{ groups.all | map('extract', hostvars, 'pam_model') | list }}"
    own = {"ansible.builtin.debug": {"msg": "{{ [pam_hostname, pam_model, pam_vendor] }}"}}
    answered = "{{ answer.devices | map(attribute='model') | list }}"
    plays = [
        {"hosts": "type_PAYLOAD", "gather_facts": False, "tasks": [own]},
        {
            "hosts": "type_PAYLOAD[0]",
            "gather_facts": False,
            "tasks": [
                {"ansible.builtin.debug": {"msg": everything}},
                {"netfleet.maintenance.pam_device_info": {"all": True}, "register": "answer"},
                {"ansible.builtin.debug": {"msg": answered}},
                {"ansible.builtin.set_fact": {"kept": answered}},
                {"ansible.builtin.debug": {"msg": "{{ kept }}"}},
            ],
        },
    ]
    path = commands.home / "play.yml"
    path.write_text(yaml.safe_dump(plays))
    done = on(core, commands, "ansible-playbook", "-i", configure(commands, **RENAMING), str(path), ANSIBLE_FORKS="2")
    assert done.rc == 0, done.said()[-3000:]
    shown = [result["msg"] for result in done.of("debug")]
    each, (inventory, module, kept) = shown[:-3], shown[-3:]
    assert {message[0] for message in each} == set(PAYLOADS)
    assert all(message == [message[0], message[0].strip(), message[0].strip()] for message in each)
    assert sorted(inventory) == sorted(name.strip() for name in SEATED)
    assert {name.strip() for name in SEATED} <= set(module)
    assert kept == module
    assert not list(commands.home.rglob(TRACE))


@ON_EACH_CORE
@pytest.mark.row(58)
def test_no_name_widens_a_pattern(core: Core, commands: Commands) -> None:
    script = commands.home / "ask.py"
    script.write_text(
        "import json, sys\n"
        "from ansible.inventory.manager import InventoryManager\n"
        "from ansible.parsing.dataloader import DataLoader\n"
        "from ansible.plugins.loader import init_plugin_loader\n"
        "init_plugin_loader([])\n"
        "manager = InventoryManager(DataLoader(), sources=[sys.argv[1]])\n"
        "names = [host.name for host in manager.get_hosts('all')]\n"
        "print(json.dumps({name: [host.name for host in manager.get_hosts(name)] for name in names}))\n"
    )
    done = on(core, commands, "python", str(script), configure(commands, **RENAMING))
    assert done.rc == 0, done.said()
    met = json.loads(done.stdout.splitlines()[-1])
    assert len(met) == len(SEATED)
    assert all(hosts == [name] for name, hosts in met.items())


@pytest.mark.row(57)
def test_twins_of_the_inventory_are_named(commands: Commands, crowd: Simulator) -> None:
    ids = {device["name"]: device["pam_id"] for device in crowd.devices()}
    alike = [CATEGORIES["case twins"], CATEGORIES["form twins"][:2], CATEGORIES["form twins"][2:]]
    only = {**RENAMING, "filters": {"include": {"hostname": [name for names in alike for name in names]}}}
    done = on(CORES[0], commands, "ansible-inventory", "-i", configure(commands, **only), "--list")
    # A warning is broken into lines wherever it has to be.
    said = "".join(done.stderr.split())
    for names in alike:
        assert "and".join(f"{shown(name)}(id{ids[name]})" for name in names) in said
    assert said.count("(id") == sum(map(len, alike))


@pytest.mark.row(53, 117)
def test_a_cached_inventory_tells_its_age(commands: Commands) -> None:
    options = {**RENAMING, "cache": True, "cache_plugin": "jsonfile", "cache_connection": str(commands.home / "cache")}
    for _run in range(2):
        done = on(CORES[0], commands, "ansible-inventory", "-v", "-i", configure(commands, **options), "--list")
    assert "devices from the cache, read 20" in " ".join(done.said().split())

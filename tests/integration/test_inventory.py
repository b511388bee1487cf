# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin through ansible-inventory and ansible-playbook."""

from __future__ import annotations

import json
import typing as t
import urllib.parse

import pytest
import yaml

from tests.integration.run import Commands, Finished
from tests.simulators import Simulator

FATAL = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}


def configure(ansible: Commands, **options: t.Any) -> str:
    path = ansible.home / "fleet.pam.yml"
    path.write_text(yaml.safe_dump({"plugin": "netfleet.maintenance.pam_devices", **options}))
    return str(path)


def inventory(ansible: Commands, **options: t.Any) -> Finished:
    return ansible.run("ansible-inventory", "-i", configure(ansible, **options), "--list", environment=FATAL)


def read(ansible: Commands, **options: t.Any) -> dict[str, t.Any]:
    done = inventory(ansible, **options)
    assert done.rc == 0, done.said()
    assert "WARNING" not in done.stderr
    return dict(json.loads(done.stdout))


def lists(simulator: Simulator) -> int:
    return len([row for row in simulator.requests(system="senhasegura") if row["path"].endswith("/pam/device")])


def test_the_registry_becomes_hosts_variables_and_groups(ansible: Commands, simulator: Simulator) -> None:
    data = read(ansible)
    variables = data["_meta"]["hostvars"]
    seeded = {device["name"]: device for device in simulator.devices()}
    assert variables.keys() == seeded.keys()
    for name, device in seeded.items():
        assert variables[name] == {
            "ansible_host": device["ip"],
            "pam_id": device["pam_id"],
            "pam_hostname": name,
            "pam_ip": device["ip"],
            "pam_model": device["model"],
            "pam_type": device["type"],
            "pam_vendor": device["vendor"],
            "pam_site": device["site"],
            "pam_tags": device["tags"],
        }
    assert set(data["site_LAX"]["hosts"]) == {name for name in seeded if name.startswith("lax")}
    assert {"type_SBC", "vendor_Oracle", "model_Acme_Packet_4600", "tag_canary"} <= data.keys()
    assert [row["path"] for row in simulator.requests(system="senhasegura")] == [
        "/pam/iso/oauth2/token",
        "/pam/iso/pam/device",
    ]


def test_details_filters_and_constructed_options(ansible: Commands, simulator: Simulator) -> None:
    data = read(
        ansible,
        details=True,
        filters={"include": {"site": ["LAX"], "type": "SBC"}, "exclude": {"hostname": ["*-06"]}},
        hostname_template="{{ pam_hostname | upper }}",
        default_groups=False,
        compose={"ansible_port": "(pam_connectivities | selectattr('protocol', 'eq', 'SSH') | first).port"},
        keyed_groups=[{"key": "pam_domains", "prefix": "domain"}],
    )
    variables = data["_meta"]["hostvars"]
    assert sorted(variables) == [f"LAX-SBC-0{number}" for number in range(1, 6)]
    assert variables["LAX-SBC-01"]["pam_domains"] == ["corp.example.com", "lab.example.net"]
    assert variables["LAX-SBC-01"]["pam_connectivities"][0] == {"protocol": "SSH", "port": 22}
    assert variables["LAX-SBC-01"]["pam_session_remote_config"] == "SSH:Password.*:FILL"
    assert int(variables["LAX-SBC-01"]["ansible_port"]) == 22
    assert "domain_lab_example_net" in data
    assert "site_LAX" not in data
    paths = [row["path"] for row in simulator.requests(system="senhasegura")]
    assert len(paths) == 2 + 5
    assert not any("credential" in path for path in paths)


@pytest.mark.parametrize(
    "knobs",
    [
        {"envelope": "short", "ids": "int", "tags_form": "echoed", "prefix": "api"},
        {"envelope": "no_code", "tenant_key": "present", "language": "mixed", "client_auth": "basic"},
    ],
)
def test_whatever_the_version_sends_is_the_same_inventory(
    ansible: Commands, simulator: Simulator, knobs: dict[str, t.Any]
) -> None:
    expected = read(ansible, details=True)
    for name, value in knobs.items():
        simulator.knob(f"senhasegura.{name}", value)
    prefix = "/api" if knobs.get("prefix") == "api" else "/iso"
    assert read(ansible, details=True, api_prefix=prefix) == expected


def test_oauth_1_and_credentials_from_a_template(ansible: Commands, simulator: Simulator) -> None:
    ansible.environment |= {
        "SENHASEGURA_CLIENT_ID": "",
        "SENHASEGURA_CLIENT_SECRET": "",
        "VAULT": "sim-consumer-secret",
    }
    data = read(
        ansible,
        consumer_key="sim-consumer",
        consumer_secret="{{ lookup('ansible.builtin.env', 'VAULT') }}",
        token_key="sim-token",
        token_secret="sim-token-secret",
    )
    assert len(data["_meta"]["hostvars"]) == 30
    assert simulator.ledger(effect="token_issued") == []


def test_a_cached_run_asks_nobody_and_says_the_same(ansible: Commands, simulator: Simulator) -> None:
    options = {
        "cache": True,
        "cache_plugin": "jsonfile",
        "cache_connection": str(ansible.home / "cache"),
        "details": True,
    }
    fresh = read(ansible, **options)
    assert read(ansible, **options) == fresh
    assert lists(simulator) == 1
    simulator.add_device(name="lax-sbc-99")
    assert read(ansible, **options) == fresh
    tasks = [{"ansible.builtin.meta": "refresh_inventory"}]
    play = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
    assert ansible.playbook(play, hosts=configure(ansible, **options)).rc == 0
    assert lists(simulator) == 2
    assert "lax-sbc-99" in read(ansible, **options)["_meta"]["hostvars"]
    assert lists(simulator) == 2


@pytest.mark.row(59)
def test_a_playbook_runs_on_a_pattern_and_finds_remote_text_inert(ansible: Commands, simulator: Simulator) -> None:
    payload = "{{ lookup('pipe', 'touch pwned') }}"
    simulator.add_device(name="lax-sbc-99", site="LAX", type="SBC", model=payload, vendor="{% raw %}x", tags=["{#y"])
    play: list[dict[str, t.Any]] = [
        {
            "hosts": "site_LAX:&type_SBC:!lax-sbc-0*",
            "gather_facts": False,
            "tasks": [{"netfleet.maintenance.pam_device": {"model": "{{ pam_model }}", "vendor": "{{ pam_vendor }}"}}],
        }
    ]
    done = ansible.playbook(play, hosts=configure(ansible))
    assert done.rc == 0, done.said()
    (result,) = done.of("pam_device")
    assert (result["changed"], result["device"]["model"]) == (False, payload)
    assert not (ansible.home / "pwned").exists()


@pytest.mark.row(58)
def test_hostile_names_stop_the_inventory_or_are_renamed(ansible: Commands, simulator: Simulator) -> None:
    names = ["all", "localhost", "*", "db[1:3]", "a:b", "!x", "@file", "a,b", "-x", "lab switch 01", "{{ 7 * 7 }}"]
    for number, name in enumerate(names):
        simulator.add_device(name=name, site="LAB", pam_id=str(9000 + number))
    done = inventory(ansible)
    assert done.rc != 0
    said = " ".join(done.stderr.split())
    assert "'all' (id 9000): Ansible gives it a meaning of its own" in said
    assert "and 6 more" in said
    renaming = configure(ansible, unsafe_hostnames="rename")
    done = ansible.run("ansible-inventory", "-i", renaming, "--list", environment=FATAL)
    data = json.loads(done.stdout)
    renamed = data["site_LAB"]["hosts"]
    assert {urllib.parse.unquote(name) for name in renamed} == set(names)
    assert len(data["_meta"]["hostvars"]) == 30 + len(names)
    pattern = next(name for name in renamed if name.startswith("%2A"))
    one = ansible.run("ansible", "-i", renaming, pattern, "--list-hosts")
    assert "hosts (1)" in one.stdout


REFUSALS = [
    ({}, {"list_fault": "empty"}, "set allow_empty"),
    ({}, {"list_fault": "partial"}, "the list is not complete"),
    ({}, {"list_fault": "null"}, "sent no list of devices"),
    ({"client_secret": "wr0ng-c4nary"}, {}, "did not accept the sign-in"),
    ({"client_id": "sim-nopam", "client_secret": "sim-nopam-secret"}, {}, "includes the resource PAM Core"),
    ({"filters": {"include": {"site": "typo"}}}, {}, "set allow_empty"),
    ({"filters": {"include": {"sites": "LAX"}}}, {}, "filters.include.sites is unknown"),
]


@pytest.mark.row(51, 52)
@pytest.mark.parametrize(("options", "knobs", "sentence"), REFUSALS)
def test_what_is_not_complete_is_an_error_and_never_a_smaller_fleet(
    ansible: Commands, simulator: Simulator, options: dict[str, t.Any], knobs: dict[str, t.Any], sentence: str
) -> None:
    for name, value in knobs.items():
        simulator.knob(f"senhasegura.{name}", value)
    done = inventory(ansible, **options)
    assert done.rc != 0
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.said()
    for secret in ("wr0ng-c4nary", "sim-client-secret", "sim-nopam-secret"):
        assert secret not in done.said()


def test_two_devices_of_one_hostname_are_an_error_with_both_ids(ansible: Commands, simulator: Simulator) -> None:
    simulator.add_device(name="lax-sbc-01", pam_id="9001")
    done = inventory(ansible)
    assert done.rc != 0
    assert "(ids 2001 and 9001)" in " ".join(done.stderr.split())
    assert len(read(ansible, hostname_template="{{ pam_hostname }}-{{ pam_id }}")["_meta"]["hostvars"]) == 31


def test_an_empty_registry_is_only_fine_when_allowed(ansible: Commands, simulator: Simulator) -> None:
    simulator.reset(devices=0)
    assert inventory(ansible).rc != 0
    assert read(ansible, allow_empty=True)["_meta"]["hostvars"] == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("filters: {exclude: {site: [NO]}}", "YAML reads NO as false. Put it in quotes: 'NO'."),
        ("filters: {exclude: {site: [010, LAX]}}", "YAML reads 010 as 8."),
        ("filters: {include: {tag: [12:30]}}", "YAML reads 12:30 as 750."),
        ("filters: {exclude: {site: [lax]}}", "no device has 'lax'. Did you mean 'LAX'?"),
        ("filters:", "filters is blank"),
        ("filter: {include: {site: [LAX]}}", "Unknown option 'filter'. Did you mean filters?"),
        ("exclude: {site: [LAX]}", "Unknown option exclude. Put it under filters."),
        ("validate_cert: false", "Did you mean validate_certs?"),
        ("filters: {include: {site: [LAX]}}\nfilters: {}", "'filters' is there twice, again in line 3."),
    ],
)
def test_a_file_that_does_not_say_what_was_meant_gives_no_fleet(
    ansible: Commands, simulator: Simulator, text: str, sentence: str
) -> None:
    path = ansible.home / "fleet.pam.yml"
    path.write_text(f"plugin: netfleet.maintenance.pam_devices\n{text}\n")
    strict = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
    done = ansible.run("ansible-inventory", "-i", str(path), "--list", environment=strict)
    assert done.rc != 0
    assert sentence in " ".join(done.stderr.split())


@pytest.mark.finding("F6")
def test_a_cache_is_for_one_registry_and_tenant(ansible: Commands, simulator: Simulator) -> None:
    options = {
        "api_url": "{{ lookup('ansible.builtin.env', 'VAULT_URL') }}",
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(ansible.home / "cache"),
    }
    ansible.environment["VAULT_URL"] = simulator.pam_url
    assert len(read(ansible, **options)["_meta"]["hostvars"]) == 30
    ansible.environment["VAULT_URL"] = simulator.pam_url.replace("/pam", "/nothing")
    assert inventory(ansible, **options).rc != 0

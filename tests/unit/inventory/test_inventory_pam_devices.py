# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin inside a real Ansible inventory, over a door that needs no network."""

from __future__ import annotations

import importlib
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible import constants as C
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.netfleet.maintenance.plugins.inventory import pam_devices
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer, NotFound, SignInRefused
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.table import DeviceTable
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row, device_row
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_cache import RunCache
from tests.unit.inventory.test_inventory_names import HOSTILE
from tests.unit.support.pam_script import LAB, WEB

OUR_FRAGMENTS = "ansible_collections.netfleet.maintenance.plugins.doc_fragments"
DETAILS = ("device_domain", "connectivities", "session_remote_config")

Reader = t.Callable[..., InventoryData]


class Registry:
    """Stands for the door: a list of devices, the calls that were made, and what they raise."""

    identity = "vault"
    clock = Clock()
    ahead = None

    def __init__(self, *devices: t.Any) -> None:
        self.devices_there = [device_row(device, "PAM") for device in devices]
        self.calls: list[str] = []
        self.problem: Exception | None = None

    def devices(self) -> list[dict[str, t.Any]]:
        self.calls.append("list")
        if self.problem is not None:
            raise self.problem
        return [{k: v for k, v in row.items() if k not in DETAILS} for row in self.devices_there]

    def device(self, device_id: str, hostname: str) -> Row:
        self.calls.append(device_id)
        return next(row for row in self.devices_there if row["id"] == device_id)


def plugin() -> pam_devices.InventoryModule:
    """The plugin as Ansible's loader makes it; the loader only serves collections it was told of at its start."""
    made = pam_devices.InventoryModule()
    made._load_name = made.ansible_name = made.NAME
    made._redirected_names = [made.NAME]
    C.config.initialize_plugin_configuration_definitions("inventory", made.NAME, documented_options())
    return made


def documented_options() -> dict[str, t.Any]:
    document = yaml.safe_load(pam_devices.DOCUMENTATION)
    options = document["options"]
    for name in document["extends_documentation_fragment"]:
        place = OUR_FRAGMENTS if "." in name else "ansible.plugins.doc_fragments"
        fragment, _dot, variant = name.removeprefix("netfleet.maintenance.").partition(".")
        page_of = importlib.import_module(f"{place}.{fragment}").ModuleDocFragment
        text = getattr(page_of, variant.upper() or "DOCUMENTATION")
        for option, page in yaml.safe_load(text)["options"].items():
            options[option] = {**page, **options.get(option, {})}
    return dict(options)


@pytest.fixture
def run_cache(tmp_path: Path) -> RunCache:
    """What the tasks of the run would share with the inventory."""
    return RunCache(str(tmp_path / "run"))


@pytest.fixture
def read(tmp_path: Path, run_cache: RunCache, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Read an inventory from a registry with the given options; gives the inventory's data."""

    def run(
        registry: Registry, into: InventoryData | None = None, refresh: bool = False, **options: t.Any
    ) -> InventoryData:
        monkeypatch.setattr(pam_devices, "connect", lambda *_arguments: registry)
        monkeypatch.setattr(pam_devices, "RunCache", lambda: run_cache)
        config = {"plugin": "netfleet.maintenance.pam_devices", "api_url": "https://vault.example.com", **options}
        path = tmp_path / "fleet.pam.yml"
        path.write_text(yaml.safe_dump(config))
        data = into if into is not None else InventoryData()
        made = plugin()
        assert made.verify_file(str(path))
        made.parse(data, DataLoader(), str(path), cache=not refresh)
        if options.get("cache"):
            made.update_cache_if_changed()
        data.reconcile_inventory()
        return data

    return run


def matching(data: InventoryData, pattern: str) -> list[str]:
    """The hosts that a pattern means."""
    manager = InventoryManager(DataLoader(), sources=None)
    manager._inventory = data
    return sorted(host.name for host in manager.list_hosts(pattern))


@pytest.mark.parametrize("name", ["x.pam.yml", "x.pam.yaml"])
def test_only_files_of_the_right_name_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    (tmp_path / "x.yml").touch()
    made = plugin()
    assert made.verify_file(str(tmp_path / name))
    assert not made.verify_file(str(tmp_path / "x.yml"))
    assert not made.verify_file(str(tmp_path / "missing.pam.yml"))


def test_devices_become_hosts_with_variables_and_groups(read: Reader) -> None:
    registry = Registry(WEB)
    data = read(registry)
    variables = data.get_host("web-01").get_vars()
    assert variables["ansible_host"] == "192.0.2.10"
    assert variables["pam_tags"] == ["prod", "web"]
    assert "pam_domains" not in variables
    groups = {group.name for group in data.get_host("web-01").get_groups()}
    assert groups == {"all", "site_POA", "type_Server", "vendor_Debian", "model_Debian_12", "tag_prod", "tag_web"}
    assert registry.calls == ["list"]


def test_details_cost_one_call_for_each_chosen_device(read: Reader) -> None:
    registry = Registry(WEB, {**LAB, "hostname": "lab-01"})
    data = read(registry, details=True, filters={"include": {"site": "POA"}})
    assert registry.calls == ["list", "12"]
    assert data.get_host("web-01").get_vars()["pam_connectivities"][0] == {"protocol": "SSH", "port": 22}


def test_no_default_groups(read: Reader) -> None:
    assert set(read(Registry(WEB), default_groups=False).groups) == {"all", "ungrouped"}


def test_hostname_template(read: Reader) -> None:
    data = read(Registry(WEB), hostname_template="{{ pam_hostname | upper }}.{{ pam_site }}")
    assert list(data.hosts) == ["WEB-01.POA"]


def test_constructed_options(read: Reader) -> None:
    data = read(
        Registry(WEB),
        compose={"double": "pam_id ~ pam_id"},
        groups={"production": "'prod' in pam_tags"},
        keyed_groups=[{"key": "pam_vendor", "prefix": "made_by"}],
        strict=True,
    )
    assert data.get_host("web-01").get_vars()["double"] == "1212"
    assert {"production", "made_by_Debian"} <= set(data.groups)


@pytest.mark.row(58)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_hostname_is_an_error_that_names_it(read: Reader, name: str) -> None:
    data = InventoryData()
    with pytest.raises(AnsibleParserError, match=r"not safe in an inventory - '.*' \(id 40\)"):
        read(Registry(WEB, {**LAB, "hostname": name}), into=data)
    assert not data.hosts


@pytest.mark.row(58)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_renamed_hostname_widens_no_pattern(read: Reader, name: str) -> None:
    data = read(Registry(WEB, {**LAB, "hostname": name}), unsafe_hostnames="rename")
    (other,) = set(data.hosts) - {"web-01"}
    assert matching(data, other) == [other]
    assert matching(data, "web-01") == ["web-01"]
    assert matching(data, "all") == sorted([other, "web-01"])
    assert matching(data, "site_LAB") == [other]
    assert data.get_host(other).get_vars()["pam_hostname"] == name


def test_an_excluded_device_may_have_any_name(read: Reader) -> None:
    data = read(Registry(WEB, LAB), filters={"exclude": {"hostname": ["* *"]}})
    assert list(data.hosts) == ["web-01"]


def test_a_template_can_mend_a_name(read: Reader) -> None:
    data = read(Registry(LAB), hostname_template="{{ pam_hostname | replace(' ', '-') }}")
    assert list(data.hosts) == ["lab-switch-01"]


# The last one changes the delimiters by its first line and so needs no brace.
HEADER = "#jinja2:variable_start_string:'[[',variable_end_string:']]'\n[[ 7 * 191 ]]"
PAYLOADS = ["{{ 7 * 191 }}", "{% if true %}1337{% endif %}", "{{ lookup('pipe', 'echo 1337') }}", "{# x #}1337", HEADER]


@pytest.mark.row(59)
@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("field", ["ip", "model", "type", "vendor", "site", "device_tags", "session_remote_config"])
def test_remote_text_is_never_rendered(read: Reader, payload: str, field: str) -> None:
    payload = payload.replace(",", "") if field == "device_tags" else payload
    name = {"device_tags": "pam_tags", "session_remote_config": "pam_session_remote_config"}.get(field, f"pam_{field}")
    data = read(
        Registry({**WEB, field: payload}),
        details=True,
        compose={"seen": name},
        hostname_template="host-{{ pam_id }}",
    )
    variables = data.get_host("host-12").get_vars()
    templar = Templar(loader=DataLoader(), variables=variables)
    for variable in (name, "seen"):
        rendered = templar.template(variables[variable])
        assert rendered == ([payload] if field == "device_tags" else payload)


def test_a_payload_in_a_value_names_a_group_by_its_text(read: Reader) -> None:
    data = read(Registry({**WEB, "site": "{{ 7 * 191 }}"}), keyed_groups=[{"key": "pam_site", "prefix": "at"}])
    assert {group.strip("_") for group in data.groups} >= {"site____7___191", "at____7___191"}


@pytest.mark.row(59)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_in_a_hostname_comes_through_as_text(read: Reader, payload: str) -> None:
    data = read(
        Registry({**WEB, "hostname": payload}), hostname_template="{{ pam_hostname }}", unsafe_hostnames="rename"
    )
    (name,) = data.hosts
    assert "%7B" in name or "%23jinja2" in name
    assert data.get_host(name).get_vars()["pam_hostname"] == payload


@pytest.mark.row(60)
def test_yaml_traps_stay_texts(read: Reader) -> None:
    data = read(Registry({**WEB, "site": "on", "model": "0123", "vendor": "null", "device_tags": "1e3,2026-11-21"}))
    variables = data.get_host("web-01").get_vars()
    assert [variables[f"pam_{name}"] for name in ("site", "model", "vendor")] == ["on", "0123", "null"]
    assert variables["pam_tags"] == ["1e3", "2026-11-21"]


@pytest.mark.row(61)
def test_two_devices_of_one_name_are_an_error_that_lists_both(read: Reader) -> None:
    twins = Registry(WEB, {**LAB, "hostname": "web-01"})
    with pytest.raises(AnsibleParserError, match=r"'web-01' \(ids 12 and 40\)"):
        read(twins)
    assert set(read(twins, hostname_template="{{ pam_hostname }}-{{ pam_id }}").hosts) == {"web-01-12", "web-01-40"}


def test_a_host_never_has_the_name_of_a_group(read: Reader) -> None:
    for options in ({}, {"default_groups": False, "keyed_groups": [{"key": "pam_site", "prefix": "site"}]}):
        data = InventoryData()
        with pytest.raises(AnsibleParserError, match="names of groups"):
            read(Registry(WEB, {**LAB, "hostname": "site_POA"}), into=data, **options)
        assert not data.hosts


def test_a_host_never_has_the_name_of_a_group_from_another_source(read: Reader) -> None:
    data = InventoryData()
    data.add_group("web-01")
    with pytest.raises(AnsibleParserError, match="names of groups"):
        read(Registry(WEB), into=data)
    assert not data.groups["web-01"].vars


def test_values_that_would_share_a_group_are_kept_apart(read: Reader) -> None:
    data = read(Registry({**WEB, "site": "LAX-1"}, {**LAB, "hostname": "lab", "site": "LAX_1"}))
    assert "site_LAX_1" not in data.groups
    apart = [group for group in data.groups if group.startswith("site_")]
    assert [len(data.groups[group].get_hosts()) for group in apart] == [1, 1]


@pytest.mark.row(51)
def test_an_empty_registry_is_an_error_unless_allowed(read: Reader) -> None:
    with pytest.raises(AnsibleParserError, match="allow_empty"):
        read(Registry())
    with pytest.raises(AnsibleParserError, match="allow_empty"):
        read(Registry(WEB), filters={"include": {"site": "typo"}})
    assert not read(Registry(), allow_empty=True).hosts


@pytest.mark.row(53)
@pytest.mark.parametrize(
    "problem",
    [
        NoAnswer("PAM announced 5 devices but sent 3: the list is not complete."),
        SignInRefused("PAM did not list the devices (HTTP 401).", status=401),
    ],
)
def test_a_problem_is_an_error_and_never_a_smaller_fleet(read: Reader, problem: Exception) -> None:
    registry = Registry(WEB)
    registry.problem = problem
    data = InventoryData()
    with pytest.raises(AnsibleParserError, match="PAM"):
        read(registry, into=data, allow_empty=True)
    assert not data.hosts


def test_a_device_without_readable_details_is_an_error(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(WEB)

    def gone(device_id: str, hostname: str) -> t.NoReturn:
        raise NotFound(f"PAM did not show the device '{hostname}' (HTTP 400, code 1011).", status=400, code=1011)

    monkeypatch.setattr(registry, "device", gone)
    with pytest.raises(AnsibleParserError, match="1011"):
        read(registry, details=True)


def test_what_fails_half_way_is_taken_back(read: Reader) -> None:
    data = InventoryData()
    data.add_host("mine")
    with pytest.raises(Exception, match="Could not set"):
        read(Registry(WEB), into=data, compose={"x": "no_such_variable"}, strict=True)
    assert list(data.hosts) == ["mine"]


@pytest.fixture
def cached(tmp_path: Path) -> dict[str, t.Any]:
    return {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}


def test_a_cached_run_seats_the_same_and_asks_nobody(read: Reader, cached: dict[str, t.Any]) -> None:
    registry = Registry({**WEB, "model": "{{ 7 * 191 }}"})
    fresh = read(registry, details=True, **cached)
    again = read(registry, details=True, **cached)
    assert registry.calls == ["list", "12"]
    assert again.get_host("web-01").get_vars() == fresh.get_host("web-01").get_vars()
    assert again.groups.keys() == fresh.groups.keys()
    templar = Templar(loader=DataLoader(), variables=again.get_host("web-01").get_vars())
    assert templar.template(again.get_host("web-01").get_vars()["pam_model"]) == "{{ 7 * 191 }}"


def test_the_whole_list_is_kept_for_the_tasks_of_the_run(read: Reader, run_cache: RunCache) -> None:
    registry = Registry(WEB, {**LAB, "hostname": "lab-01"})
    read(registry, details=True, filters={"include": {"site": "POA"}})
    kept = DeviceTable(t.cast("t.Any", registry), run_cache).listed().rows
    assert registry.calls == ["list", "12"]
    assert kept == registry.devices()[::-1]


def test_a_cache_of_the_inventory_is_no_list_of_the_run(
    read: Reader, cached: dict[str, t.Any], run_cache: RunCache
) -> None:
    registry = Registry(WEB)
    read(registry, **cached)
    table = DeviceTable(t.cast("t.Any", registry), run_cache)
    table.forget()
    read(registry, **cached)
    assert registry.calls == ["list"]
    assert [row["id"] for row in table.listed().rows] == ["12"]
    assert registry.calls == ["list", "list"]


def test_a_refresh_asks_again_and_renews_the_cache(read: Reader, cached: dict[str, t.Any]) -> None:
    registry = Registry(WEB)
    read(registry, **cached)
    registry.devices_there.append(device_row({**LAB, "hostname": "lab-01"}, "PAM"))
    assert len(read(registry, **cached).hosts) == 1
    assert len(read(registry, refresh=True, **cached).hosts) == 2
    assert len(read(registry, **cached).hosts) == 2
    assert registry.calls == ["list", "list"]


@pytest.mark.parametrize(
    "options", [{"details": True}, {"filters": {"include": {"site": "POA"}}}, {"api_prefix": "/api"}]
)
def test_a_cache_made_for_other_options_is_not_used(
    read: Reader, cached: dict[str, t.Any], options: dict[str, t.Any]
) -> None:
    registry = Registry(WEB)
    read(registry, **cached)
    read(registry, **options, **cached)
    assert registry.calls.count("list") == 2


@pytest.mark.finding("F6")
@pytest.mark.parametrize("options", [{"tenant": "south"}, {"client_id": "other"}, {"token_key": "other"}])
def test_a_cache_of_another_tenant_or_account_is_not_used(
    read: Reader, cached: dict[str, t.Any], options: dict[str, t.Any]
) -> None:
    registry = Registry(WEB)
    read(registry, tenant="north", **cached)
    read(registry, **{"tenant": "north", **options}, **cached)
    assert registry.calls.count("list") == 2


@pytest.mark.finding("F6")
def test_a_cache_of_another_registry_is_not_used_although_the_template_is_the_same(
    read: Reader, cached: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "{{ lookup('env', 'VAULT_URL') }}"
    registry = Registry(WEB)
    for vault in ("prod", "lab", "lab"):
        monkeypatch.setenv("VAULT_URL", f"https://{vault}.example.com")
        read(registry, api_url=address, **cached)
    assert registry.calls.count("list") == 2


@pytest.mark.finding("F12h")
@pytest.mark.parametrize("content", ["null", "[]", '"text"', "7", "{}", '{"made_for": 1}'])
def test_a_cache_that_holds_something_else_is_read_again(
    read: Reader, cached: dict[str, t.Any], tmp_path: Path, content: str
) -> None:
    registry = Registry(WEB)
    read(registry, **cached)
    (file,) = (tmp_path / "cache").iterdir()
    file.write_text(content)
    assert list(read(registry, **cached).hosts) == ["web-01"]
    assert registry.calls.count("list") == 2


@pytest.mark.finding("F12i")
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"filter": {"include": {"site": ["POA"]}}}, "Did you mean filters?"),
        ({"allow_emtpy": True}, "Did you mean allow_empty?"),
        ({"filters": None}, "filters is blank"),
        ({"filters": {"exclude": {"site": ["poa"]}}}, "no device has 'poa'. Did you mean 'POA'?"),
        ({"api_url": " "}, "senhasegura PAM Core is not configured: set SENHASEGURA_URL"),
        ({"hostname_template": "{{ nope }}"}, "hostname_template cannot be rendered"),
        ({"client_secret": "{{ nope }}"}, "client_secret cannot be rendered"),
    ],
)
def test_what_would_be_ignored_or_mean_something_else_is_an_error(
    read: Reader, options: dict[str, t.Any], sentence: str
) -> None:
    data = InventoryData()
    with pytest.raises(AnsibleParserError) as refused:
        read(Registry(WEB), into=data, **options)
    assert sentence in str(refused.value)
    assert not data.hosts


@pytest.mark.finding("F9")
def test_two_sources_do_not_make_one_host_of_two_devices(read: Reader) -> None:
    for other in ({"pam": {**WEB, "id": "77"}}, {"pam": WEB, "api_url": "https://lab.example.com"}):
        data = InventoryData()
        read(Registry(WEB), into=data)
        device = other.pop("pam")
        with pytest.raises(AnsibleParserError, match="'web-01' is already in the inventory, from another source"):
            read(Registry(device), into=data, **t.cast("dict[str, t.Any]", other))
        assert data.get_host("web-01").get_vars()["pam_id"] == "12"


def test_two_files_for_one_registry_may_overlap(read: Reader) -> None:
    data = InventoryData()
    read(Registry(WEB), into=data)
    read(Registry(WEB), into=data, filters={"include": {"site": "POA"}})
    assert list(data.hosts) == ["web-01"]


@pytest.mark.finding("F12g")
@pytest.mark.parametrize("text", ["Lab #2", "50%", "a % b # c"])
def test_text_that_cannot_be_a_template_looks_the_same_on_all_cores(read: Reader, text: str) -> None:
    data = read(Registry({**WEB, "site": text}))
    value = data.get_host("web-01").get_vars()["pam_site"]
    assert value == text
    assert type(value).__name__ != "AnsibleUnsafeText"
    assert Templar(loader=DataLoader(), variables={}).template(value) == text

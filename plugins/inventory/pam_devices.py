# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Inventory netfleet.maintenance.pam_devices: configure, fetch, plain rows, cache the rows, add them once."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: pam_devices
short_description: Devices of senhasegura PAM Core
version_added: 0.1.0
description:
  - Makes the devices of the registry of senhasegura (Segura) PAM Core hosts of the inventory.
  - The name of the file must end with C(.pam.yml) or C(.pam.yaml).
  - Reads the list of devices with one call, and with O(details) each device with one more. Credentials are never read,
    because that would check them out.
  - An answer that may be incomplete is an error, and so are an empty one, an unknown option and a key that stands
    twice. Ansible itself turns the error of an inventory source into a warning unless C(any_unparsed_is_failed) is set
    in the section C([inventory]) of its configuration. Set it, or a play may run on fewer hosts than you think.
  - Text from PAM Core is never rendered as a template and never becomes part of a host pattern.
extends_documentation_fragment:
  - constructed
  - inventory_cache
  - netfleet.maintenance.connection
  - netfleet.maintenance.senhasegura
  - netfleet.maintenance.senhasegura.environment
options:
  plugin:
    description:
      - Must be V(netfleet.maintenance.pam_devices).
    type: str
    required: true
    choices: [netfleet.maintenance.pam_devices]
  details:
    description:
      - Whether domains, connectivities and session settings are read too, with one more call per device.
    type: bool
    default: false
  concurrency:
    description:
      - How many devices are read at the same time with O(details), at most 128.
    type: int
    default: 32
  filters:
    description:
      - Selects the devices that become hosts. A device must meet every selection of C(include) and none of C(exclude).
      - A selection names a field (C(site), C(type), C(vendor), C(model), C(tag) or C(hostname)) with a list of texts,
        one of which must fit. Texts are compared exactly, those of C(hostname) are globs.
      - Put a text in quotes that YAML would change, such as V(NO), V(010) or V(12:30); without quotes it is refused.
      - An exclusion that no device has is refused when it looks like a slip of one that devices have.
    type: dict
    default: {}
  default_groups:
    description:
      - Whether hosts are grouped by C(site_), C(type_), C(vendor_), C(model_) and C(tag_) with the value behind. What a
        group name cannot hold becomes an underscore.
      - Two values that would share a group so get a group each, with a fingerprint at its end, and a warning is shown.
        A pattern written for the one never meets the other.
      - Costs next to nothing, unlike O(keyed_groups).
    type: bool
    default: true
  hostname_template:
    description:
      - A template for the names of the hosts, over the host variables of the device, for example
        V({{ pam_hostname | lower }}). Without it, hosts have the hostnames of PAM Core.
    type: str
  unsafe_hostnames:
    description:
      - What happens to a device whose name could be taken for a host pattern, a path, an option or something that
        Ansible gives a meaning of its own. A name is safe when it consists of letters, digits, underscores, dots and
        hyphens, begins with none of the last two and does not end with a dot.
      - With V(error) nothing is read and the error names the devices. Give them other names with O(hostname_template),
        leave them out with O(filters), or use V(rename).
      - With V(rename) what is unsafe is percent-encoded, so C(lab switch) becomes C(lab%20switch).
    type: str
    choices: [error, rename]
    default: error
  allow_empty:
    description:
      - Whether it is fine that no device is left. Without it an empty registry, or filters that nothing meets, are an
        error.
    type: bool
    default: false
notes:
  - Host variables are C(pam_id), C(pam_hostname), C(pam_ip), C(pam_model), C(pam_type), C(pam_vendor), C(pam_site) and
    C(pam_tags) (a list); with O(details) also C(pam_domains) (a list), C(pam_connectivities) (a list of mappings with
    C(protocol) and C(port)) and C(pam_session_remote_config). C(ansible_host) is the host in the management address.
  - Options that are texts of the connection may be templates, so secrets can come from a lookup.
  - A cache is only used for the registry, the tenant, the account and the filters that it was made for.
  - Two devices that would become the same host are an error, also when they come from two sources. Two whose names
    differ in case, width, blanks or Unicode form only become two hosts, and a warning names them.
  - With C(-v) a run shows how old its cache is.
author:
  - The netfleet.maintenance authors (@netfleet)
"""

EXAMPLES = r"""
# fleet.pam.yml can be this one line, for all devices: the address and the credentials come from the environment.
#
#   plugin: netfleet.maintenance.pam_devices
#
# lab.pam.yml, where hostnames are not unique, makes the names of hostname and id:
#
#   plugin: netfleet.maintenance.pam_devices
#   hostname_template: "{{ pam_hostname }}-{{ pam_id }}"
#
# voice.pam.yml: the voice devices of two sites with their details, cached for an hour.
---
plugin: netfleet.maintenance.pam_devices
api_url: https://vault.example.com
client_id: ansible-inventory
client_secret: "{{ lookup('ansible.builtin.env', 'VAULT_SECRET') }}"
details: true
filters:
  include:
    site: [LAX, LON]
    tag: voice
  exclude:
    hostname: ["*-spare-*"]
compose:
  ansible_port: (pam_connectivities | selectattr('protocol', 'eq', 'SSH') | first).port
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: .cache/inventory
cache_timeout: 3600
"""

import hashlib
import json
import typing as t
import weakref

import yaml
from ansible import constants as C
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.release import __version__ as core_version

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._libraries import missing_libraries
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import senhasegura_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import unprotected
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.lookup import with_its_details
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.table import DeviceTable
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.answers import SYSTEM
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import connect
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import folded, shown
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_cache import RunCache
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.supported import check_core
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inventory.config_file import (
    Filters,
    check_options,
    read_filters,
    unmet_filters,
    written_values,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inventory.names import (
    group_names,
    renamed,
    why_unsafe,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inventory.rows import (
    chosen,
    host_vars,
    labels_of,
    values_there,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._untrusted import untrusted

CACHE_FORMAT = 2
MOST_NAMED = 5

Devices = dict[str, tuple[Row, dict[str, t.Any]]]

# Which device of which registry each host is, by inventory: two sources must not mix two devices into one host.
_added: weakref.WeakKeyDictionary[t.Any, dict[str, tuple[str, str]]] = weakref.WeakKeyDictionary()


def digest_of(value: t.Any) -> str:
    """Return a fingerprint of plain values."""
    return hashlib.sha256(json.dumps(value, default=str).encode()).hexdigest()


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Devices of senhasegura PAM Core as hosts."""

    NAME = "netfleet.maintenance.pam_devices"

    def verify_file(self, path: str) -> bool:
        """Return whether a path may be a configuration of this plugin, by the end of its name."""
        return bool(super().verify_file(path)) and path.endswith((".pam.yml", ".pam.yaml"))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        """Read a configuration and add its devices. Raise AnsibleParserError, and then add nothing."""
        super().parse(inventory, loader, path, cache)
        check_core(core_version)
        try:
            filters = self._read_config(path)
            params = self._connection()
            registry = [params[name] for name in ("api_url", "api_prefix", "tenant")]
            rows = self._rows(path, cache, filters, params)
            self._add(self._named(rows), digest_of(registry))
        except MaintenanceError as error:
            raise AnsibleParserError(f"{path}: {error}") from error

    def _read_config(self, path: str) -> Filters:
        """Read the file and return its filters. Raise BadInput for what would be ignored, or mean something else."""
        given = self._read_config_data(path)
        known = C.config.get_configuration_definitions("inventory", self._load_name)
        check_options(given, {*known, "plugin"})
        try:
            with open(path, encoding="utf-8") as file:
                written = written_values(file.read()) or {}
        except (OSError, ValueError, yaml.YAMLError):
            # Ansible has read it, so it is a script or the like; what YAML has changed is refused all the same.
            written = {}
        if "filters" not in given:
            return {}
        return read_filters(given["filters"], written.get("filters")) if given["filters"] != {} else {}

    def _connection(self) -> dict[str, t.Any]:
        """Return the options of the connection, rendered. Raise BadInput when one is missing."""
        params: dict[str, t.Any] = {}
        for name in senhasegura_options().options:
            try:
                value = self.get_option(name)
            except AnsibleError as error:
                raise BadInput(f"{SYSTEM} is not configured: set SENHASEGURA_URL, or {name}.") from error
            params[name] = self._rendered(name, value)
        if not str(params["api_url"] or "").strip():
            raise BadInput(f"{SYSTEM} is not configured: set SENHASEGURA_URL, or api_url.")
        return params

    def _rows(self, path: str, cache: bool, filters: Filters, params: dict[str, t.Any]) -> list[Row]:
        """Return the chosen devices as plain rows, from the cache where Ansible allows that and it fits the options."""
        details = self.get_option("details")
        # Everything that the answer depends on: which registry, as which account, and what is asked.
        account = [params[name] for name in ("client_id", "consumer_key", "token_key")]
        registry = [params[name] for name in ("api_url", "api_prefix", "tenant")]
        made_for = digest_of([CACHE_FORMAT, registry, account, details, filters])
        key = self.get_cache_key(path)
        cached = self._cached(key) if cache and self.get_option("cache") else None
        if isinstance(cached, dict) and cached.get("made_for") == made_for:
            rows: list[Row] = cached["rows"]
            read_at = cached["read_at"]
            self.display.v(f"{SYSTEM}: {len(rows)} devices from the cache, read {iso(read_at)}, {_age(read_at)} ago")
        else:
            read_at = Clock().now()
            rows = self._fetch(filters, details, params)
            if self.get_option("cache"):
                self._cache[key] = {"made_for": made_for, "read_at": read_at, "rows": rows}
        if not rows and not self.get_option("allow_empty"):
            which = "no device that the filters let through" if filters else "no device"
            raise BadInput(f"{SYSTEM} lists {which}. Check filters, or set allow_empty: true if that is right.")
        return rows

    def _cached(self, key: str) -> object:
        """Return what the cache holds; a damaged entry counts as none, and is replaced."""
        try:
            return self._cache.get(key)
        except (AnsibleError, LookupError, TypeError, ValueError):
            return None

    def _fetch(self, filters: Filters, details: bool, params: dict[str, t.Any]) -> list[Row]:
        problem = missing_libraries(senhasegura_options().libraries)
        if problem:
            raise BadInput(problem)
        for warning in unprotected(senhasegura_options().options, params):
            self.display.warning(warning)
        store = RunCache()
        client = connect("senhasegura", params, Clock(), store)
        # Read now, whatever the run knows already; its tasks need not read it again then.
        listed = DeviceTable(client, store).rows()
        slips, others = unmet_filters(filters, values_there(listed))
        if slips:
            raise BadInput(" ".join(slips))
        for sentence in others:
            self.display.warning(sentence)
        rows = [row for row in listed if chosen(row, filters)]
        if details:
            rows = for_each(rows, lambda row: with_its_details(client, row), self.get_option("concurrency"))
        return rows

    def _rendered(self, name: str, value: t.Any) -> t.Any:
        """Return an option rendered where the user wrote a template. Raise BadInput when it cannot be rendered."""
        if not (isinstance(value, str) and self.templar.is_template(value)):
            return value
        try:
            return self.templar.template(value)
        except AnsibleError as error:
            raise BadInput(f"{name} cannot be rendered: {error}") from error

    def _named(self, rows: list[Row]) -> Devices:
        """Return the devices by inventory name, with their host variables. Raise BadInput for unsafe names."""
        template = self.get_option("hostname_template")
        rename = self.get_option("unsafe_hostnames") == "rename"
        details = self.get_option("details")
        devices: Devices = {}
        unsafe: list[str] = []
        for row in rows:
            values = untrusted(host_vars(row, details=details))
            name = row["hostname"]
            if template:
                self.templar.available_variables = values
                name = str(self._rendered("hostname_template", template)).strip()
            why = why_unsafe(name)
            if why and not rename:
                unsafe.append(f"{shown(name)} (id {row['id']}): {why}")
                continue
            name = renamed(name) if why else name
            if name in devices:
                raise BadInput(
                    f"{SYSTEM} has two devices that would both be the host {shown(name)} (ids {devices[name][0]['id']} "
                    f"and {row['id']}); leave one out with filters, or tell them apart with hostname_template."
                )
            devices[name] = (row, values)
        if unsafe:
            more = f" and {len(unsafe) - MOST_NAMED} more" if len(unsafe) > MOST_NAMED else ""
            raise BadInput(
                f"{SYSTEM} has devices whose names are not safe in an inventory - "
                f"{'; '.join(unsafe[:MOST_NAMED])}{more}. Rename them there, leave them out with filters, or set "
                "hostname_template or unsafe_hostnames."
            )
        self._warn_of_twins(devices)
        return devices

    def _warn_of_twins(self, devices: Devices) -> None:
        """Warn of hosts whose names look alike to a person: a pattern written for one misses the other."""
        alike: dict[str, list[str]] = {}
        for name, (row, _values) in devices.items():
            called = name if self.get_option("hostname_template") else row["hostname"]
            alike.setdefault(folded(called), []).append(f"{shown(row['hostname'])} (id {row['id']})")
        twins = [" and ".join(names) for names in alike.values() if len(names) > 1]
        if twins:
            more = f" and {len(twins) - MOST_NAMED} more" if len(twins) > MOST_NAMED else ""
            self.display.warning(
                f"{SYSTEM} has devices whose names differ in case, width, blanks or Unicode form only - "
                f"{'; '.join(twins[:MOST_NAMED])}{more}. Each is a host of its own."
            )

    def _refuse_other_source(self, devices: Devices, registry: str) -> None:
        """Raise BadInput when another source has a host of the same name that is another device, or may be one."""
        added = _added.setdefault(self.inventory, {})
        for name, (row, _values) in devices.items():
            identity = (registry, row["id"])
            if added.get(name, identity) != identity:
                raise BadInput(
                    f"The host {shown(name)} is already in the inventory, from another source and as another device. "
                    "Tell them apart with hostname_template, or leave one out with filters."
                )
        added.update({name: (registry, row["id"]) for name, (row, _values) in devices.items()})

    def _add(self, devices: Devices, registry: str) -> None:
        """Add the devices to the inventory: the only place that adds hosts, variables and groups.

        What fails half-way is removed again, because Ansible would go on with it.
        """
        self._refuse_other_source(devices, registry)
        before = set(self.inventory.hosts)
        grouped = self.get_option("default_groups")
        labels = {name: labels_of(row) if grouped else [] for name, (row, _values) in devices.items()}
        groups, given_up = group_names(dict.fromkeys(label for found in labels.values() for label in found))
        if given_up:
            self.display.warning(
                f"Values that differ would share the groups {', '.join(given_up)}; each has a group of its own "
                "instead, with a fingerprint at its end."
            )
        self._refuse_clash(devices, {*self.inventory.groups, *groups.values()})
        try:
            for group in groups.values():
                self.inventory.add_group(group)
            for name, (_row, values) in devices.items():
                self.inventory.add_host(name)
                for variable, value in values.items():
                    self.inventory.set_variable(name, variable, value)
                for label in labels[name]:
                    self.inventory.add_child(groups[label], name)
            self._construct(devices)
            self._refuse_clash(devices, set(self.inventory.groups))
        except Exception:
            for name in devices.keys() - before:
                if name in self.inventory.hosts:
                    self.inventory.remove_host(self.inventory.hosts[name])
            raise

    def _construct(self, devices: Devices) -> None:
        """Apply the options of constructed inventories; each expression costs time for every host."""
        strict = self.get_option("strict")
        compose, groups, keyed = (self.get_option(name) for name in ("compose", "groups", "keyed_groups"))
        if not (compose or groups or keyed):
            return
        for name, (_row, values) in devices.items():
            self._set_composite_vars(compose, values, name, strict=strict)
            self._add_host_to_composed_groups(groups, values, name, strict=strict)
            self._add_host_to_keyed_groups(keyed, values, name, strict=strict)

    @staticmethod
    def _refuse_clash(devices: Devices, groups: set[str]) -> None:
        """Raise BadInput when a host has the name of a group: a pattern for one would mean the other too."""
        clash = sorted(groups & devices.keys())
        if clash:
            raise BadInput(
                f"{SYSTEM} has devices with the names of groups ({', '.join(map(shown, clash[:MOST_NAMED]))}); tell "
                "them apart with hostname_template, or leave them out with filters."
            )


def _age(instant: float) -> str:
    """Return how long ago an instant (epoch seconds) was, in the unit that a person would choose."""
    seconds = max(0.0, Clock().now() - instant)
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"

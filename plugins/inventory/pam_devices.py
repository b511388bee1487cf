# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Inventory netfleet.maintenance.pam_devices: configure, fetch, plain rows, cache the rows, seat them once."""

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
  - An answer that is not complete beyond doubt is an error, and so is an empty one. Ansible itself turns the error of
    an inventory source into a warning unless C(any_unparsed_is_failed) is set in the section C([inventory]) of its
    configuration. Set it, or a play may run on fewer hosts than you think.
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
      - Which devices become hosts. A device must meet every selection of C(include) and none of C(exclude).
      - A selection names a field (C(site), C(type), C(vendor), C(model), C(tag) or C(hostname)) with a list of values,
        one of which must fit. Values are compared exactly, those of C(hostname) are globs.
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
  - Two devices that would become the same host are an error. Two whose names differ in case, width, blanks or Unicode
    form only become two hosts, and a warning names them.
  - With C(-v) a run tells how old its cache is.
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
import importlib
import json
import typing as t

from ansible.errors import AnsibleParserError
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import senhasegura_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.lookup import with_its_details
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.table import DeviceTable
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.answers import SYSTEM
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.client import open_door
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import folded, shown
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_cache import RunCache
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inert import inert
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inventory.names import (
    group_names,
    renamed,
    why_unsafe,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inventory.rows import (
    chosen,
    host_vars,
    labels_of,
    read_filters,
)

CACHE_FORMAT = 2
MOST_NAMED = 5

Filters = dict[str, dict[str, list[str]]]
Seats = dict[str, tuple[Row, dict[str, t.Any]]]


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Devices of senhasegura PAM Core as hosts."""

    NAME = "netfleet.maintenance.pam_devices"

    def verify_file(self, path: str) -> bool:
        """Tell whether a path may be a configuration of this plugin, by the end of its name."""
        return bool(super().verify_file(path)) and path.endswith((".pam.yml", ".pam.yaml"))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        """Read a configuration and seat its devices; raises AnsibleParserError, and then seats nothing."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        try:
            rows = self._rows(path, cache)
            self._seat(self._named(rows))
        except MaintenanceError as error:
            raise AnsibleParserError(str(error)) from error

    def _rows(self, path: str, cache: bool) -> list[Row]:
        """Give the chosen devices as plain rows, from the cache where Ansible allows that and it fits the options."""
        filters = read_filters(self.get_option("filters"))
        details = self.get_option("details")
        origin = [self.get_option(name) for name in ("api_url", "api_prefix", "client_id", "consumer_key")]
        made_for = hashlib.sha256(json.dumps([CACHE_FORMAT, origin, details, filters]).encode()).hexdigest()
        key = self.get_cache_key(path)
        kept = self._cache.get(key) if cache and self.get_option("cache") else None
        if kept is not None and kept["made_for"] == made_for:
            rows: list[Row] = kept["rows"]
            read_at = kept["read_at"]
            self.display.v(f"{SYSTEM}: {len(rows)} devices from the cache, read {iso(read_at)}, {_age(read_at)} ago")
        else:
            read_at = Clock().now()
            rows = self._fetch(filters, details)
            if self.get_option("cache"):
                self._cache[key] = {"made_for": made_for, "read_at": read_at, "rows": rows}
        if not rows and not self.get_option("allow_empty"):
            raise BadInput(
                f"{SYSTEM} lists no device that the filters let through; set allow_empty if that is as it should be."
            )
        return rows

    def _fetch(self, filters: Filters, details: bool) -> list[Row]:
        spec = senhasegura_options()
        for library in spec.libraries:
            try:
                importlib.import_module(library)
            except ImportError as error:
                raise AnsibleParserError(missing_required_lib(library.replace("_", "-"))) from error
        params = {name: self._rendered(self.get_option(name)) for name in spec.options}
        store = RunCache()
        door = open_door(params, store, Clock())
        # Read now, whatever the run knows already; its tasks need not read it again then.
        rows = [row for row in DeviceTable(door, store).rows() if chosen(row, filters)]
        if details:
            rows = for_each(rows, lambda row: with_its_details(door, row), self.get_option("concurrency"))
        return rows

    def _rendered(self, value: t.Any) -> t.Any:
        """Render an option that the user wrote as a template; what is none stays as it is."""
        return self.templar.template(value) if isinstance(value, str) and self.templar.is_template(value) else value

    def _named(self, rows: list[Row]) -> Seats:
        """Give every device its inventory name and its host variables; raises BadInput for names that will not do."""
        template = self.get_option("hostname_template")
        rename = self.get_option("unsafe_hostnames") == "rename"
        details = self.get_option("details")
        seats: Seats = {}
        unsafe: list[str] = []
        for row in rows:
            values = inert(host_vars(row, details=details))
            name = row["hostname"]
            if template:
                self.templar.available_variables = values
                name = str(self.templar.template(template)).strip()
            why = why_unsafe(name)
            if why and not rename:
                unsafe.append(f"{shown(name)} (id {row['id']}): {why}")
                continue
            name = renamed(name) if why else name
            if name in seats:
                raise BadInput(
                    f"{SYSTEM} has two devices that would both be the host {shown(name)} (ids {seats[name][0]['id']} "
                    f"and {row['id']}); leave one out with filters, or tell them apart with hostname_template."
                )
            seats[name] = (row, values)
        if unsafe:
            more = f" and {len(unsafe) - MOST_NAMED} more" if len(unsafe) > MOST_NAMED else ""
            raise BadInput(
                f"{SYSTEM} has devices whose names are not safe in an inventory - "
                f"{'; '.join(unsafe[:MOST_NAMED])}{more}. Rename them there, leave them out with filters, or set "
                "hostname_template or unsafe_hostnames."
            )
        self._tell_of_twins(seats)
        return seats

    def _tell_of_twins(self, seats: Seats) -> None:
        """Warn of hosts whose names a person may take for one: a pattern written for the one misses the other."""
        alike: dict[str, list[str]] = {}
        for name, (row, _values) in seats.items():
            called = name if self.get_option("hostname_template") else row["hostname"]
            alike.setdefault(folded(called), []).append(f"{shown(row['hostname'])} (id {row['id']})")
        twins = [" and ".join(names) for names in alike.values() if len(names) > 1]
        if twins:
            more = f" and {len(twins) - MOST_NAMED} more" if len(twins) > MOST_NAMED else ""
            self.display.warning(
                f"{SYSTEM} has devices whose names differ in case, width, blanks or Unicode form only - "
                f"{'; '.join(twins[:MOST_NAMED])}{more}. Each is a host of its own."
            )

    def _seat(self, seats: Seats) -> None:
        """Put the devices into the inventory: the only place that adds hosts, variables and groups.

        What fails half-way is taken back, because Ansible would go on with it.
        """
        before = set(self.inventory.hosts)
        grouped = self.get_option("default_groups")
        labels = {name: labels_of(row) if grouped else [] for name, (row, _values) in seats.items()}
        groups, given_up = group_names(dict.fromkeys(label for found in labels.values() for label in found))
        if given_up:
            self.display.warning(
                f"Values that differ would share the groups {', '.join(given_up)}; each has a group of its own "
                "instead, with a fingerprint at its end."
            )
        self._refuse_clash(seats, {*self.inventory.groups, *groups.values()})
        try:
            for group in groups.values():
                self.inventory.add_group(group)
            for name, (_row, values) in seats.items():
                self.inventory.add_host(name)
                for variable, value in values.items():
                    self.inventory.set_variable(name, variable, value)
                for label in labels[name]:
                    self.inventory.add_child(groups[label], name)
            self._construct(seats)
            self._refuse_clash(seats, set(self.inventory.groups))
        except Exception:
            for name in seats.keys() - before:
                if name in self.inventory.hosts:
                    self.inventory.remove_host(self.inventory.hosts[name])
            raise

    def _construct(self, seats: Seats) -> None:
        """Do what the options of constructed inventories ask for; each expression costs time for every host."""
        strict = self.get_option("strict")
        compose, groups, keyed = (self.get_option(name) for name in ("compose", "groups", "keyed_groups"))
        if not (compose or groups or keyed):
            return
        for name, (_row, values) in seats.items():
            self._set_composite_vars(compose, values, name, strict=strict)
            self._add_host_to_composed_groups(groups, values, name, strict=strict)
            self._add_host_to_keyed_groups(keyed, values, name, strict=strict)

    @staticmethod
    def _refuse_clash(seats: Seats, groups: set[str]) -> None:
        """Raise BadInput when a host has the name of a group: a pattern for the one would mean the other too."""
        clash = sorted(groups & seats.keys())
        if clash:
            raise BadInput(
                f"{SYSTEM} has devices with the names of groups ({', '.join(map(shown, clash[:MOST_NAMED]))}); tell "
                "them apart with hostname_template, or leave them out with filters."
            )


def _age(instant: float) -> str:
    """Say how long ago an instant (epoch seconds) was, in the unit a person would choose."""
    seconds = max(0.0, Clock().now() - instant)
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"

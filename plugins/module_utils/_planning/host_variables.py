# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one reader of a host's variables: names in the systems, protection, group and order. Pure functions.

What YAML users write for yes and no is understood in every spelling; what cannot be read is refused by host and
variable, and never counts as either.
"""

from __future__ import annotations

import difflib
import functools
import math
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.description import read_seconds
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

Variables = t.Mapping[str, t.Any]

# The variables by which the systems know a device, and the keys of a device that they become.
NAMES = ("zequenze_name", "sdm_name", "pam_hostname")

# The variables that protect a device or spare it something: misspelt, they would do neither.
_SPARING = ("maintenance_managed", "maintenance_protected", "maintenance_protected_reason", "maintenance_lock")

_YES = frozenset({"yes", "y", "on", "true", "t", "1"})

_NO = frozenset({"no", "n", "off", "false", "f", "0"})

OrderBy: t.TypeAlias = "str | t.Mapping[str, t.Sequence[t.Any]] | t.Sequence[t.Any] | None"


def read_flag(host: str, variables: Variables, variable: str, otherwise: bool) -> bool:
    """Return a yes or no of a host, ``otherwise`` when the host has no such variable.

    Raises BadInput for anything that is neither, a blank and a null included.
    """
    if variable not in variables:
        return otherwise
    value = variables[variable]
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    word = value.strip().lower() if isinstance(value, str) else None
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadInput(f"{variable} of host {shown(host)} is {shown(str(value))} and must be true or false.")


def read_name(host: str, variables: Variables, variable: str) -> str | None:
    """Return a name of a host, None when it has none or a blank one. Raises BadInput for what is no text."""
    value = variables.get(variable)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise BadInput(f"{variable} of host {shown(host)} is {shown(str(value))} and must be text. Put it in quotes.")
    return str(value)


def read_group(host: str, variables: Variables, exclusive_by: str) -> str | None:
    """Return the redundancy group of a host, None when it has none. Raises BadInput for what is no single value."""
    value = variables.get(exclusive_by)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, (str, int, float, bool)):
        raise BadInput(f"{exclusive_by} of host {shown(host)} must be one value, the name of its group.")
    return f"{exclusive_by}={value}"


def read_device(host: str, variables: Variables, exclusive_by: str | None = None) -> dict[str, t.Any]:
    """Return a host as a device of a window, with every name filled in. Raises BadInput, by host and variable."""
    device: dict[str, t.Any] = {"name": host}
    for variable in variables:
        meant = _meant(variable) if variable[:5].lower() == "maint" else None
        if meant is not None:
            raise BadInput(f"Host {shown(host)}: unknown variable {shown(variable)}. Did you mean {meant}?")
    for variable in NAMES:
        device[variable] = read_name(host, variables, variable) or host
    sdm_device_id = read_name(host, variables, "sdm_device_id")
    if sdm_device_id is not None:
        device["sdm_device_id"] = sdm_device_id
    sdm_group_id = read_name(host, variables, "sdm_group_id")
    if sdm_group_id is not None:
        device["sdm_group_id"] = sdm_group_id
    group = None if exclusive_by is None else read_group(host, variables, exclusive_by)
    if group is not None:
        device["group"] = group
    device["managed"] = read_flag(host, variables, "maintenance_managed", True)
    device["protected"] = read_flag(host, variables, "maintenance_protected", False)
    reason = read_name(host, variables, "maintenance_protected_reason")
    if reason is not None:
        device["protected_reason"] = reason
    device["sdm_lock"] = read_flag(host, variables, "maintenance_lock", True)
    expected = variables.get("window_expected_duration")
    if expected is not None and expected != "":
        try:
            device["expected_duration"] = read_seconds(expected, "window_expected_duration", 0.0)
        except BadInput as error:
            raise BadInput(f"Host {shown(host)}: {error}") from error
    return device


@functools.lru_cache(maxsize=1000)
def _meant(variable: str) -> str | None:
    """Return the variable that a misspelt one was meant to be, None for one that is known or like none."""
    plain = variable.lower().replace("-", "_")
    if variable in _SPARING or plain.startswith("maintenance_protected_"):
        return None
    near = difflib.get_close_matches(plain, _SPARING, 1, 0.87)
    # What all these names begin with makes them look alike.
    alike = [name for name in near if name.partition("_")[2][:1] == plain.partition("_")[2][:1]]
    return next(iter(alike), None)


def read_devices(
    names: t.Sequence[str],
    hostvars: t.Mapping[str, Variables],
    exclusive_by: str | None = None,
    order_by: OrderBy = None,
) -> list[dict[str, t.Any]]:
    """Return hosts as the devices of a window, in order, and after them the other members of their groups.

    The members that are not among ``names`` are marked with ``selected`` false. Raises BadInput, by host and variable.
    """
    _check_by("window_exclusive_by", exclusive_by)
    # Asking for the variables of a host has Ansible gather them, so it is done once.
    known = {str(name): _of(str(name), hostvars) for name in names}
    devices = [read_device(name, variables, exclusive_by) for name, variables in known.items()]
    if order_by is not None:
        criteria = _criteria(order_by, known)
        keys = {name: [criterion(name, variables) for criterion in criteria] for name, variables in known.items()}
        devices.sort(key=lambda device: keys[device["name"]])
    groups = {device["group"] for device in devices if "group" in device}
    if not groups or exclusive_by is None:
        return devices
    for host in hostvars:
        if str(host) not in known and read_group(str(host), hostvars[host], exclusive_by) in groups:
            devices.append(read_device(str(host), hostvars[host], exclusive_by) | {"selected": False})
    return devices


def _of(name: str, hostvars: t.Mapping[str, Variables]) -> Variables:
    if name not in hostvars:
        raise BadInput(f"The inventory has no host {shown(name)}.")
    return hostvars[name]


def _check_by(variable: str, value: object) -> None:
    if value is not None and not (isinstance(value, str) and value.strip()):
        raise BadInput(f"{variable} is {shown(str(value))} and must be the name of a host variable, or left out.")


Key = tuple[t.Any, ...]


def _criteria(order_by: OrderBy, known: t.Mapping[str, Variables]) -> list[t.Callable[[str, Variables], Key]]:
    """Return what gives a host its place: a variable's value, its place in a list of values, or of inventory groups."""
    if isinstance(order_by, t.Mapping) and order_by:
        return [_by_values(str(variable), values) for variable, values in order_by.items()]
    if isinstance(order_by, (list, tuple)) and order_by and all(isinstance(name, str) and name for name in order_by):
        groups = {str(group) for variables in known.values() for group in variables.get("group_names", ())}
        unknown = [name for name in order_by if name not in groups]
        if unknown:
            raise BadInput(
                f"window_order_by has {shown(unknown[0])}, and no selected host is in a group of that name. Give a "
                "host variable, a mapping such as {ha_role: [standby, active]}, or a list of inventory groups."
            )
        return [lambda _host, variables: _place_of_groups(variables, order_by)]
    _check_by("window_order_by", order_by)
    return [_by_variable(str(order_by))]


def _by_variable(variable: str) -> t.Callable[[str, Variables], Key]:
    def key(host: str, variables: Variables) -> Key:
        value = variables.get(variable)
        if value is None or value == "":
            return (2, "")
        if isinstance(value, (int, float)) and math.isfinite(value):
            return (0, value)
        if isinstance(value, str):
            return (1, value)
        raise BadInput(f"{variable} of host {shown(host)} must be a number or text, because window_order_by names it.")

    return key


def _by_values(variable: str, values: t.Any) -> t.Callable[[str, Variables], Key]:
    if not isinstance(values, (list, tuple)) or not values:
        raise BadInput(f"window_order_by: {variable} needs a list of values, such as [standby, active].")
    places = {str(value): place for place, value in enumerate(values)}

    def key(host: str, variables: Variables) -> Key:
        value = variables.get(variable)
        if value is None or value == "":
            return (len(places),)
        if str(value) not in places:
            raise BadInput(
                f"{variable} of host {shown(host)} is {shown(str(value))}, and window_order_by has only "
                f"{', '.join(map(shown, places))}."
            )
        return (places[str(value)],)

    return key


def _place_of_groups(variables: Variables, groups: t.Sequence[str]) -> Key:
    mine = {str(group) for group in variables.get("group_names", ())}
    return (next((place for place, group in enumerate(groups) if group in mine), len(groups)),)

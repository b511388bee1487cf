# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a window file says about alerts (``window_alerts``), read once; so it stands in the window's record. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._alertmanager.matchers import (
    Matcher,
    read_matcher,
    read_matchers,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Endpoint
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

OPTION = "window_alerts"

# The labels by which the usual exporters and rules name a device.
DEVICE_LABELS = ("device", "instance", "host", "hostname", "node", "target")

# Always firing by design: they tell that alerting works, or only serve to hide others.
ALWAYS_FIRING = ("Watchdog", "InfoInhibitor")

_DEFAULTS: dict[str, t.Any] = {
    "device_labels": list(DEVICE_LABELS),
    "validate_certs": True,
    "ca_path": None,
    "allow_plain_http": False,
    "timeout": 10.0,
}

_KINDS: dict[str, type | tuple[type, ...]] = {
    "device_labels": list,
    "validate_certs": bool,
    "ca_path": str,
    "allow_plain_http": bool,
    "timeout": (int, float),
}

Rule = t.Mapping[str, t.Any]


def read_rule(value: object) -> dict[str, t.Any] | None:
    """Read ``window_alerts`` as it stands in the record, None for none. Raises BadInput, naming the key."""
    if value is None:
        return None
    if not isinstance(value, t.Mapping):
        raise BadInput(f"{OPTION} must be a mapping with url, matchers and ignore.")
    unknown = sorted(str(key) for key in value if key not in (*_DEFAULTS, "url", "matchers", "ignore"))
    if unknown:
        known = ", ".join(("url", "matchers", "ignore", *_DEFAULTS))
        raise BadInput(f"{OPTION} has an unknown key {shown(unknown[0])}. It takes {known}.")
    url = value.get("url")
    if not isinstance(url, str) or not url.strip():
        raise BadInput(f"{OPTION}.url is missing: the address of Alertmanager, without /api/v2.")
    rule = {**_DEFAULTS, **{key: value[key] for key in _DEFAULTS if value.get(key) is not None}}
    for key, kind in _KINDS.items():
        is_bool = isinstance(rule[key], bool)
        if rule[key] is not None and (not isinstance(rule[key], kind) or (is_bool and kind is not bool)):
            raise BadInput(f"{OPTION}.{key} is {shown(str(rule[key]))}, which it cannot be.")
    if not rule["device_labels"] or not all(isinstance(name, str) and name for name in rule["device_labels"]):
        raise BadInput(f"{OPTION}.device_labels must be a list of names of labels.")
    for key in ("matchers", "ignore"):
        if key in value and value[key] in (None, "", {}):
            raise BadInput(f"{OPTION}.{key} is blank. Give a list of matchers, or leave it out.")
    rule |= {
        "url": url.strip().rstrip("/").removesuffix("/api/v2"),
        "matchers": [each.to_json() for each in read_matchers(value.get("matchers"), f"{OPTION}.matchers")],
        "ignore": [each.to_json() for each in read_matchers(value.get("ignore"), f"{OPTION}.ignore", names=True)],
    }
    endpoint(rule)
    return rule


def endpoint(rule: Rule) -> dict[str, t.Any]:
    """Return the options of a connection to Alertmanager, those that hold a secret aside. Raises BadInput."""
    params = {key: rule[key] for key in ("validate_certs", "ca_path", "allow_plain_http", "timeout")}
    params |= {"api_url": rule["url"], "client_cert": None, "client_key": None}
    Endpoint.from_params(OPTION, {**params, "has_credentials": False})
    return params


def counts(rule: Rule, labels: t.Mapping[str, str]) -> bool:
    """Whether an alert with these labels is one that the window asks about. Pure."""
    ignored = [*map(_matcher, rule["ignore"]), *(Matcher("alertname", name) for name in ALWAYS_FIRING)]
    return all(_matcher(each).fits(labels) for each in rule["matchers"]) and not any(
        each.fits(labels) for each in ignored
    )


def _matcher(value: t.Mapping[str, t.Any]) -> Matcher:
    return read_matcher(value, OPTION)

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge between Ansible and the logic: what a task brings along, and the one place where an error becomes a result.

A module and its action are the same three things: a specification, a core (a plain function of a :class:`Task`), and
this edge around them.
"""

from __future__ import annotations

import os
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError, defect
from ansible_collections.netfleet.maintenance.plugins.module_utils._libraries import missing_libraries
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import check_numbers, check_texts
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Options, Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Logic, Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import know, mask, masked, secrets_in
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible


def carry_out(logic: Logic, spec: Spec, task: Task) -> Result:
    """Run a core and return its result; every error becomes a failed result here and nowhere else.

    Nothing that a secret option holds, or that was got with it, stands in the result or in a warning.
    """
    know_secrets(spec.options, task.params)
    warn = task.warn
    task.warn = lambda text: warn(mask(text))
    return t.cast("Result", masked(_carried_out(logic, spec, task)))


def know_secrets(options: Options, params: t.Mapping[str, t.Any]) -> None:
    """Have the secrets of a task masked from now on: secret options, nested ones too, and those inside addresses."""
    know(*secret_values(options, params), *secrets_in(dict(params)))


def secret_values(options: Options, params: t.Mapping[str, t.Any]) -> set[str]:
    """Return the texts that secret options hold, whatever their type and however deep they stand."""
    found: set[str] = set()
    for name, rule in options.items():
        for spelling in (name, *rule.get("aliases", ())):
            value = params.get(spelling)
            if rule.get("no_log"):
                found.update(_leaves(value))
            elif "options" in rule:
                for inner in value if isinstance(value, list) else [value]:
                    if isinstance(inner, dict):
                        found |= secret_values(rule["options"], inner)
    return found


def unprotected(options: Options, params: t.Mapping[str, t.Any]) -> list[str]:
    """Return a warning for each address, in nested options too, whose certificate is not checked or that is plain."""
    found: list[str] = []
    address = str(params.get("api_url") or params.get("pushgateway_url") or "").lower()
    if address.startswith("https:") and params.get("validate_certs") is False:
        found.append(
            f"validate_certs is false: the certificate of {address} was not checked, so the credentials may have been "
            "sent to another server. Set ca_path instead."
        )
    if address.startswith("http:") and params.get("allow_plain_http"):
        found.append(f"allow_plain_http is true: the credentials were sent to {address} unencrypted. Use https.")
    for name, rule in options.items():
        if "options" in rule and isinstance(params.get(name), dict):
            found += unprotected(rule["options"], params[name])
    return found


def _leaves(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, (dict, list, tuple)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _carried_out(logic: Logic, spec: Spec, task: Task) -> Result:
    missing = missing_libraries(spec.libraries)
    if missing:
        return {"failed": True, "changed": False, "kind": "missing_library", "msg": missing}
    for warning in unprotected(spec.options, task.params):
        task.warn(warning)
    try:
        check_numbers(spec, task.params)
        check_texts(spec, task.params)
        return _legible(logic(task))
    except MaintenanceError as error:
        return {"failed": True, "changed": False, "kind": error.kind, "msg": legible(str(error))}
    except Exception as error:
        return {
            "failed": True,
            "changed": False,
            "kind": "internal",
            "msg": defect(error),
            "exception": traceback.format_exc(),
        }


def _legible(result: Result) -> Result:
    """Escape what cannot be read in the sentences of a result; they quote names and servers. Data stays as it is."""
    if "msg" in result:
        result["msg"] = legible(result["msg"])
    for device in result.get("devices", ()):
        if "message" in device:
            device["message"] = legible(device["message"])
        if "evidence" in device:
            device["evidence"] = [legible(sentence) for sentence in device["evidence"]]
    return result


def run_module(logic: Logic, spec: Spec) -> None:
    """Be the module: read the options, run the core, print the result. Used by every module's ``main``."""
    module = AnsibleModule(**spec.rules(), supports_check_mode=True)
    module.no_log_values.update(secrets_in(module.params))
    parent = os.getppid()
    result = carry_out(
        logic,
        spec,
        Task(
            params=module.params,
            check_mode=module.check_mode,
            diff=module._diff,
            warn=module.warn,
            run_alive=lambda: os.getppid() == parent,
        ),
    )
    if result.get("failed"):
        module.fail_json(**{"msg": "failed", **result})
    module.exit_json(**result)

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge between Ansible and the logic: what a task brings along, and the one place where an error becomes a result.

A module and its action are the same three things: a specification, a core (a plain function of a :class:`Task`), and
this edge around them.
"""

from __future__ import annotations

import importlib
import os
import traceback
import urllib.parse

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Core, Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible


def carry_out(core: Core, spec: Spec, task: Task) -> Result:
    """Run a core and give its result; every error becomes a failed result here and nowhere else."""
    for library in spec.libraries:
        try:
            importlib.import_module(library)
        except ImportError:
            return {
                "failed": True,
                "changed": False,
                "kind": "missing_library",
                "msg": missing_required_lib(_package_of(library)),
                "exception": traceback.format_exc(),
            }
    if task.params.get("validate_certs") is False and str(task.params.get("api_url")).startswith("https:"):
        task.warn(
            f"validate_certs is false: nobody checked whose certificate {task.params['api_url']} showed, so the "
            "credentials may have gone to somebody else. Name the authority in ca_path instead."
        )
    try:
        return _legible(core(task))
    except MaintenanceError as error:
        return {"failed": True, "changed": False, "kind": error.kind, "msg": legible(str(error))}
    except Exception as error:
        return {
            "failed": True,
            "changed": False,
            "kind": "internal",
            "msg": f"This is a defect in netfleet.maintenance, please report it: {type(error).__name__}: {error}",
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


def _package_of(library: str) -> str:
    return {"requests_oauthlib": "requests-oauthlib", "sqlalchemy": "SQLAlchemy"}.get(library, library)


def run_module(core: Core, spec: Spec) -> None:
    """Be the module: read the options, run the core, print the result. Used by every module's ``main``."""
    module = AnsibleModule(**spec.rules(), supports_check_mode=True)
    module.no_log_values.update(embedded_secrets(module.params))
    parent = os.getppid()
    result = carry_out(
        core,
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


def embedded_secrets(value: object) -> set[str]:
    """Give the passwords that stand inside addresses (a journal on PostgreSQL), to be redacted like the rest.

    Takes a task's options, of whatever name and however deep: what is an address with a password is one everywhere.
    """
    if isinstance(value, (dict, list, tuple)):
        inner = value.values() if isinstance(value, dict) else value
        return set().union(*map(embedded_secrets, inner))
    try:
        password = urllib.parse.urlsplit(value).password if isinstance(value, str) else None
    except ValueError:
        return set()
    return {password, urllib.parse.unquote(password)} if password else set()

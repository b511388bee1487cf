# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of systems_info: what will work here, what only with limits and what not, before the first window."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.checks import Check, worst
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.facts import Facts
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.gathering import gather
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.judging import judge
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.names import agreement
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.page import (
    as_html,
    as_table,
    headline,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._files import write_if_changed
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.systems import (
    Clients,
    connect_systems,
    systems_options,
)

# More names than these are no help to a person; the lines count them all.
MOST_NAMES = 500


def systems_info_spec() -> Spec:
    """Return the options of systems_info."""
    shared = systems_options() + journal_options()
    return shared + Spec(
        {
            "device": {"type": "str"},
            "html_file": {"type": "path"},
            "json_file": {"type": "path"},
            "probe_writes": {"type": "bool", "default": False},
            "sample": {"type": "int", "default": 5},
        }
    )


def run_systems_info(task: Task) -> Result:
    """Check the systems and the journal. Raises BadInput for options that cannot be."""
    if task.params["device"] is not None and not task.params["device"].strip():
        raise BadInput("device is blank: name one device to lock and unlock, or leave it out.")
    with connect_systems(task.params, task.store, task.clock) as clients:
        return inspect(task, clients)


def inspect(task: Task, clients: Clients) -> Result:
    """Do the work of :func:`run_systems_info` with given clients."""
    facts = gather(task, clients)
    checks = judge(facts)
    addresses = {system.system: system.address for system in facts.systems}
    result: Result = {
        "verdict": worst(checks),
        "checks": [check.to_json() for check in checks],
        "table": as_table(checks, addresses),
        "names": _names(facts),
        "sample": [each.name for each in facts.sample],
        "msg": headline(checks),
    }
    if facts.learned is not None:
        result["learned"] = {
            "device": facts.device,
            "repeats_lock": facts.learned.repeats_lock,
            "repeats_unlock": facts.learned.repeats_unlock,
            "counts_locks": facts.learned.counts_locks,
        }
    written = [
        write_if_changed(task.params[option], text.encode("utf-8", "backslashreplace"), dry=task.check_mode)
        for option, text in _files(result, checks, addresses, facts).items()
        if task.params[option]
    ]
    return {**result, "changed": any(written) or (facts.learned is not None and facts.learned.locked)}


def _files(result: Result, checks: t.Sequence[Check], addresses: t.Mapping[str, str], facts: Facts) -> dict[str, str]:
    document = {"at": iso(facts.now), "addresses": addresses, **{key: result[key] for key in result if key != "table"}}
    return {"json_file": json.dumps(document, indent=2) + "\n", "html_file": as_html(checks, addresses, facts.now)}


def _names(facts: Facts) -> dict[str, t.Any]:
    if len(facts.lists) < 2:
        return {"agree": 0, "differ": []}
    found = agreement(facts.lists)
    differ = [{"name": each.name, **each.counts} for each in found.differ[:MOST_NAMES]]
    return {"agree": found.agree, "differ": differ}

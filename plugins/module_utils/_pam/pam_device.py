# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One device in senhasegura PAM Core as it should be: read, plan, write, read back."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    MaintenanceError,
    NoAnswer,
    NotFound,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import senhasegura_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.lookup import find, refuse_twins, with_details
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.plan import (
    Fields,
    Plan,
    missing_fields,
    not_taken,
    plan_absent,
    plan_present,
    record,
    wanted_fields,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.table import DeviceTable
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.answers import SYSTEM
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.client import Senhasegura
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import connect
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown


def pam_device_spec() -> Spec:
    """Return the options of netfleet.maintenance.pam_device."""
    return senhasegura_options() + Spec(
        {
            "hostname": {"type": "str", "required": True},
            "ip": {"type": "str"},
            "model": {"type": "str"},
            "type": {"type": "str"},
            "vendor": {"type": "str"},
            "site": {"type": "str"},
            "device_domain": {"type": "list", "elements": "str"},
            "device_tags": {"type": "list", "elements": "str"},
            "connectivities": {"type": "list", "elements": "str"},
            "session_remote_config": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "activate": {"type": "str", "choices": ["auto", "always", "never"], "default": "auto"},
        }
    )


def run_pam_device(task: Task) -> Result:
    """Bring one device into the state the options ask for; see the module's documentation for what it gives."""
    return manage(task, connect("senhasegura", task.params, task.clock, task.store))


def manage(task: Task, client: Senhasegura) -> Result:
    """Do the work of :func:`run_pam_device` through a given client."""
    wanted = wanted_fields(task.params)
    table = DeviceTable(client, task.store)
    try:
        if task.params["state"] == "absent":
            return _absent(task, client, table, wanted["hostname"])
        return _present(task, client, table, wanted)
    except NoAnswer:
        table.forget()
        raise


def _absent(task: Task, client: Senhasegura, table: DeviceTable, hostname: str) -> Result:
    """Deactivate the listed device; one that is not listed is left alone.

    A hostname could be put in the path, but not on every version, and one made of digits would be taken for an id.
    """
    listed = find(table, hostname)
    plan = plan_absent(listed)
    if listed is None or task.check_mode:
        return _shown(task, plan, plan.before)
    if not client.deactivate(listed["id"], hostname):
        plan = Plan("none", before=plan.before, after=plan.before)
    table.drop(listed)
    return _shown(task, plan, plan.before)


def _present(task: Task, client: Senhasegura, table: DeviceTable, wanted: Fields) -> Result:
    current, awakened = _current(task, client, table, wanted["hostname"])
    if current is None:
        refuse_twins(table, wanted["hostname"])
        if missing_fields(wanted) and task.params["activate"] == "always":
            if task.check_mode:
                return _shown(task, Plan("activated", before={}, after=wanted), wanted)
            current, awakened = _awaken(client, table, wanted["hostname"])
    plan = plan_present(current, wanted)
    if awakened and plan.fields is None:
        plan = dataclasses.replace(plan, action="activated")
    if task.check_mode:
        return _shown(task, plan, plan.after)
    asks_to_activate = task.params["activate"] == "always" or (task.params["activate"] == "auto" and current is None)
    if plan.fields is None:
        if asks_to_activate and not awakened and client.activate(plan.before["id"], wanted["hostname"]):
            plan = dataclasses.replace(plan, action="activated")
        return _shown(task, plan, plan.after)
    written = _write(client, table, plan.fields, plan.before.get("id"))
    try:
        asks_to_activate = asks_to_activate and not awakened
        if asks_to_activate and client.activate(written["id"], written["hostname"]) and current is None:
            # A new device is active, so this one existed: inactive, and therefore not listed.
            plan = dataclasses.replace(plan, action="activated")
        return _read_back(task, client, table, plan, written)
    except MaintenanceError as error:
        failed = {"failed": True, "kind": error.kind, "msg": f"The device was written, but not all is well: {error}"}
        return {**_shown(task, plan, t.cast("Fields", written)), **failed}


def _current(task: Task, client: Senhasegura, table: DeviceTable, hostname: str) -> tuple[Row | None, bool]:
    """Return the device as it is, and whether it had to be (in check mode: would have to be) activated to be seen.

    Some versions may list inactive devices and yet not show them (docs/apis/senhasegura.md, 11); then only
    ``activate=always`` allows to go on.
    """
    try:
        return with_details(client, table, hostname), False
    except NotFound as error:
        listed = find(table, hostname)
        if listed is None or task.params["activate"] != "always":
            raise NotFound(
                f"{str(error).rstrip('.')}. It is listed, so it may be inactive: activate=always activates it first.",
                status=error.status,
                code=error.code,
            ) from error
    if task.check_mode:
        return listed, True
    awakened = client.activate(listed["id"], hostname)
    return with_details(client, table, hostname), awakened


def _awaken(client: Senhasegura, table: DeviceTable, hostname: str) -> tuple[Row, bool]:
    """Activate a device that the list does not show by its name; return it, and whether it had been inactive.

    A path names a device by its id, on most versions by its hostname too (docs/apis/senhasegura.md, 6.6). Raise
    BadInput for a name that would be taken for an id, NotFound when the system knows no such name or does not show it.
    """
    if hostname.isdigit():
        raise BadInput(
            f"{SYSTEM} does not list the device {shown(hostname)}, and would take this name for an id. Nothing was "
            "sent. Activate the device in the console."
        )
    try:
        awakened = client.activate(hostname, hostname)
    except NotFound as error:
        raise NotFound(
            f"{str(error).rstrip('.')}. There is no such device, or this version activates devices by id only. Give "
            "ip, model, type, vendor and site too, which writes the device and then activates it.",
            status=error.status,
            code=error.code,
        ) from error
    table.rows()
    current = with_details(client, table, hostname)
    if current is None:
        raise NotFound(
            f"The device {shown(hostname)} is active {'now' if awakened else 'already'}, but {SYSTEM} does not list it "
            "for these credentials. Check their authorization.",
            status=200,
        )
    return current, awakened


def _write(client: Senhasegura, table: DeviceTable, fields: Fields, known_id: str | None) -> Row:
    """Write the fields and give the device as the reply shows it; one that it does not show is looked for in the list.

    Raises NoAnswer when another device than the one that was asked for seems to have been written.
    """
    hostname = fields["hostname"]
    written = client.write_device(record(fields))
    if written is None:
        table.rows()
        written = find(table, hostname)
    if written is None:
        raise NoAnswer(
            f"{SYSTEM} accepted the device {shown(hostname)} but neither shows nor lists it; look at it there."
        )
    if written["hostname"] != hostname or known_id not in (None, written["id"]):
        raise NoAnswer(
            f"{SYSTEM} was asked to write the device {shown(hostname)} (id {known_id or 'new'}) but says that it wrote "
            f"{shown(written['hostname'])} (id {written['id']}); look at both there."
        )
    return written


def _read_back(task: Task, client: Senhasegura, table: DeviceTable, plan: Plan, written: Row) -> Result:
    """Compare what was written with what the system shows now, and tell the run's other tasks about it."""
    hostname = written["hostname"]
    try:
        row = client.device(written["id"], hostname)
    except NotFound:
        task.warn(
            f"{SYSTEM} accepted the device {shown(hostname)} (id {written['id']}) but does not show it to these "
            "credentials; it may be inactive, or their authorization may not reach it."
        )
        table.put(written)
        return _shown(task, plan, t.cast("Fields", written))
    table.put(row)
    held = t.cast("Fields", row)
    failed, explained = not_taken(held, t.cast("Fields", plan.fields))
    if explained:
        task.warn(
            f"{SYSTEM} accepted the device {shown(hostname)} but shows another value, or none, for "
            f"{', '.join(explained)}; write domains under their registered names to have no difference next time."
        )
    result = _shown(task, plan, held)
    if failed:
        values = "; ".join(f"{name} is {held.get(name)!r}, asked for {plan.after[name]!r}" for name in failed)
        result |= {
            "failed": True,
            "kind": "not_taken",
            "msg": f"{SYSTEM} accepted the device {shown(hostname)} but did not take every field: {values}.",
        }
    return result


def _shown(task: Task, plan: Plan, device: Fields) -> Result:
    """Return the result for a plan and the device as it is, or in check mode would be, after it."""
    result: Result = {"changed": plan.action != "none", "action": plan.action, "device": device}
    if task.diff:
        result["diff"] = {"before": plan.before, "after": {} if plan.action == "deactivated" else device}
    return result

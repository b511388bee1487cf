# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls a user would make without the collection: as tasks of ansible.builtin.uri, and for the bare client."""

from __future__ import annotations

import datetime as dt
import re
import typing as t
import urllib.request

from tests.benchmarks.stage import Play, Stage

XML = "application/xml"
LOCK = "<deviceAction><type>Lock</type></deviceAction>"
UNLOCK = "<deviceAction><type>Unlock</type></deviceAction>"
SYNC = '{"operation": "sync"}'
REBOOT = '{"operation": "reboot"}'
UPTIMES = "Device.DeviceInfo.UpTime,InternetGatewayDevice.DeviceInfo.UpTime"

# Host variables stand in for a device's own values, so that one task means every host.
ANY = {"name": "{{ inventory_hostname }}", "sdm_id": "{{ sdm_id }}", "zequenze_id": "{{ zequenze_id }}"}

Request = dict[str, t.Any]
Device = t.Mapping[str, t.Any]


def zequenze_headers(stage: Stage) -> dict[str, str]:
    """Return what every call to Zequenze Control carries."""
    return {"Authorization": f"Bearer {stage.environment['ZEQUENZE_TOKEN']}", "Accept": "application/json"}


def sign_in(stage: Stage) -> dict[str, str]:
    """Sign in to Oracle SDM and give what every call in that session carries."""
    body = (
        f"<session><userName>{stage.environment['ORACLE_SDM_USERNAME']}</userName>"
        f"<password>{stage.environment['ORACLE_SDM_PASSWORD']}</password></session>"
    )
    request = urllib.request.Request(
        f"{stage.simulator.sdm_url}/rest/v1.3/admin/login",
        data=body.encode(),
        headers={"Content-Type": XML, "Accept": XML},
        method="POST",
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        found = re.search("JSESSIONID=([^;]+)", answer.headers["Set-Cookie"])
    if found is None:
        raise RuntimeError("the simulator gave no session cookie")
    return {"Cookie": f"JSESSIONID={found[1]}", "Content-Type": XML, "Accept": XML}


def lock_calls(stage: Stage, device: Device, headers: t.Mapping[str, str]) -> list[Request]:
    """Return the call that locks a device."""
    url = f"{stage.simulator.sdm_url}/rest/v1.3/inventory/deviceMgmt/devices/{device['sdm_id']}/action"
    return [{"method": "POST", "url": url, "headers": dict(headers), "body": LOCK}]


def info_calls(stage: Stage, device: Device) -> list[Request]:
    """Return the calls that read a device and its log."""
    base, headers = stage.simulator.zequenze_url, zequenze_headers(stage)
    since = (dt.datetime.now(dt.timezone.utc) - dt.timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    log = f"{base}/inventory_device_log/?parent__id={device['zequenze_id']}&datetime__gte={since}&limit=100"
    return [
        {"method": "GET", "url": f"{base}/inventory_device_name/{device['name']}/?pending=true", "headers": headers},
        {"method": "GET", "url": log, "headers": headers},
    ]


def sync_calls(stage: Stage, device: Device) -> list[Request]:
    """Return the calls that read a device and its log and ask for a sync."""
    headers = {**zequenze_headers(stage), "Content-Type": "application/json"}
    url = f"{stage.simulator.zequenze_url}/inventory_device_name_operation/{device['name']}/"
    return [*info_calls(stage, device), {"method": "PUT", "url": url, "headers": headers, "body": SYNC}]


def window_calls(stage: Stage, device: Device, headers: t.Mapping[str, str]) -> list[Request]:
    """Return the calls of a device's whole window, none shared and nothing to wait for: lock, sync, reboot, unlock.

    They are those that ``window_run`` makes for a device that is alone.
    """
    base = stage.simulator.zequenze_url
    record, log = info_calls(stage, device)
    queue = f"{base}/inventory_device_log/?parent__id={device['zequenze_id']}&is_pending=true&limit=100"
    uptime = (
        f"{base}/inventory_device_name_variables/?parent__name={device['name']}&parameter__variable_name={UPTIMES}"
        "&dates=true"
    )
    sync = sync_calls(stage, device)[-1]
    lock = lock_calls(stage, device, headers)[0]
    unlock, reboot = {**lock, "body": UNLOCK}, {**sync, "body": REBOOT}
    before_reboot = [lock, record, {**record, "url": uptime}, reboot]
    after_reboot = [log, record, {**record, "url": uptime}, unlock, unlock]
    return [lock, record, log, {**record, "url": queue}, sync, log, *before_reboot, *after_reboot]


def pam_list(stage: Stage) -> Request:
    """Return the call that lists the devices of PAM Core; its token is the registered variable of :func:`pam_token`."""
    headers = {"Authorization": "Bearer {{ token.json.access_token }}"}
    return {"method": "GET", "url": f"{stage.simulator.pam_url}/iso/pam/device", "headers": headers}


def pam_token(stage: Stage) -> Play:
    """Return the task that asks PAM Core for a token, once for all hosts."""
    fields = {
        "grant_type": "client_credentials",
        "client_id": stage.environment["SENHASEGURA_CLIENT_ID"],
        "client_secret": stage.environment["SENHASEGURA_CLIENT_SECRET"],
    }
    options = {
        "url": f"{stage.simulator.pam_url}/iso/oauth2/token",
        "method": "POST",
        "body_format": "form-urlencoded",
        "body": fields,
    }
    return {"ansible.builtin.uri": options, "register": "token", "run_once": True}


def pam_read(stage: Stage) -> Request:
    """Return the call that reads one device, whose id is the host variable pam_id."""
    headers = {"Authorization": "Bearer {{ token.json.access_token }}"}
    return {"method": "GET", "url": f"{stage.simulator.pam_url}/iso/pam/device/{{{{ pam_id }}}}", "headers": headers}


def uri(call: Request, **more: t.Any) -> Play:
    """Return a call as a task of ansible.builtin.uri."""
    options = {"url": call["url"], "method": call["method"], "headers": call["headers"], "status_code": [200, 204]}
    if "body" in call:
        options |= {"body": call["body"], "body_format": "raw"}
    return {"ansible.builtin.uri": options, **more}

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device registry of the senhasegura simulator (docs/apis/senhasegura.md, 6 and 9)."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

from tests.simulators.senhasegura.wire import PamError, shown_id

if t.TYPE_CHECKING:
    from tests.simulators.senhasegura.wire import Fields
    from tests.simulators.world import Device, World

DOMAINS = {"corp.example.com": "corp", "lab.example.net": "lab"}
"""The registered domains with their short names; all others are error 1029."""

REQUIRED = {"hostname": 1004, "ip": 1005, "site": 1019, "model": 1020, "vendor": 1021, "type": 1022}
OPTIONAL = ("device_domain", "device_tags", "connectivities", "session_remote_config")
LISTS = frozenset({"device_tags", "connectivities"})
CATALOGUES = ("model", "type", "vendor", "site")

CONNECTIVITIES = {"SBC": "SSH:22,HTTPS:443", "Gateway": "SSH:22,HTTPS:443", "CPE": "HTTPS:443"}
REMOTE_CONFIG = {"SBC": "SSH:Password.*:FILL"}


@dataclass(slots=True)
class Record:
    """One registered device, as it was sent. ``visible`` is whether the authorization reaches it."""

    number: str
    hostname: str
    ip: str
    model: str
    type: str
    vendor: str
    site: str
    device_domain: str = ""
    device_tags: str = ""
    connectivities: str = ""
    session_remote_config: str = ""
    active: bool = True
    visible: bool = True


def parts(text: str) -> list[str]:
    """The items of a comma-separated list, without blanks around them."""
    return [part.strip() for part in text.split(",") if part.strip()]


class Registry:
    """All registered devices, found by id or hostname."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._records: dict[str, Record] = {}
        self._by_name: dict[str, Record] = {}
        self._devices: dict[str, Device] = {}
        self._highest = 0
        self._catalogues: dict[str, set[str]] = {kind: set() for kind in CATALOGUES}
        for device in world.devices:
            self.seed(device)

    def seed(self, device: Device) -> Record:
        """Register a device of the world under its id there."""
        site_domains = "corp.example.com,lab.example.net" if "canary" in device.tags else "corp.example.com"
        record = Record(
            device.pam_id,
            device.name,
            device.ip,
            device.model,
            device.type,
            device.vendor,
            device.site,
            device_domain="" if device.type == "CPE" else site_domains,
            device_tags=",".join(device.tags),
            connectivities=CONNECTIVITIES.get(device.type, ""),
            session_remote_config=REMOTE_CONFIG.get(device.type, ""),
        )
        self._devices[record.number] = device
        self._enter(record)
        for kind, known in self._catalogues.items():
            known.add(getattr(record, kind))
        return record

    def _enter(self, record: Record) -> None:
        self._records[record.number] = record
        if record.number.isdigit():
            self._highest = max(self._highest, int(record.number))
        self._by_name.setdefault(record.hostname, record)

    def of(self, device: Device) -> Record:
        """The record of a device of the world."""
        return self._records[device.pam_id]

    def records(self) -> list[Record]:
        """All records, in the order of registration."""
        return list(self._records.values())

    def setting(self, record: Record, knob: str) -> t.Any:
        """A knob's value, for a device of the world perhaps its own."""
        device = self._devices.get(record.number)
        name = f"senhasegura.{knob}"
        return self._world.knobs[name] if device is None else self._world.setting(device, name)

    def named(self, hostname: str) -> Record | None:
        """The first record with a hostname, compared as the knob ``hostname_match`` says."""
        found = self._by_name.get(hostname)
        if found is None and self._world.knobs["senhasegura.hostname_match"] == "casefold":
            wanted = hostname.casefold()
            found = next((record for record in self._records.values() if record.hostname.casefold() == wanted), None)
        return found

    def find(self, key: str) -> Record:
        """The record that a path names; raises PamError 1011, also for one outside the authorization."""
        record = self._records.get(key)
        if record is None and self._world.knobs["senhasegura.path_value"] == "id_or_hostname":
            record = self.named(key)
        if record is None or not record.visible:
            raise PamError(1011)
        return record

    def write(self, fields: Fields, client: str) -> tuple[Record, bool]:
        """Create or update by hostname, and give the record and whether it was created.

        Raises PamError: a documented code, or 500 for an array or object, since all fields are text (section 4.1).
        """
        sent: Fields = {name: fields[name] for name in (*REQUIRED, *OPTIONAL) if name in fields}
        if any(isinstance(value, (list, dict)) for value in sent.values()):
            raise PamError(None, "Unexpected error.", 500)
        sent = {name: str(value) for name, value in sent.items()}
        self._check(sent)
        record = self.named(sent["hostname"])
        for kind, known in self._catalogues.items():
            if sent[kind] not in known:
                known.add(sent[kind])
                self._world.ledger.record(
                    "senhasegura", "catalogue_entry_created", account=client, kind=kind, value=sent[kind]
                )
        if record is not None:
            self._update(record, sent, client)
            return record, False
        record = Record(str(self._highest + 1), **sent)
        self._enter(record)
        self.note("device_created", record, client)
        return record, True

    def _check(self, sent: t.Mapping[str, str]) -> None:
        empty_counts = self._world.knobs["senhasegura.empty_required"] == "missing"
        missing = [code for name, code in REQUIRED.items() if name not in sent or (empty_counts and not sent[name])]
        if missing:
            raise PamError(missing[0 if self._world.knobs["senhasegura.missing_order"] == "documented" else -1])
        domains = sent.get("device_domain", "")
        if domains and not set(domains.split(",")) <= {*DOMAINS, *DOMAINS.values()}:
            raise PamError(1029)

    def _update(self, record: Record, sent: Fields, client: str) -> None:
        wanted = dict(sent, hostname=record.hostname)
        if self.setting(record, "omitted_optional") == "clear":
            wanted = dict.fromkeys(OPTIONAL, "") | wanted
        if self.setting(record, "list_update") == "merge":
            for name in LISTS & sent.keys():
                wanted[name] = ",".join(dict.fromkeys(parts(getattr(record, name)) + parts(sent[name])))
        changed = [name for name, value in wanted.items() if getattr(record, name) != value]
        for name in changed:
            setattr(record, name, wanted[name])
        self.note("device_updated", record, client, changed=changed)
        if not record.active and self.setting(record, "post_inactive") == "activates":
            self.set_active(record, True, client)

    def set_active(self, record: Record, active: bool, client: str | None, **detail: t.Any) -> None:
        """Activate or deactivate; nothing happens when it already is so."""
        if record.active != active:
            record.active = active
            self.note("device_activated" if active else "device_deactivated", record, client, **detail)

    def note(self, effect: str, record: Record, client: str | None, **detail: t.Any) -> None:
        """Record an effect on a device."""
        self._world.ledger.record(
            "senhasegura", effect, record.hostname, account=client, device_id=record.number, **detail
        )

    def listed(self) -> list[Fields]:
        """The items of the list call: eight fields each (section 6.2)."""
        inactive_too = self._world.knobs["senhasegura.list_inactive"] == "yes"
        with_tags = self._world.knobs["senhasegura.fields"] == "current"
        shown = []
        for record in self._records.values():
            if record.visible and (record.active or inactive_too):
                item = self._base(record)
                shown.append(item | {"tags": self._tags(record)} if with_tags else item)
        return shown

    def shown(self, record: Record, *, in_post: bool = False) -> Fields:
        """One device: eleven fields (section 6.3)."""
        base = self._base(record)
        if self._world.knobs["senhasegura.fields"] == "old":
            return base
        form = self._world.knobs["senhasegura.connectivities_form"]
        joined = (", " if form == "blank" else ",").join(parts(record.connectivities))
        return base | {
            "device_domain": self._domains(record),
            "connectivities": "" if in_post and form == "empty_in_post" else joined,
            "session_remote_config": record.session_remote_config,
            "device_tags": self._tags(record),
        }

    def _base(self, record: Record) -> Fields:
        return {
            "id": shown_id(self._world.knobs, record.number),
            "hostname": record.hostname,
            "ip": record.ip,
            "model": record.model,
            "type": record.type,
            "vendor": record.vendor,
            "site": record.site,
        }

    def _tags(self, record: Record) -> str:
        joined = self._world.knobs["senhasegura.tags_form"] == "joined"
        return ",".join(parts(record.device_tags)) if joined else record.device_tags

    def _domains(self, record: Record) -> str:
        if self._world.knobs["senhasegura.domain_form"] == "sent" or not record.device_domain:
            return record.device_domain
        full = {short: name for name, short in DOMAINS.items()}
        return ",".join(full.get(name, name) for name in record.device_domain.split(","))

    def state(self) -> dict[str, Fields]:
        """All records as JSON by hostname; a second one of the same hostname has its id added."""
        return {
            record.hostname
            if self._by_name[record.hostname] is record
            else f"{record.hostname} ({record.number})": asdict(record)
            for record in self._records.values()
        }

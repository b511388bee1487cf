# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the senhasegura simulator keeps secret: credentials, SSH keys, information items; one number space for all."""

from __future__ import annotations

import itertools
import typing as t
import uuid
from dataclasses import dataclass, field

from tests.simulators.senhasegura_wire import PamError

if t.TYPE_CHECKING:
    from tests.simulators.senhasegura_registry import Record
    from tests.simulators.world import World

FIRST_NUMBER = 5001


@dataclass(slots=True)
class Credential:
    """One account on a device; ``custody`` holds since when (epoch seconds) each client has it checked out."""

    number: str
    identifier: str
    username: str
    record: Record
    secret: str
    kind: str = "Local User"
    domain: str = ""
    additional: str = ""
    active: bool = True
    custody: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Key:
    """One SSH key of a device."""

    number: str
    identifier: str
    username: str
    record: Record
    public_key: str
    private_key: str
    active: bool = True


@dataclass(slots=True)
class Information:
    """One protected information item."""

    number: str
    identifier: str
    name: str
    kind: str
    content: str
    active: bool = True


Item = Credential | Key | Information


class Vault:
    """All items. Each seeded device has one credential; the first has an SSH key too; there is one information item."""

    def __init__(self, world: World, records: t.Sequence[Record]) -> None:
        self._world = world
        self._numbers = itertools.count(FIRST_NUMBER)
        self._items: dict[str, Item] = {}
        for record in records:
            self.seed(record)
        for record in records[:1]:
            self.add(Key(self.next_number(), "first-key", "admin", record, "ssh-ed25519 AAAA", "sim-private-key"))
        self.add(Information(self.next_number(), "console-note", "console note", "note", "sim-information"))

    def seed(self, record: Record) -> None:
        """Give a device its credential."""
        number = self.next_number()
        self.add(Credential(number, f"admin-{number}", "admin", record, f"sim-password-{number}"))

    def next_number(self) -> str:
        """A number nobody has."""
        return str(next(self._numbers))

    def add(self, item: Item) -> None:
        """Keep an item."""
        self._items[item.number] = item

    def credentials(self) -> list[Credential]:
        """All credentials."""
        return [item for item in self._items.values() if isinstance(item, Credential)]

    def ssh_keys(self) -> list[Key]:
        """All SSH keys."""
        return [item for item in self._items.values() if isinstance(item, Key)]

    def credential(self, name: str) -> Credential:
        """A credential by number, identifier or ``username@hostname``; raises PamError 1007, 1009 or 1010."""
        found = self._items.get(name) or self._identified(Credential, name)
        if found is None:
            username, _, hostname = name.partition("@")
            found = self.credential_on(hostname, username)
        if found is None:
            raise PamError(1007)
        if not isinstance(found, Credential):
            raise PamError(1010)
        if not found.record.visible:
            raise PamError(1009)
        return found

    def credential_on(self, hostname: str, username: str, ip: str | None = None) -> Credential | None:
        """The credential of an account on a device."""
        return next(
            (
                item
                for item in self.credentials()
                if (item.record.hostname, item.username) == (hostname, username) and ip in {None, item.record.ip}
            ),
            None,
        )

    def key(self, name: str) -> Key:
        """An SSH key by number or identifier; raises PamError 1015 or 1016."""
        found = self._items.get(name) or self._identified(Key, name)
        if found is None:
            raise PamError(1015)
        if not isinstance(found, Key):
            raise PamError(1016)
        return found

    def information(self, name: str) -> Information:
        """An information item by number or identifier; raises PamError 1023."""
        found = self._items.get(name) or self._identified(Information, name)
        if not isinstance(found, Information):
            raise PamError(1023)
        return found

    def identified(self, identifier: str) -> Item | None:
        """Any item by its identifier."""
        return self._identified((Credential, Key, Information), identifier) if identifier else None

    def _identified(self, kind: type[Item] | tuple[type[Item], ...], identifier: str) -> Item | None:
        return next(
            (item for item in self._items.values() if isinstance(item, kind) and item.identifier == identifier), None
        )

    def suspend(self, record: Record) -> int:
        """Suspend all credentials of a device and give how many that were."""
        active = [item for item in self.credentials() if item.record is record and item.active]
        for item in active:
            item.active = False
        return len(active)

    def note(self, effect: str, item: Item, client: str, **detail: t.Any) -> None:
        """Record an effect on an item; never its content."""
        record = None if isinstance(item, Information) else item.record
        self._world.ledger.record(
            "senhasegura",
            effect,
            record.hostname if record else None,
            account=client,
            device_id=record.number if record else None,
            item=item.number,
            **detail,
        )

    def custody(self) -> list[dict[str, str]]:
        """Who has which credential checked out, as JSON."""
        iso = self._world.clock.iso
        return [
            {"credential": item.number, "hostname": item.record.hostname, "client": client, "since": iso(since)}
            for item in self.credentials()
            for client, since in item.custody.items()
        ]


def new_identifier() -> str:
    """An identifier for an item that was sent without one."""
    return str(uuid.uuid4())

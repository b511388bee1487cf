# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an order to device_operation holds, and what it is carried out with."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import Gates
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import Operation
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.polling import PageWise
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow


@dataclasses.dataclass(frozen=True)
class Outside:
    """What blocks a device outside of a window: the locks of others, and the rest of its redundancy group.

    ``holders`` are the names under which this user may hold a lock himself. ``partners`` has the other members of a
    group by the device's name in Zequenze Control. ``without`` names the checks that the task leaves out on purpose.
    ``wait_timeout`` is how many seconds to wait for both.
    """

    holders: t.Collection[str] = ()
    partners: t.Mapping[str, t.Sequence[RecordedDevice]] = dataclasses.field(default_factory=dict)
    without: t.Collection[str] = ()
    wait_timeout: float = 0.0


@dataclasses.dataclass(frozen=True)
class Order:
    """What is asked for, for all devices of a task; ``outside`` is what counts where there is no window.

    ``attempt`` above 1 is a person's wish to send again what failed or is unknown; ``observe_only`` settles what was
    sent earlier and sends nothing. ``devices`` has, by its name in Zequenze Control, what is known of each device: most
    of all the name it is locked under. Times are seconds, ``since`` and ``not_after`` epoch seconds.
    """

    operation: Operation
    devices: t.Mapping[str, RecordedDevice]
    window_id: str | None = None
    since: float | None = None
    not_after: float | None = None
    wait: bool = True
    wait_timeout: float = 600.0
    wait_interval: float = 5.0
    conflict_timeout: float = 300.0
    require_lock: bool = False
    attempt: int = 1
    observe_only: bool = False
    outside: Outside | None = None

    def lock_name(self, device: str) -> str:
        """Return the name a device is locked under."""
        return self.devices[device].sdm_name


@dataclasses.dataclass(frozen=True)
class Context:
    """What an order is carried out with: the client, the journal, the clock, check mode (``dry``), the gates.

    Only observing needs no gates; ``page_wise`` is there when several devices are waited for at once.
    """

    zequenze: Zequenze
    operations: Operations
    locks: Locks
    clock: Clock
    run_alive: t.Callable[[], bool] = lambda: True
    dry: bool = False
    gates: Gates | None = None
    page_wise: PageWise | None = None

    def device(self, name: str) -> DeviceRow:
        """Return a device's record as it is now, read together with others that ask for theirs at about this moment.

        Raises as :meth:`Zequenze.device`.
        """
        return self.zequenze.device(name) if self.page_wise is None else self.page_wise.device_now(name)

    @property
    def limits(self) -> Limits:
        """Return the limits that a claim has to keep."""
        return Limits() if self.gates is None else self.gates.limits

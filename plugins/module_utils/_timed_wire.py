# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wire that compares the server's clock with ours, as its answers tell it."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._wire import Answer, Guard, Request, Wire


class TimedWire(Wire):
    """A wire that remembers how far the server's clock was from ours, as its answers' ``Date`` told."""

    def call(self, request: Request, *, repeatable: bool, guard: Guard | None = None) -> Answer:
        """Make a call as :meth:`Wire.call` does, and compare the clocks."""
        before = self.clock.now()
        answer = super().call(request, repeatable=repeatable, guard=guard)
        ahead = clock_ahead(answer.server_date, before, self.clock.now())
        if ahead is not None and (self.ahead is None or abs(ahead) < abs(self.ahead)):
            self.ahead = ahead
        return answer


def clock_ahead(date: float | None, before: float, after: float) -> float | None:
    """Give by how many seconds a server's clock is ahead at least, negative: behind; None when it shows no ``Date``.

    ``date`` is in whole seconds and was written at some time between ``before`` and ``after``, so up to a second and
    the length of the call are no difference. Pure.
    """
    if date is None:
        return None
    least, most = date - after, date + 1 - before
    return least if least > 0 else most if most < 0 else 0.0

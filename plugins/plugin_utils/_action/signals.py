# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that has to end (SIGTERM) or loses its terminal (SIGHUP) ends as after Ctrl-C.

By default the controller ends at once on these, without what is left for the end of the run. What this run locked stays
locked until a person recovers it, and there is no report.
"""

from __future__ import annotations

import os
import signal
import threading
import types

_ENDING = (signal.SIGTERM, signal.SIGHUP)


def end_in_good_order() -> None:
    """Have the controller process end by SystemExit on SIGTERM and SIGHUP. To be called in the controller.

    A signal that is ignored (nohup) or handled already is left alone. The workers, which are forks, keep the default.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    ours = [number for number in _ENDING if _ends_at_once(signal.getsignal(number))]
    controller = os.getpid()

    def end(number: int, _frame: types.FrameType | None) -> None:
        if os.getpid() == controller:
            # The second one ends the process at once, for whoever cannot wait.
            _reset(ours)
            raise SystemExit(128 + number)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    for number in ours:
        signal.signal(number, end)
    os.register_at_fork(after_in_child=lambda: _reset(ours))


def _ends_at_once(handler: object) -> bool:
    """Whether this is what Python does by itself, or what ansible-core from 2.19 on does: end all processes at once."""
    return handler is signal.SIG_DFL or str(getattr(handler, "__module__", "")).startswith("ansible.")


def _reset(numbers: list[signal.Signals]) -> None:
    for number in numbers:
        signal.signal(number, signal.SIG_DFL)

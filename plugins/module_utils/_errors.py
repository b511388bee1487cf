# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few ways things go wrong, each with a kind.

Everything raises one of these; only the module runner (``_module/run.py``) turns one into a failed result. The kinds
keep three situations apart that must never be mixed up: certainly not executed, answered with a refusal, and nobody
knows.
"""

from __future__ import annotations

import os
import sys
import traceback
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import mask

# Almost everything imports this file first, so that an older Python is refused in one sentence.
if sys.version_info < (3, 10):  # noqa: UP036
    raise ImportError(
        f"netfleet.maintenance needs Python 3.10 or later, and {sys.executable} is "
        f"{sys.version_info[0]}.{sys.version_info[1]}. Install ansible-core with a newer Python."
    )


class MaintenanceError(Exception):
    """Base of every error this collection raises on purpose.

    Takes one sentence for a person, written so that it can stand alone: which system, what it answered, what to do.
    ``kind`` is stable and meant for programs (it is returned as ``kind`` beside ``msg``).
    """

    kind: t.ClassVar[str] = "error"

    def __init__(self, message: str = "") -> None:
        """Take the sentence, in which every known secret is masked: it may quote a server, a library or an option."""
        super().__init__(mask(message))


class BadInput(MaintenanceError):
    """An option, a name or a combination of options cannot be carried out; nothing was sent."""

    kind = "bad_input"


class NotSent(MaintenanceError):
    """No byte of the request left: the name did not resolve, the connection or TLS failed, or a guard stopped it.

    ``is_final`` tells that another try would end the same way: a certificate does not get better.
    """

    kind = "not_sent"

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class Blocked(NotSent):
    """Our own guard stopped the request right before the write (time is up, parent run dead, claim lost)."""

    kind = "blocked"


class NoAnswer(MaintenanceError):
    """The request may have been executed and we cannot know: the answer was lost, late, cut or a server failure.

    ``status`` is the HTTP status where one was read (a 5xx, or a success whose body cannot be believed), else None.
    ``retry_after`` is what the server asked us to wait, in seconds, if it said so.
    """

    kind = "no_answer"

    def __init__(self, message: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Refused(MaintenanceError):
    """The system answered and said no, so the request was not executed.

    ``status`` is the HTTP status, ``code`` the system's own code where it has one (1039, ...). ``repeated`` tells that
    an earlier try of the same call got no answer, so that one may have been executed.
    """

    kind = "refused"

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: int | None = None,
        retry_after: float | None = None,
        repeated: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.repeated = repeated


class SignInRefused(Refused):
    """The credentials were not accepted (401, or the system's own way of saying so)."""

    kind = "sign_in_refused"


class NotFound(Refused):
    """The system knows no such device. Only ever raised for an answer that says so, never for a missing answer."""

    kind = "not_found"


class Conflict(Refused):
    """The system cannot do it now: the device is offline or busy (409), or we are too fast (429)."""

    kind = "conflict"


class JournalError(MaintenanceError):
    """The journal cannot be opened, read or written; without it nothing may be locked or disrupted."""

    kind = "journal"


def defect(error: Exception) -> str:
    """Return the sentence for an error that nothing here raises on purpose: what it says, and which line raised it."""
    raised = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"This is a defect in netfleet.maintenance, please report it: {type(error).__name__}: {error} "
        f"({os.path.basename(raised.filename)}, line {raised.lineno})"
    )

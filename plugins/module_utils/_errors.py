# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few ways things go wrong, each with a kind.

Everything below the face raises one of these; only the face (``_face.py``) turns one into a failed result. The kinds
keep three situations apart that must never be mixed up: certainly not executed, answered with a refusal, and nobody
knows.
"""

from __future__ import annotations

import typing as t


class MaintenanceError(Exception):
    """Base of every error this collection raises on purpose.

    Takes one sentence for a person, written so that it can stand alone: which system, what it answered, what to do.
    ``kind`` is stable and meant for programs (it is returned as ``kind`` beside ``msg``).
    """

    kind: t.ClassVar[str] = "error"


class BadInput(MaintenanceError):
    """An option, a name or a combination of options cannot be carried out; nothing was sent."""

    kind = "bad_input"


class NotSent(MaintenanceError):
    """No byte of the request left: the name did not resolve, the connection or TLS failed, or a guard stopped it."""

    kind = "not_sent"


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

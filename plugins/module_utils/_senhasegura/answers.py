# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What senhasegura PAM Core says in an answer, whichever of its envelopes it uses.

Success and failure are shown by the HTTP status, then the error flag, then the exception's number; never by a text,
because texts are localised (docs/apis/senhasegura.md, 4.2).
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    Conflict,
    MaintenanceError,
    NoAnswer,
    NotFound,
    Refused,
    SignInRefused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.strict_json import parse
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import cut, shown

if t.TYPE_CHECKING:
    from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer


SYSTEM = "senhasegura PAM Core"

NO_SUCH_DEVICE = 1011

READ_ONLY = 1039

ALREADY_ACTIVE = 1044

LONGEST_TEXT = 300

# What a person does about a number (docs/apis/senhasegura.md, 8; only numbers of the device calls are listed there).
_ADVICE = {
    1004: "give hostname",
    1005: "give ip",
    NO_SUCH_DEVICE: "check the hostname, and that the authorization of these credentials reaches the device",
    1019: "give site",
    1020: "give model",
    1021: "give vendor",
    1022: "give type",
    1029: "register every domain of device_domain in PAM Core first",
    READ_ONLY: "the authorization of these credentials is read-only; it needs 'Read and write' on PAM Core",
}

_CODE_AND_TEXT = re.compile(r"\s*(\d{1,9})\s*:\s*(.*)", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Said:
    """One answer, understood as far as its envelope goes.

    ``body`` is None when the answer was no JSON object; ``page`` tells that it was a web page; ``enveloped`` tells that
    PAM Core itself spoke (a gateway in front of it sends no ``response``). ``code`` is the 10xx number of a failure,
    and ``text`` what the server says, without the number; ``tried`` how often it was asked, as a part of a sentence.
    """

    status: int
    body: t.Mapping[str, t.Any] | None
    failed: bool
    code: int | None = None
    text: str = ""
    page: bool = False
    enveloped: bool = False
    retry_after: float | None = None
    tried: str = ""

    @property
    def perhaps_signed_out(self) -> bool:
        """Whether this may be how the system says that a token is no longer good.

        Neither status nor body of that are documented (docs/apis/senhasegura.md, 3.6), so every failure counts that
        carries no number of its own and is no plain server fault or wrong path.
        """
        if not self.failed or self.code is not None:
            return False
        if self.page:
            return self.status < 300 or self.status in (401, 403)
        if self.status == 404:
            return self.body is not None and not self.enveloped
        return self.status in (401, 403) or (self.status in (200, 400, 500) and self.body is not None)


def listen(answer: Answer, where: str, now: float) -> Said:
    """Understand an answer.

    Takes the answer, how a sentence about it begins (system and request), and the wall clock in epoch seconds.
    Raises NoAnswer when the answer reports success but its body cannot be believed.
    """
    if answer.problem:
        raise NoAnswer(f"{where} {answer.problem}.", status=answer.status)
    retry_after = answer.retry_after(now)
    if answer.ok and not answer.body.strip():
        return Said(answer.status, {}, failed=False)
    if answer.media_type == "text/html" or answer.body.lstrip()[:1] == b"<":
        return Said(answer.status, None, failed=True, page=True, retry_after=retry_after, tried=answer.tried)
    try:
        body = parse(answer.body, where, status=answer.status)
        if not isinstance(body, dict):
            raise NoAnswer(f"{where} answered with JSON that is not an object.", status=answer.status)
    except NoAnswer:
        if answer.ok:
            raise
        return Said(answer.status, None, failed=True, retry_after=retry_after, tried=answer.tried)
    return _understood(answer, body, retry_after)


def _understood(answer: Answer, body: dict[str, t.Any], retry_after: float | None) -> Said:
    response = _mapping(body.get("response"))
    exception = _mapping(body.get("exception"))
    flags = (response.get("error"), response.get("erro"), body.get("error"))
    code = _number(exception.get("code"))
    statuses = (_number(response.get("status")), _number(body.get("code")))
    says_so = any(_means_true(flag) for flag in flags) or any((status or 0) >= 400 for status in statuses)
    failed = not answer.ok or says_so or code is not None
    text = _first_text(
        response.get("message"),
        response.get("mensagem"),
        response.get("Message"),
        exception.get("message"),
        body.get("error_description"),
        body.get("message"),
        body.get("error"),
    )
    numbered = _CODE_AND_TEXT.match(text)
    if failed and numbered:
        code = int(numbered[1]) if code is None else code
        text = numbered[2]
    return Said(
        answer.status,
        body,
        failed=failed,
        code=code if failed else None,
        text=text.strip(),
        enveloped="response" in body,
        retry_after=retry_after,
        tried=answer.tried,
    )


def objection(said: Said, deed: str) -> MaintenanceError:
    """Return the error for a failed answer, worded for a person.

    Takes the answer and what was asked in words that follow "did not" (``update the device 'web-01'``).
    """
    number = f", code {said.code}" if said.code is not None else ""
    text = f": {_printable(said.text)}" if said.text else ""
    about = f"{SYSTEM} did not {deed} (HTTP {said.status}{number}{text}){said.tried}"
    status = said.status
    if said.code is not None:
        kind = NotFound if said.code == NO_SUCH_DEVICE else Refused
        advice = _ADVICE.get(said.code)
        return kind(about + (f"; {advice}." if advice else "."), status=status, code=said.code)
    if said.page and (status < 300 or status in (401, 403)):
        return SignInRefused(
            f"{about}: it sent a web page in place of data, as for a user who is not signed in; check api_url and "
            "the credentials.",
            status=status,
        )
    if status == 401 or (status == 404 and said.body is not None and not said.enveloped):
        return SignInRefused(f"{about}: the sign-in was not accepted. Check the credentials.", status=status)
    if status == 404:
        return Refused(f"{about}: the server has no such URL. Check api_url and api_prefix.", status=status)
    if status == 429:
        return Conflict(f"{about}: too many requests; try again later.", status=status, retry_after=said.retry_after)
    if status == 403 or (status in (200, 400, 500) and said.enveloped):
        return Refused(
            f"{about}; check that the authorization of these credentials is valid, includes the resource PAM Core "
            "and reaches the device.",
            status=status,
        )
    if status >= 500:
        return NoAnswer(
            f"{about}: a fault on the server; try again later.", status=status, retry_after=said.retry_after
        )
    return Refused(f"{about}.", status=status)


def _printable(text: str) -> str:
    """Make a server's text fit for a message: one line, nothing that does not print, limited in length."""
    line = cut(text, LONGEST_TEXT)
    safe = shown(line) if not line.isprintable() else line
    return safe.rstrip(".!")


def _mapping(value: object) -> dict[str, t.Any]:
    return value if isinstance(value, dict) else {}


def _means_true(flag: object) -> bool:
    """Whether an error flag is raised: a JSON true, a number but 0, or a text that does not say no."""
    if isinstance(flag, str):
        return flag.strip().lower() not in ("", "0", "false")
    return isinstance(flag, (bool, int)) and bool(flag)


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value.strip()[:9])
    return value if isinstance(value, int) and not isinstance(value, bool) and value != 0 else None


def _first_text(*candidates: object) -> str:
    return next((text for text in candidates if isinstance(text, str) and text.strip()), "")

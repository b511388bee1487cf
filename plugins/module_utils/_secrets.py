# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks secrets, in clear or encoded, in every text that leaves the process: the one place that does.

A process knows each secret it was given or got (options, tokens, cookies) from the moment it has it. Texts are masked
before they are cut: half a secret is not recognised any more.
"""

from __future__ import annotations

import base64
import functools
import html.entities
import re
import typing as t
import urllib.parse

MASK = "********"

# A secret as short as this stands in many an answer by chance.
SURELY_SECRET = 16

# So many letters of Base64 that are the secret's alone, whatever stands beside it, are not there by chance.
_FEWEST_LETTERS = 6

_SECRET_NAME = re.compile(r"pass|pwd|secret|token|api_?key|private_?key|credential|signature|\bsig\b|\bauth", re.I)

_SECRET_PAIR = re.compile(rf"(?:{_SECRET_NAME.pattern})[\w-]*[\"']?\s*[:=]", re.I)

_ADDRESS = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://")

_WORD = re.compile(r"[A-Za-z0-9]+")

_ENTITIES = {chr(number): f"&{name};" for number, name in html.entities.codepoint2name.items()}


class _Secret:
    """One secret with the texts by which it is recognised, made once."""

    def __init__(self, text: str) -> None:
        self.text = text
        words = _WORD.findall(text)
        self.is_plain = words == [text]
        # Nobody escapes letters and digits: where the longest word is not, no escaped form is either.
        self.word = max(words, key=len, default="")
        self.base64 = _base64_letters(text)
        self.needles = tuple(dict.fromkeys((text, self.word, *self.base64)))

    @functools.cached_property
    def escaped(self) -> re.Pattern[str]:
        """What matches it in a URL, HTML, XML, JSON or a Python text."""
        return re.compile("".join(map(_spellings, self.text)))

    def masked_in(self, text: str) -> str:
        if self.is_plain:
            text = text.replace(self.text, MASK)
        elif self.word in text:
            text = self.escaped.sub(MASK, text)
        for letters in self.base64:
            if letters in text:
                text = re.sub(rf"[A-Za-z0-9+/_-]*{re.escape(letters)}[A-Za-z0-9+/_-]*={{0,2}}", MASK, text)
        return text


_secret = functools.lru_cache(maxsize=256)(_Secret)

_known: tuple[_Secret, ...] = ()

_needles: tuple[str, ...] = ()


def know(*secrets: str | None) -> None:
    """Mask these texts from now on, in this process and those it forks. Empty and blank ones are ignored."""
    global _known, _needles
    found = {*(each.text for each in _known), *(secret for secret in secrets if secret and secret.strip())}
    if len(found) > len(_known):
        # The longest first: one may be the beginning of another.
        _known = tuple(_secret(text) for text in sorted(found, key=lambda text: (-len(text), text)))
        _needles = tuple(dict.fromkeys(needle for each in _known for needle in each.needles))


def forget() -> None:
    """Start again with no secret known; for tests."""
    global _known, _needles
    _known, _needles = (), ()


def mask(text: str, secrets: t.Iterable[str] | None = None, *, shortest: int = 1) -> str:
    """Return a text with every known secret masked, however it is encoded.

    ``secrets`` are masked instead of all known ones where given; those below ``shortest`` letters are left alone.
    """
    if secrets is not None:
        hidden: t.Iterable[_Secret] = map(_secret, filter(str.strip, secrets))
    elif any(needle in text for needle in _needles):
        hidden = _known
    else:
        return text
    for each in hidden:
        if len(each.text) >= shortest:
            text = each.masked_in(text)
    return text


def masked(value: t.Any) -> t.Any:
    """Return a value with every known secret masked in its texts, keys and numbers, however deep."""
    # Nearly always there is nothing to mask, and one long text is searched much faster than many short ones.
    everything = "\0".join(_texts(value))
    hidden = [each for each in _known if any(needle in everything for needle in each.needles)]
    return _masked(value, hidden) if hidden else value


def _texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(key)
            yield from _texts(each)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "surrogateescape")
    else:
        yield str(value)


def _masked(value: t.Any, hidden: t.Sequence[_Secret]) -> t.Any:
    if isinstance(value, str):
        for each in hidden:
            value = each.masked_in(value)
        return value
    if isinstance(value, bytes):
        return _masked(value.decode("utf-8", "surrogateescape"), hidden).encode("utf-8", "surrogateescape")
    if isinstance(value, dict):
        return {_masked(key, hidden): _masked(each, hidden) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(_masked(each, hidden) for each in value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return MASK if any(each.text == str(value) for each in hidden) else value
    return value


def secrets_in(value: object) -> set[str]:
    """Return the secrets that stand inside addresses: passwords, a token as the user, and parameters named like one.

    ``value`` holds a task's options, of whatever name and however deep: an address with a password is one everywhere.
    """
    if isinstance(value, (dict, list, tuple)):
        inner = value.values() if isinstance(value, dict) else value
        return set().union(*map(secrets_in, inner))
    if not isinstance(value, str) or not _ADDRESS.match(value):
        return set()
    scheme, _mark, rest = value.strip().partition("://")
    found = _in_authority(scheme.lower(), rest)
    query = re.split("[?#]", rest, maxsplit=1)
    for pair in re.split("[&;]", query[1]) if len(query) > 1 else ():
        name, _equals, given = pair.partition("=")
        if _SECRET_NAME.search(urllib.parse.unquote(name)):
            found.add(given)
    return {form for secret in found for form in (secret, urllib.parse.unquote_plus(secret)) if form.strip()}


def _in_authority(scheme: str, rest: str) -> set[str]:
    """Return what stands before the host; a password may hold an unencoded slash, so the last @ counts."""
    before, at, _host = rest.rpartition("@")
    if not at:
        return set()
    user, colon, password = before.partition(":")
    if colon and not re.match(r"\d*/", password):
        return {password}
    # A user without a password is a token for a web server, and only a name for a database.
    is_token = scheme in ("http", "https") and not colon and "/" not in user
    return {user} if is_token else set()


def holds_secret(value: t.Any) -> bool:
    """Whether a user's value holds a secret: a known one, one in an address, or anything under a name like one."""
    if masked(value) != value or secrets_in(value):
        return True
    if isinstance(value, dict):
        return any(bool(_SECRET_NAME.search(str(name))) or holds_secret(each) for name, each in value.items())
    if isinstance(value, (list, tuple)):
        return any(map(holds_secret, value))
    return isinstance(value, str) and bool(_SECRET_PAIR.search(value))


@functools.lru_cache(maxsize=256)
def _spellings(letter: str) -> str:
    if letter.isascii() and letter.isalnum():
        return letter
    code = ord(letter)
    utf8, utf16 = letter.encode("utf-8", "surrogatepass"), letter.encode("utf-16-be", "surrogatepass")
    units = re.findall("....", utf16.hex())
    forms = [
        "".join(f"%(?:25)*{_any_case(f'{byte:02x}')}" for byte in utf8),
        f"&#0*{code};",
        f"&#[xX]0*{_any_case(f'{code:x}')};",
        "".join(rf"\\+u{_any_case(unit)}" for unit in units),
        rf"\\+U{_any_case(f'{code:08x}')}",
        "".join(rf"\\+x{_any_case(f'{byte:02x}')}" for byte in utf8),
    ]
    if code < 256:
        forms += [f"%(?:25)*{_any_case(f'{code:02x}')}", rf"\\+x{_any_case(f'{code:02x}')}"]
    if letter in _ENTITIES:
        forms.append(re.escape(_ENTITIES[letter]))
    forms += {" ": [r"\+"], "'": ["&apos;"], "\n": [r"\\+n"], "\t": [r"\\+t"]}.get(letter, [])
    # Last, because it may be the beginning of another form.
    forms.append(r"\\{0,4}" + re.escape(letter))
    return f"(?:{'|'.join(forms)})"


def _any_case(digits: str) -> str:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)


def _base64_letters(secret: str) -> tuple[str, ...]:
    """Return the letters by which a secret shows in Base64, alone or inside a longer text (``user:secret``).

    Three bytes make four letters, so there are three ways to fall; letters that depend on a neighbour are left out.
    """
    found: dict[str, None] = {}
    for plain in dict.fromkeys((secret, urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret))):
        content = plain.encode("utf-8", "surrogatepass")
        for before in range(3):
            first, end = -(-8 * before // 6), 8 * (before + len(content)) // 6
            letters = base64.b64encode(b"\0" * before + content).decode("ascii")[first:end]
            if len(letters) >= _FEWEST_LETTERS:
                found |= dict.fromkeys((letters, letters.replace("+", "-").replace("/", "_")))
        if len(content) >= 3:
            whole = base64.b64encode(content).decode("ascii")
            found |= dict.fromkeys((whole, whole.replace("+", "-").replace("/", "_")))
    return tuple(found)

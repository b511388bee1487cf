# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other names for devices, people and addresses, so that a trace can leave the house; the same one each time in a run.

A name is what stands in a field of a record that holds names, or in a path or a query at the place of one. It is then
replaced wherever it stands as a word of its own. The names of fields and everything else stay as they are.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import os
import re
import typing as t
import urllib.parse

# Made once in the controller process, before it forks its workers, and kept nowhere.
_KEY = os.urandom(16)

# Names that are remembered; a larger fleet is still renamed wherever a field or a path says that it is a name.
MOST_NAMES = 50_000

_FIELD = re.compile(
    r"name$|^device$|^devices?_?id$|host|serial|^ip|ip_?address$|^address|user|client|account|organi[sz]ation|^site$|"
    r"location|latitude|longitude|mac(_?address)?$|e?mail|phone|tenant|domain|tag|^url$|label|contact|description|comment",
    re.IGNORECASE,
)

# Names of settings and of kinds of things: they say what happened, and no customer's name stands there.
_NO_NAME = re.compile(
    r"variable|parameter|metric|^file_?name$|model|vendor|version|type|platform|profile", re.IGNORECASE
)

_PATH = re.compile(r"(/inventory_device_(?:name|serial)[a-z_]*/)([^/?]+)")

_WORD = re.compile(r"[\w.@:-]+")

_IP = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")

_ELEMENT = re.compile(r"(<([\w.:-]+)(?:\s[^<>]*)?>)([^<]+)(?=<)")


class Pseudonyms:
    """Renames what it is given; safe for several threads."""

    def __init__(self, origin: str, other_origin: str) -> None:
        """Take the address of the system, and what stands in its place."""
        self._origin, self._other_origin = origin, other_origin
        self._names: dict[str, str] = {}

    def learn(self, path: str, query: t.Iterable[tuple[str, str]], bodies: t.Iterable[str]) -> None:
        """Note the names in the path (still encoded), the query and the bodies of one exchange."""
        found = [urllib.parse.unquote(match[2]) for match in _PATH.finditer(path)]
        found += [part for name, value in query if _is_name_field(name.rpartition("__")[2]) for part in [value]]
        for body in bodies:
            found += _names_in(body)
        for name in found:
            if len(name.strip()) > 1 and len(self._names) < MOST_NAMES and not name.strip().isdigit():
                self._names.setdefault(name, _other(name))

    def address(self, base_url: str) -> str:
        """Return the address of the system."""
        return base_url.replace(self._origin, self._other_origin)

    def path(self, path: str) -> str:
        """Return a path, still encoded."""
        return _PATH.sub(lambda match: match[1] + self._quoted(match[2]), path)

    def _quoted(self, segment: str) -> str:
        return urllib.parse.quote(self.text(urllib.parse.unquote(segment)), safe="")

    def query(self, query: t.Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the pairs of a query."""
        return [(name, self.text(value)) for name, value in query]

    def text(self, text: str) -> str:
        """Return a text with every name in it replaced."""
        text = text.replace(self._origin, self._other_origin)
        if text in self._names:
            return self._names[text]
        # Names with blanks or other signs are no word; they are few.
        for name, other in list(self._names.items()):
            if not _WORD.fullmatch(name) and name in text:
                text = text.replace(name, other)

        def word(match: re.Match[str]) -> str:
            whole = match[0]
            bare = whole.rstrip(".:-")
            if whole in self._names:
                return self._names[whole]
            if bare in self._names:
                return self._names[bare] + whole.removeprefix(bare)
            return _IP.sub(lambda found: _other(found[0]), whole)

        return _WORD.sub(word, text)

    def body(self, body: str) -> str:
        """Return a body: the values of JSON, what stands between the tags of XML, or the whole text."""
        stripped = body.lstrip("\ufeff \t\r\n")
        if stripped[:1] in ("{", "["):
            try:
                return json.dumps(self._of_json(json.loads(stripped)), ensure_ascii=False)
            except (ValueError, RecursionError):
                return self.text(body)
        if stripped[:1] == "<":
            return _ELEMENT.sub(lambda match: match[1] + self.text(match[3]), body)
        return self.text(body)

    def _of_json(self, value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {key: self._of_json(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._of_json(each) for each in value]
        return self.text(value) if isinstance(value, str) else value


def _is_name_field(field: str) -> bool:
    return bool(_FIELD.search(field)) and not _NO_NAME.search(field)


def _names_in(body: str) -> t.Iterator[str]:
    stripped = body.lstrip("\ufeff \t\r\n")
    if stripped[:1] in ("{", "["):
        try:
            yield from _names_in_json(json.loads(stripped), named=False)
        except (ValueError, RecursionError):
            return
    elif stripped[:1] == "<":
        for match in _ELEMENT.finditer(stripped):
            if _is_name_field(match[2].rpartition(":")[2]):
                yield match[3].strip()


def _names_in_json(value: t.Any, *, named: bool) -> t.Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _names_in_json(each, named=_is_name_field(key))
    elif isinstance(value, list):
        for each in value:
            yield from _names_in_json(each, named=named)
    elif named and isinstance(value, str):
        yield value.strip()
        # Several in one field, as PAM Core writes tags and domains.
        yield from (part.strip() for part in value.split(",") if part.strip() != value.strip())


def _other(name: str) -> str:
    """Return the pseudonym of a name: an address for an address, a word that cannot be recognised otherwise."""
    digest = hmac.new(_KEY, name.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    try:
        version = ipaddress.ip_address(name).version
    except ValueError:
        return f"x{digest.hex()[:10]}"
    if version == 4:
        return f"10.{digest[0]}.{digest[1]}.{digest[2]}"
    return f"2001:db8::{digest.hex()[:4]}:{digest.hex()[4:8]}"

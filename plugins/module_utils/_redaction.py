# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes credentials out of foreign documents: known secrets, and whatever stands under the name of one.

A record of a device may hold its password, an answer a token that nobody has read yet. What a process knows is masked
by ``_secrets.mask``; this finds the rest by the names of fields, in JSON, XML, forms, headers and addresses. Pure.
"""

from __future__ import annotations

import json
import re
import typing as t
import urllib.parse

from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import MASK, mask, secrets_in

NAME = re.compile(
    r"pass|pwd|secret|token|private|credential|signature|nonce|community|cookie|session_?id|pre_?shared|"
    r"\bpsk\b|\bpin\b|\bsig\b|\bauth|[_-]auth|key(?:s|_?id|_?data|_?value|material)?$",
    re.IGNORECASE,
)

# Headers whose value is a credential; a part of the value that says what kind it is stays.
_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"})

# Under these stand the values of a row that names its setting in another field.
_VALUE = re.compile(r"value|^default$|^data$", re.IGNORECASE)

_NAMED = re.compile(r"name|parameter|variable|setting|^key$|^id$|^label$|^type$", re.IGNORECASE)

_ATTRIBUTE = re.compile(r"""(\s([\w.:-]+)\s*=\s*)("[^"]*"|'[^']*')""")

# One row of XML that holds a name and a value: an element without elements that have elements.
_ROW = re.compile(r"<(?P<tag>[\w.:-]+)(?:\s[^<>]*)?>(?:\s*<([\w.:-]+)(?:\s[^<>]*)?>[^<]*</\2\s*>)+\s*</(?P=tag)\s*>")

_ROW_NAME = re.compile(r"<[\w.:-]*(?:name|parameter|key|id|type)[\w.:-]*(?:\s[^<>]*)?>([^<]*)(?=<)", re.IGNORECASE)

_ROW_VALUE = re.compile(r"(<[\w.:-]*(?:value|default|data)[\w.:-]*(?:\s[^<>]*)?>)[^<]+(?=<)", re.IGNORECASE)

_PAIR = re.compile(r"""(["']?)([A-Za-z][\w.-]*)\1(\s*[=:]\s*)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s&;,<>"'}\])]+)""")


def redacted(text: str) -> str:
    """Return a document, or any text, without its credentials; the rest stays as it is."""
    stripped = text.lstrip("\ufeff \t\r\n")
    if stripped[:1] in ("{", "["):
        try:
            document = json.loads(stripped)
            found = _of_json(document)
        except (ValueError, RecursionError):
            return mask(_of_pairs(text))
        return mask(text if found == document else json.dumps(found, ensure_ascii=False))
    if stripped[:1] == "<":
        return mask(_of_addresses(_of_xml(text)))
    return mask(_of_addresses(_of_pairs(text)))


def redacted_header(name: str, value: str) -> str:
    """Return the value of a header without its credential; the kind of one and the attributes of a cookie stay."""
    if name.lower() in ("cookie", "set-cookie"):
        first, *attributes = value.split(";")
        cookies = first if name.lower() == "set-cookie" else value
        shown = re.sub(r"=[^;]*", f"={MASK}", cookies)
        return mask(";".join([shown, *attributes]) if name.lower() == "set-cookie" else shown)
    if name.lower() in _HEADERS or NAME.search(name):
        scheme, blank, _rest = value.partition(" ")
        return f"{scheme} {MASK}" if blank and scheme.isalnum() else MASK
    return mask(_of_addresses(_of_pairs(value)))


def redacted_query(query: t.Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs of a query without credentials."""
    return [(name, MASK if NAME.search(name) else mask(value)) for name, value in query]


def _of_json(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        names_one = any(_NAMED.search(key) and _is_name(each) for key, each in value.items())
        return {
            key: _hidden(each) if NAME.search(key) or (names_one and _VALUE.search(key)) else _of_json(each)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_of_json(each) for each in value]
    return _of_text(value) if isinstance(value, str) else value


def _is_name(value: t.Any) -> bool:
    """Whether a value is the name of a credential, or a record that has such a name."""
    if isinstance(value, dict):
        return any(_NAMED.search(key) and _is_name(each) for key, each in value.items())
    return isinstance(value, str) and bool(NAME.search(value))


def _hidden(value: t.Any) -> t.Any:
    """Mask every text and number of a value; whether there is one at all stays visible."""
    if isinstance(value, dict):
        return {key: _hidden(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_hidden(each) for each in value]
    return value if value in (None, "") or isinstance(value, bool) else MASK


def _of_text(text: str) -> str:
    """Redact a text inside a document, which may be a document, a form or an address itself."""
    stripped = text.lstrip()
    if stripped[:1] in ("{", "[", "<"):
        return redacted(text)
    return _of_addresses(_of_pairs(text))


def _of_xml(text: str) -> str:
    def row(match: re.Match[str]) -> str:
        is_secret = any(map(NAME.search, _ROW_NAME.findall(match[0])))
        return _ROW_VALUE.sub(rf"\g<1>{MASK}", match[0]) if is_secret else match[0]

    def attribute(match: re.Match[str]) -> str:
        is_secret = NAME.search(match[2].rpartition(":")[2]) and len(match[3]) > 2
        return f"{match[1]}{match[3][0]}{MASK}{match[3][0]}" if is_secret else match[0]

    text = _ROW.sub(row, text)
    for tag in dict.fromkeys(re.findall(r"<([\w.:-]+)", text)):
        if NAME.search(tag.rpartition(":")[2]):
            name = re.escape(tag)
            whole = re.compile(rf"(<{name}(?:\s[^<>]*)?>)(.*?)(?=</{name}\s*>|\Z)", re.DOTALL)
            text = whole.sub(lambda match: match[1] + _element(match[2]), text)
    return _ATTRIBUTE.sub(attribute, text)


def _element(content: str) -> str:
    """Mask what stands between the tags of an element, however deep."""
    if not content.strip():
        return content
    if "<" not in content or "<![CDATA[" in content:
        return MASK
    return re.sub(r"(>|^)([^<>]*\S[^<>]*)(?=<|$)", rf"\g<1>{MASK}", content)


def _of_pairs(text: str) -> str:
    def pair(match: re.Match[str]) -> str:
        if not NAME.search(urllib.parse.unquote(match[2])):
            return match[0]
        value = match[4]
        quote = value[0] if value[0] in "\"'" else ""
        return f"{match[1]}{match[2]}{match[1]}{match[3]}{quote}{MASK}{quote}"

    return _PAIR.sub(pair, text)


def _of_addresses(text: str) -> str:
    """Mask the passwords and tokens inside addresses."""
    if "://" not in text:
        return text

    def address(match: re.Match[str]) -> str:
        return mask(match[0], secrets_in(match[0]))

    return re.sub(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+", address, text)

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing the documents of Oracle Session Delivery Manager: XML in two list dialects, and JSON in three.

Only what is needed is required; unknown elements are passed over (docs/apis/oracle_sdm.md, 3, 4.4 and 7.2).
"""

from __future__ import annotations

import codecs
import dataclasses
import typing as t
from xml.etree import ElementTree

try:
    import defusedxml
    import defusedxml.ElementTree
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer, SignInRefused
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.strict_json import parse
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import cut

SYSTEM = "Oracle SDM"

# Element and key names a list of devices is wrapped in: singular until 8.2.5 and in 9.0.0, plural repeated elsewhere.
DEVICE_NAMES = frozenset({"device", "devices"})

ERROR_NAMES = frozenset({"error", "errors", "errormessage", "fault", "exception"})

# A list of ten thousand devices has less than three hundred thousand elements.
DEEPEST = 32

MOST_ELEMENTS = 500_000

# What is between two tags comes in pieces, but a tag has to be kept until it ends.
PIECE = 64 * 1024

LONGEST_TAG = 1024 * 1024

Document = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class SdmDevice:
    """A device as SDM's inventory shows it, its ``name`` empty where it has none (docs/apis, 4.4).

    Credentials parameters are left out on purpose.
    """

    id: str
    name: str
    ip: str | None
    serial: str | None
    platform: str | None
    version: str | None
    config_version: str | None
    reachable: bool | None
    manageable: bool | None
    nf_name: str | None
    nf_id: str | None = None
    parent_group_id: str | None = None


def write(root: str, fields: t.Mapping[str, str]) -> bytes:
    """Write a flat XML document; text is escaped by the serializer."""
    element = ElementTree.Element(root)
    for name, value in fields.items():
        ElementTree.SubElement(element, name).text = value
    document: bytes = ElementTree.tostring(element, encoding="utf-8", xml_declaration=True)
    return document


def read(answer: Answer) -> Document:
    """Read an answer's XML or JSON document into dictionaries (repeated elements become lists).

    Gives the root's content with the root's own name under ``""`` for XML. Raises SignInRefused for an HTML page and
    NoAnswer for anything else that cannot be read.
    """
    refuse_page(answer)
    body = _body(answer)
    if body[:1] in (b"{", b"["):
        value = parse(body, SYSTEM, status=answer.status)
        return value if isinstance(value, dict) else {"": "", "devices": value}
    builder = _Builder(answer.status)
    parser = defusedxml.ElementTree.XMLParser(target=builder, forbid_dtd=True)
    try:
        rest = memoryview(body)
        while rest:
            piece, rest = rest[:PIECE], rest[PIECE:]
            parser.feed(bytes(piece))
            builder.fed(len(piece))
        root = parser.close()
    except (ElementTree.ParseError, defusedxml.DefusedXmlException, ValueError, LookupError) as error:
        raise NoAnswer(
            f"{SYSTEM} answered with something that is not usable XML ({type(error).__name__}).", status=answer.status
        ) from error
    content = _content(root)
    return {"": root.tag, **content} if isinstance(content, dict) else {"": root.tag, "text": content}


def refuse_page(answer: Answer) -> None:
    """Raise SignInRefused for an HTML page: SDM has none on these paths, so it is a login page or a proxy's."""
    if answer.media_type == "text/html" or _body(answer)[:64].lower().startswith((b"<!doctype html", b"<html")):
        raise SignInRefused(
            f"{SYSTEM} answered with an HTML page instead of data, as a login page or a proxy does; check api_url.",
            status=answer.status,
            repeated=answer.repeated,
        )


def _body(answer: Answer) -> bytes:
    return answer.body.removeprefix(codecs.BOM_UTF8).strip()


class _Builder(ElementTree.TreeBuilder):
    """Builds the tree of a document, of limited depth and size; namespaces and attributes are dropped.

    SDM puts nothing into attributes (docs/apis, 3).
    """

    def __init__(self, status: int) -> None:
        super().__init__()
        self._status = status
        self._depth = 0
        self._elements = 0
        self._unread = 0

    def fed(self, size: int) -> None:
        """Note that the parser was given ``size`` bytes; raises NoAnswer when a tag does not come to its end."""
        self._unread += size
        if self._unread > LONGEST_TAG + PIECE:
            message = f"{SYSTEM} answered with an XML tag of more than {LONGEST_TAG} bytes."
            raise NoAnswer(message, status=self._status)

    def data(self, data: str, /) -> None:
        self._unread = 0
        super().data(data)

    def start(self, tag: t.Any, attrs: t.Any, /) -> ElementTree.Element:
        self._unread = 0
        self._depth += 1
        self._elements += 1
        if self._depth > DEEPEST:
            raise NoAnswer(f"{SYSTEM} answered with XML nested deeper than {DEEPEST} levels.", status=self._status)
        if self._elements > MOST_ELEMENTS:
            raise NoAnswer(f"{SYSTEM} answered with XML of more than {MOST_ELEMENTS} elements.", status=self._status)
        return super().start(str(tag).rpartition("}")[2], {})

    def end(self, tag: t.Any, /) -> ElementTree.Element:
        self._unread = 0
        self._depth -= 1
        return super().end(str(tag).rpartition("}")[2])


def _content(element: ElementTree.Element) -> t.Any:
    if not len(element):
        # Blanks belong to a name: without them it is another device's.
        return (element.text or "") if element.tag == "name" else (element.text or "").strip()
    content: Document = {}
    for child in element:
        value = _content(child)
        if child.tag not in content:
            content[child.tag] = value
        elif isinstance(content[child.tag], list):
            content[child.tag].append(value)
        else:
            content[child.tag] = [content[child.tag], value]
    return content


def devices_in(document: Document) -> list[SdmDevice]:
    """Return every device of a list answer, in any of the documented wrappings.

    Raises NoAnswer when the document is no list of devices: an unreadable list must never look like an empty one.
    """
    if str(document.get("", "")) not in ("", "devices"):
        raise NoAnswer(f"{SYSTEM} answered with <{document['']}> where a list of devices was expected.")
    content = {name: value for name, value in document.items() if name}
    wrapped = [value for name, value in content.items() if name in DEVICE_NAMES]
    if not wrapped:
        if content.get("id"):
            wrapped = [content]
        elif any(value not in ("", None) for value in content.values()):
            raise NoAnswer(f"{SYSTEM} answered with a document that holds no list of devices.")
    records: list[t.Any] = []
    for value in wrapped:
        records.extend(_records(value))
    return [_device(record) for record in records]


def dialect_of(document: Document, *, is_json: bool) -> str:
    """Return in which of the documented ways a list of devices was written (docs/apis, 3). Pure."""
    names = sorted(name for name in document if name in DEVICE_NAMES)
    language = "JSON" if is_json else "XML"
    return f"{language}, items named {' and '.join(names)}" if names else f"{language}, an empty list"


def _records(value: t.Any) -> list[t.Any]:
    """Unwrap an array, a single object, or an object that holds one of them under a known name."""
    if value in ("", None):
        return []
    if isinstance(value, list) and not any(item in ("", None) for item in value):
        return [record for item in value for record in _records(item)]
    if isinstance(value, dict):
        if "id" in value:
            return [value]
        inner = [value[name] for name in DEVICE_NAMES if name in value]
        if inner:
            return [record for item in inner for record in _records(item)]
    raise NoAnswer(f"{SYSTEM} answered with a list of devices that holds something else.")


def _device(record: Document) -> SdmDevice:
    device_id = _text(record.get("id"))
    if not device_id:
        raise NoAnswer(f"{SYSTEM} answered with a device that has no id.")
    platform = record.get("platformInfo") if isinstance(record.get("platformInfo"), dict) else {}
    software = record.get("softwareInfo") if isinstance(record.get("softwareInfo"), dict) else {}
    serial = _text(t.cast("Document", platform).get("serialNumber"))
    return SdmDevice(
        id=device_id,
        name=_text(record.get("name")) or "",
        ip=_text(record.get("ip")),
        serial=None if serial in (None, "", "--") else serial,
        platform=_text(t.cast("Document", platform).get("platform")),
        version=_text(t.cast("Document", software).get("version")),
        config_version=_text(t.cast("Document", software).get("configVersion")),
        reachable=_flag(record.get("connectivityStatus")),
        manageable=_flag(record.get("manageable")),
        nf_name=_text(record.get("nfName")),
        nf_id=_text(record.get("nfId")),
        parent_group_id=_text(record.get("parentGroupId")),
    )


def _text(value: t.Any) -> str | None:
    return None if value is None or isinstance(value, (dict, list)) else str(value)


def _flag(value: t.Any) -> bool | None:
    text = str(value).strip().lower()
    return {"true": True, "1": True, "false": False, "0": False}.get(text)


def error_inside(answer: Answer) -> str | None:
    """Return the text of an error that stands inside a successful answer, or None.

    The lock calls answer without a body; whatever else comes is only believed when it does not say it failed.
    """
    if not answer.body.strip():
        return None
    document = read(answer)
    # JSON may name an error to say that there was none.
    said = {name: value for name, value in document.items() if value is not None and value is not False and value != []}
    for name in (str(document.get("", "")), *said):
        if name.lower() in ERROR_NAMES:
            value = said.get(name) or said.get("text") or said
            if isinstance(value, dict):
                value = value.get("message") or name
            return cut(value, 200)
    return None

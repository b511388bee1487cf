# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CSV file of devices: what is read, and the line number of everything that cannot be."""

from __future__ import annotations

import csv
import io
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.csv_list import COLUMNS, LISTS, read_devices


def read(text: str) -> list[dict[str, t.Any]]:
    return read_devices(text.encode(), "fleet.csv")


def test_a_spreadsheet_is_read_as_it_was_meant() -> None:
    text = (
        "\ufeffhostname,ip,model,connectivities,site\r\n"
        'dub-sbc-01,192.0.2.201,"Acme Packet 4600, rev B",SSH:22; HTTPS:443,DUB\r\n'
        "\r\n"
        "dub-sbc-02 ,,,,\r\n"
    )
    assert read(text) == [
        {
            "hostname": "dub-sbc-01",
            "ip": "192.0.2.201",
            "model": "Acme Packet 4600, rev B",
            "connectivities": ["SSH:22", "HTTPS:443"],
            "site": "DUB",
        },
        {"hostname": "dub-sbc-02"},
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: there is no column hostname"),
        ("hostname,ip\n", "lists no devices"),
        ("hostname;ip\na;b\n", "line 1: separate the columns with commas"),
        ("hostname\tip\na\tb\n", "line 1: separate the columns with commas"),
        ("ip\n192.0.2.1\n", "line 1: there is no column hostname"),
        ("host name,ip\na,b\n", "line 1: unknown column 'host name' .column 1.. Did you mean hostname?"),
        ("hostname,conectivities\na,b\n", "Did you mean connectivities?"),
        ("hostname,Hostname\na,b\n", "Did you mean hostname?"),
        ("hostname,\na,b\n", "unknown column without a name .column 2."),
        ("hostname,ip,ip\na,b,c\n", "column ip stands there more than once"),
        ("hostname,ip\na\n", "line 2: 1 cells for 2 columns"),
        ("hostname,ip\na,b,c\n", "line 2: 3 cells for 2 columns"),
        ("hostname,ip\n,192.0.2.1\n", "line 2: hostname is blank"),
        ("hostname,ip\na,b\n\nA ,c\n", "line 4: hostname 'A' stands in line 2 already"),
        ('hostname,ip\na,b\n"c,d\n', "Check the quotes"),
        ('hostname,model\n"a",b"c"\n"x"y,z\n', "line 3: .*Check the quotes"),
        ('hostname,model\na,"two\nlines"\nb,c\nb,c\n', "line 2: model holds a line break.*line 5: hostname 'b'"),
        ("hostname,connectivities\na,SSH:22;;X:1\n", "line 2: connectivities .* has a blank between"),
        ("hostname,ip\na\0,b\n", "line 2: it holds a NUL"),
    ],
)
def test_every_mistake_has_its_line(text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        read(text)


def test_another_encoding_is_refused_with_its_line() -> None:
    with pytest.raises(BadInput, match=r"fleet\.csv, line 3: the file is not UTF-8"):
        read_devices("hostname,site\na,x\nb,K\xf6ln\n".encode("latin-1"), "fleet.csv")


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        read("hostname\n" + "a,b\n" * 30)
    assert "line 2: " in str(caught.value)
    assert "line 21: " in str(caught.value)
    assert "and 10 more" in str(caught.value)


_CELL = st.text(st.characters(min_codepoint=32, exclude_categories=["C", "Z"]), min_size=1).filter(
    lambda cell: cell.strip() == cell and ";" not in cell
)


@given(
    st.lists(
        st.dictionaries(st.sampled_from([name for name in COLUMNS if name != "hostname"]), st.lists(_CELL, min_size=1)),
        min_size=1,
        max_size=5,
    )
)
def test_what_a_spreadsheet_writes_comes_back(rows: list[dict[str, list[str]]]) -> None:
    devices: list[dict[str, t.Any]] = [
        {"hostname": f"device-{number}"}
        | {name: values if name in LISTS else values[0] for name, values in row.items()}
        for number, row in enumerate(rows)
    ]
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    for device in devices:
        writer.writerow({name: ";".join(v) if isinstance(v, list) else v for name, v in device.items()})
    assert read(file.getvalue()) == devices

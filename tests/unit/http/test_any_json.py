# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever JSON a system sends: a typed row or a MaintenanceError comes of it, and never anything else."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.strict_json import parse
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura import answers as _envelope
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura import rows as _pam_rows
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze import rows as _zequenze_rows
from tests.unit.support.zequenze_script import DEVICE, entry

NOW = 1795226400.0
ENVELOPE = {"response": {"status": 200, "error": False, "message": ""}, "exception": {"code": 1011, "message": "x"}}
LISTED = {
    **dict.fromkeys(_pam_rows.BASE_FIELDS, "x"),
    **dict.fromkeys(_pam_rows.DETAIL_FIELDS, ""),
    "id": 1,
    "tags": "a, b",
}

# Half characters and numbers of any length too: bytes can spell them.
words = st.text(st.characters(exclude_categories=())) | st.sampled_from(["1", "true", "2026-11-21T02:00:00Z", "SSH:22"])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(words, inner), max_leaves=8)


def near(record: t.Mapping[str, t.Any], *more: str) -> st.SearchStrategy[t.Any]:
    """Return anything at all, and what is nearly such a record: any of its fields may be anything, or missing."""
    own = {name: st.just(value) | near(value) if isinstance(value, dict) else st.just(value) | values
           for name, value in record.items()}  # fmt: skip
    return values | st.fixed_dictionaries({}, optional=own | dict.fromkeys(more, values))


def document(value: t.Any) -> bytes:
    return json.dumps(value).encode()


def read(reader: t.Callable[[t.Any], t.Any], value: t.Any) -> t.Any:
    """Read a document the way a door does; gives None where an error said what is wrong with it."""
    try:
        return reader(parse(document(value), "The system"))
    except MaintenanceError:
        return None


def is_typed(row: t.Any) -> bool:
    """Whether each field of a row is of the type that it is annotated with."""
    kinds = t.get_type_hints(type(row))
    return all(isinstance(getattr(row, field.name), kinds[field.name]) for field in dataclasses.fields(row))


@given(near(DEVICE, "results"))
def test_a_device_of_zequenze(value: t.Any) -> None:
    row = read(lambda found: _zequenze_rows.device_row(found, NOW), value)
    assert row is None or is_typed(row)


@given(near(entry(1), "error", "error_code"))
def test_a_log_entry_of_zequenze(value: t.Any) -> None:
    row = read(_zequenze_rows.log_row, value)
    assert row is None or is_typed(row)


@given(near(LISTED))
def test_a_device_of_the_registry(value: t.Any) -> None:
    row = read(lambda found: _pam_rows.device_row(found, "PAM Core"), value)
    if row is None:
        return
    assert row["id"]
    assert row["hostname"]
    for name, field in row.items():
        assert isinstance(field, list) == (name in _pam_rows.LIST_FIELDS)
        assert all(isinstance(text, str) for text in (field if isinstance(field, list) else [field]))


@pytest.mark.row(49, 50)
@given(near(ENVELOPE, "code", "error", "message"), st.sampled_from([200, 201, 400, 401, 403, 404, 429, 500, 503]))
@example({"response": {"status": 10**400}}, 200)
def test_an_envelope_of_the_registry(value: t.Any, status: int) -> None:
    answer = Answer(status, {"content-type": "application/json"}, document(value))
    try:
        said = _envelope.listen(answer, "PAM Core", NOW)
    except MaintenanceError:
        return
    assert isinstance(said.text, str)
    assert said.code is None or isinstance(said.code, int)
    assert said.failed or status < 400
    if said.failed:
        assert isinstance(_envelope.objection(said, "list the devices"), MaintenanceError)
        assert str(_envelope.objection(said, "list the devices")).isprintable()
    assert isinstance(said.perhaps_signed_out, bool)

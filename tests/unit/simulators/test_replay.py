# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replay: the recorded answer to each request, in order, with its instants moved to now."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.simulators.replay import Recording, RecordingError

BEGAN = 1_795_226_400.0  # 2026-11-21T02:00:00Z
BASE = "https://control.example.com/api/v1"


def entry(path: str, text: str, query: t.Sequence[tuple[str, str]] = (), **more: t.Any) -> dict[str, t.Any]:
    return {
        "startedDateTime": "2026-11-21T02:00:00.000+00:00",
        "request": {
            "method": "GET",
            "url": BASE + path,
            "queryString": [{"name": name, "value": value} for name, value in query],
        },
        "response": {"status": 200, "headers": [], "content": {"text": text}},
        "_system": "Zequenze Control",
        "_base": BASE,
        **more,
    }


def recording(*entries: dict[str, t.Any], now: float = BEGAN) -> Recording:
    return Recording({"log": {"entries": list(entries)}}, now)


def said(found: Recording, path: str, *query: tuple[str, str]) -> str | None:
    answer = found.answer("GET", f"/zequenze/api/v1{path}", query)
    return None if answer is None else answer["content"]["text"]


def test_answers_come_in_order_and_the_last_one_stays() -> None:
    found = recording(entry("/a/", "1"), entry("/b/", "x"), entry("/a/", "2"))
    assert [said(found, "/a/") for _turn in range(4)] == ["1", "2", "2", "2"]
    assert (said(found, "/b/"), said(found, "/c/")) == ("x", None)
    assert found.missing == ["GET /zequenze/api/v1/c/"]


def test_what_is_no_system_of_a_window_is_left_out() -> None:
    assert said(recording(entry("/a/", "1", _system="Alertmanager"), entry("/a/", "2")), "/a/") == "2"


def test_the_same_query_comes_first_then_one_that_differs_in_instants_only() -> None:
    since = ("datetime__gte", "2026-11-21T01:50:00+00:00")
    found = recording(
        entry("/l/", "of 1", [("id", "1"), since]), entry("/l/", "of 2", [("id", "2"), since]), entry("/l/", "all")
    )
    later = ("datetime__gte", "2027-01-01T00:00:00+00:00")
    assert said(found, "/l/", later, ("id", "2")) == "of 2"
    assert said(found, "/l/", ("id", "1"), since) == "of 1"
    assert said(found, "/l/", ("id", "3"), later) in ("of 1", "of 2", "all")


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("2026-11-21T02:00:00Z", "2026-11-21T03:00:00Z"),
        ("2026-11-21T02:00:00.859Z", "2026-11-21T03:00:00.859Z"),
        ("2026-11-21T03:00:00.123456+01:00", "2026-11-21T04:00:00.123456+01:00"),
        ("2026-11-21 23:30:00", "2026-11-22 00:30:00"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("2026-13-41T99:99:99Z", "2026-13-41T99:99:99Z"),
        ("SCZ9.1.0 of 2026-11-21", "SCZ9.1.0 of 2026-11-21"),
    ],
)
def test_instants_are_moved_in_the_form_in_which_they_are_written(text: str, moved: str) -> None:
    assert recording(entry("/a/", ""), now=BEGAN + 3600).moved(f'{{"at": "{text}"}}') == f'{{"at": "{moved}"}}'


@pytest.mark.parametrize(
    "document",
    [{}, [], {"log": {}}, {"log": {"entries": [{}]}}, {"log": {"entries": [entry("/a/", "", _base="https://x")]}}],
)
def test_a_file_that_is_no_trace_is_refused_in_one_sentence(document: t.Any, tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    path.write_text(json.dumps(document))
    with pytest.raises(RecordingError):
        Recording.read(path, BEGAN)

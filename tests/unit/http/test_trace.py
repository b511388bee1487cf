# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trace: a whole document after each exchange, from whatever process, without credentials, and of bounded size."""

from __future__ import annotations

import json
import multiprocessing
import stat
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, NoAnswer, NotSent
from ansible_collections.netfleet.maintenance.plugins.module_utils._http import trace as tracing
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import (
    Answer,
    Endpoint,
    Request,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.trace import Trace
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import HttpTransport
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire
from tests.unit.support.servers import Server, answering, http

CANARY = "canary-4711"


def endpoint(folder: Path, url: str = "https://control.example.com/api/v1", **more: t.Any) -> Endpoint:
    return Endpoint("Zequenze Control", url, trace=str(folder), **more)


def entries(folder: Path) -> list[dict[str, t.Any]]:
    """Return the entries of the one file; it must be a whole document."""
    (path,) = folder.glob("*.har")
    document = json.loads(path.read_text())
    assert document["log"]["version"] == "1.2"
    assert document["log"]["creator"]["name"] == "netfleet.maintenance"
    return list(document["log"]["entries"])


def noted(trace: Trace, number: int = 1) -> None:
    trace.note(Request("GET", f"/x/{number}"), Answer(200, body=b'{"id": 1}'), "", 1_795_226_400.0, 0.5)


def twenty(trace: Trace) -> None:
    for number in range(20):
        noted(trace, number)


def test_an_exchange_is_written_with_what_a_viewer_needs(tmp_path: Path) -> None:
    trace = Trace(endpoint(tmp_path / "new" / "folder"))
    request = Request(
        "POST", "/a", (("q", "1"),), {"Authorization": f"Bearer {CANARY}"}, b'{"password": "canary-4711"}'
    )
    answer = Answer(200, {"date": "x"}, b'{"access_token": "canary-4711"}', ("JSESSIONID=canary-4711; Path=/",))
    trace.note(request, answer, "", 1_795_226_400.0, 0.25)
    folder = tmp_path / "new" / "folder"
    (entry,) = entries(folder)
    assert entry["startedDateTime"] == "2026-11-21T02:00:00.000+00:00"
    assert (entry["time"], entry["timings"]) == (250.0, {"send": 0, "wait": 250.0, "receive": 0})
    assert entry["request"]["url"] == "https://control.example.com/api/v1/a?q=1"
    assert entry["response"]["status"] == 200
    assert {"name": "set-cookie", "value": "JSESSIONID=********; Path=/"} in entry["response"]["headers"]
    (path,) = folder.glob("*.har")
    assert CANARY not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_processes_of_a_run_write_one_file(tmp_path: Path) -> None:
    trace = Trace(endpoint(tmp_path))
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=twenty, args=(trace,)) for _worker in range(4)]
    for worker in workers:
        worker.start()
    noted(trace)
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert len(entries(tmp_path)) == 81


def test_the_file_has_a_largest_size_and_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "MOST_BYTES", 4000)
    trace = Trace(endpoint(tmp_path))
    for number in range(50):
        noted(trace, number)
    assert 1 < len(entries(tmp_path)) < 10
    (path,) = tmp_path.glob("*.har")
    assert "largest size" in json.loads(path.read_text())["log"]["_full"]
    assert path.stat().st_size < 4200


def test_a_body_is_cut_and_one_that_is_no_text_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "LONGEST_BODY", 10)
    trace = Trace(endpoint(tmp_path))
    for body in (b"x" * 11, b"\xff\xfe"):
        trace.note(Request("GET", "/"), Answer(200, body=body), "", 0.0, 0.0)
    cut, binary = (entry["response"]["content"] for entry in entries(tmp_path))
    assert (cut["text"], cut["comment"]) == ("x" * 10, "Cut: 11 characters in all.")
    assert (binary["text"], "no text" in binary["comment"]) == ("", True)


def test_a_folder_that_cannot_be_made_is_refused_before_the_first_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        HttpTransport(endpoint(tmp_path / "file"))


def test_every_try_of_a_real_call_is_written_and_a_lost_answer_too(tmp_path: Path) -> None:
    with Server(answering(http("200 OK", b"hello"))) as server:
        where = endpoint(tmp_path, server.url)
        Wire(where, HttpTransport(where)).call(Request("GET", "/x"), repeatable=False)
    with pytest.raises((NotSent, NoAnswer)):
        HttpTransport(where).exchange(Request("GET", "/y"), seconds=5, fresh=True, guard=None)
    first, second = entries(tmp_path)
    assert (first["response"]["status"], first["response"]["content"]["text"]) == (200, "hello")
    assert (second["response"]["status"], "cannot be reached" in second["response"]["_error"]) == (0, True)


def test_a_disk_that_fails_later_does_not_fail_the_call(tmp_path: Path) -> None:
    trace = Trace(endpoint(tmp_path))
    Path(trace.path).unlink()
    tmp_path.rmdir()
    noted(trace)


# Pseudonyms

NAMES = ("lax-sbc-01", "SN0001", "192.0.2.44", "carrier.example.net", "J. Doe", "2001:db8:1::7")


def test_names_are_replaced_everywhere_and_alike_and_the_rest_stays(tmp_path: Path) -> None:
    trace = Trace(endpoint(tmp_path, trace_names="pseudonyms"))
    record = {
        "id": 811,
        "name": "lax-sbc-01",
        "serial_number": "SN0001",
        "ip_address": "192.0.2.44",
        "host": "carrier.example.net",
        "user": "J. Doe",
        "message": "lax-sbc-01 (192.0.2.44, J. Doe) was refused",
        "variable_name": "Device.DeviceInfo.UpTime",
        "next": "https://control.example.com/api/v1/?cursor=cD0x",
        "ip6": "2001:db8:1::7",
        "model": "Acme Packet 1100",
    }
    request = Request("GET", "/inventory_device_name/lax-sbc-01/", (("parent__name", "lax-sbc-01"),))
    trace.note(request, Answer(200, body=json.dumps(record).encode()), "", 0.0, 0.0)
    xml = b"<devices><device><id>ID1</id><name>lax-sbc-01</name><ip>192.0.2.44</ip></device></devices>"
    trace.note(Request("GET", "/devices"), Answer(200, body=xml), "lax-sbc-01 is away", 0.0, 0.0)
    (path,) = tmp_path.glob("*.har")
    text = path.read_text()
    assert [
        name for name in (*NAMES, "control.example.com/api") if name in text.replace("zequenze-control.example", "")
    ] == []
    first, second = entries(tmp_path)
    shown = json.loads(first["response"]["content"]["text"])
    assert (shown["id"], shown["variable_name"], shown["model"]) == (811, record["variable_name"], record["model"])
    other = shown["name"]
    assert shown["message"].startswith(f"{other} ({shown['ip_address']}, ")
    assert first["request"]["url"].endswith(f"/inventory_device_name/{other}/?parent__name={other}")
    assert f"<name>{other}</name>" in second["response"]["content"]["text"]
    assert second["response"]["_error"] == f"{other} is away"
    assert first["_base"] == "https://zequenze-control.example.com/api/v1"

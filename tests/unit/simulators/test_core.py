# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulators' core over real HTTP: seeding, knobs, ledger, faults at every phase, signals, clock, the command."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import typing as t
from urllib.parse import quote, urlsplit

import pytest
import requests

from tests.simulators import Simulator, SimulatorError
from tests.simulators.ledger import PHASES
from tests.simulators.runner import ROOT
from tests.simulators.seed import seeded
from tests.simulators.world import ZEQUENZE_TOKEN, World

BEARER = {"Authorization": f"Bearer {ZEQUENZE_TOKEN}"}
REBOOT = "/inventory_device_name_operation/lax-sbc-01/"


@pytest.fixture(scope="module")
def running_simulator() -> t.Iterator[Simulator]:
    with Simulator(devices=3) as running:
        yield running


def call(sim: Simulator, method: str, path: str, **more: t.Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        headers = {**BEARER, **more.pop("headers", {})}
        more.setdefault("timeout", 5)
        return session.request(method, sim.zequenze_url + path, headers=headers, **more)


def reboot(sim: Simulator, **more: t.Any) -> requests.Response:
    return call(sim, "PUT", REBOOT, json={"operation": "reboot"}, **more)


def operations(sim: Simulator) -> int:
    return len(sim.ledger(effect="operation"))


def exchange(sim: Simulator, limit: float = 2.0) -> bytes:
    """One GET by hand: every byte that comes until the server closes, or until ``limit`` seconds have passed."""
    place = urlsplit(sim.url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=limit) as connection:
        lines = [
            "GET /zequenze/api/v1/inventory_device/ HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {ZEQUENZE_TOKEN}",
        ]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        received, until = b"", time.monotonic() + limit
        while time.monotonic() < until:
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                break
            if not piece:
                break
            received += piece
        return received


# Seeding


def test_the_same_seed_gives_the_same_devices() -> None:
    assert seeded(60, 7) == seeded(60, 7)
    assert [device.serial for device in seeded(60, 7)] != [device.serial for device in seeded(60, 8)]
    assert seeded(1, 7, first=41) == [seeded(60, 7)[40]]


def test_thirty_devices_hold_a_site_lax_with_six_sbc() -> None:
    devices = seeded(30, 1)
    assert len([device for device in devices if (device.site, device.type) == ("LAX", "SBC")]) == 6
    assert {device.type for device in devices} == {"SBC", "Gateway", "CPE"}


def test_ten_thousand_devices_are_told_apart_by_every_key() -> None:
    devices = seeded(10_000, 1)
    for key in ("name", "serial", "ip", "zequenze_id", "sdm_id", "pam_id"):
        assert len({getattr(device, key) for device in devices}) == 10_000
    assert {device.ip.rpartition(".")[0] or device.ip[:9] for device in devices} == {
        "198.51.100",
        "203.0.113",
        "2001:db8:",
    }


# Time


def test_due_actions_happen_in_the_order_of_time_and_only_when_due() -> None:
    world = World(devices=0)
    done: list[str] = []
    now = world.clock.now()
    world.at(now + 20, lambda: done.append("late"))
    world.at(now + 10, lambda: done.append("early"))
    world.run_due()
    assert done == []
    world.clock.advance(15)
    world.run_due()
    assert done == ["early"]
    world.clock.advance(15)
    world.run_due()
    assert done == ["early", "late"]


def test_the_clock_moves_the_date_of_the_answers(sim: Simulator) -> None:
    before = call(sim, "GET", "/inventory_device/").headers["Date"]
    sim.advance(86400)
    assert call(sim, "GET", "/inventory_device/").headers["Date"][:16] != before[:16]
    with pytest.raises(SimulatorError, match="advances by a number"):
        sim.advance(-1)


# Knobs


def test_a_knob_is_turned_and_a_reset_restores_it(sim: Simulator) -> None:
    sim.knob("zequenze.accept_code", 202)
    assert sim.knobs()["zequenze.accept_code"]["value"] == 202
    sim.reset()
    assert sim.knobs()["zequenze.accept_code"]["value"] == 200


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("zequenze.no_such", 1, "There is no knob 'zequenze.no_such'"),
        ("zequenze.accept_code", 500, "takes one of 200, 202, 204, not 500"),
        ("zequenze.boot", "soon", "takes a number from 0 up"),
        ("zequenze.boot", -1, "takes a number from 0 up"),
        ("zequenze.boot", "nan", "takes a number from 0 up"),
        ("zequenze.log_events", "maybe", "takes true or false"),
    ],
)
def test_a_bad_knob_is_refused_with_one_sentence(sim: Simulator, name: str, value: object, sentence: str) -> None:
    with pytest.raises(SimulatorError, match=sentence):
        sim.knob(name, value)


def test_several_knobs_are_turned_all_or_none(sim: Simulator) -> None:
    with pytest.raises(SimulatorError):
        sim.call("PATCH", "knobs", {"zequenze.accept_code": 202, "zequenze.boot": "soon"})
    assert sim.knobs()["zequenze.accept_code"]["value"] == 200


def test_every_knob_has_a_reason_and_its_default_is_allowed(sim: Simulator) -> None:
    for name, knob in sim.knobs().items():
        assert knob["reason"], name
        sim.knob(name, knob["default"])


# Ledger


def test_an_effect_names_its_device_and_the_request_that_caused_it(sim: Simulator) -> None:
    assert reboot(sim).status_code == 200
    (effect,) = sim.ledger(effect="operation")
    (request,) = sim.requests(method="PUT")
    assert effect["device"] == "lax-sbc-01"
    assert effect["device_id"] == sim.devices()[0]["zequenze_id"]
    assert effect["operation"] == "reboot"
    assert effect["request"] == request["seq"]
    assert (request["status"], request["answer_delivered"], request["phases"]) == (200, True, list(PHASES))
    assert request["body"] == '{"operation": "reboot"}'


def test_the_ledger_is_filtered_and_read_on_from_a_number(sim: Simulator) -> None:
    reboot(sim)
    sim.advance(5)
    everything = sim.ledger()
    assert [entry["seq"] for entry in everything] == list(range(1, len(everything) + 1))
    assert sim.ledger(since=everything[0]["seq"]) == everything[1:]
    assert sim.ledger(device="lax-sbc-02") == []


def test_no_credential_is_shown(sim: Simulator) -> None:
    reboot(sim, headers={"Cookie": "JSESSIONID=secret-cookie"})
    call(sim, "PUT", REBOOT, data=ZEQUENZE_TOKEN)
    shown = str(sim.requests())
    assert ZEQUENZE_TOKEN not in shown
    assert "secret-cookie" not in shown
    headers = sim.requests()[0]["headers"]
    assert headers["Authorization"].startswith("sha256:")
    assert headers["Authorization"] == sim.requests()[1]["headers"]["Authorization"]


def test_requests_of_one_connection_share_its_number(sim: Simulator) -> None:
    with requests.Session() as session:
        session.trust_env = False
        for _ in range(2):
            session.get(sim.zequenze_url + "/inventory_device/", headers=BEARER, timeout=5)
    call(sim, "GET", "/inventory_device/")
    first, second, third = (request["connection"] for request in sim.requests())
    assert first == second != third


def test_a_request_outside_the_bases_is_recorded_too(sim: Simulator) -> None:
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(sim.url + "/elsewhere", headers=BEARER, timeout=5).status_code == 404
    (request,) = sim.requests()
    assert (request["system"], request["path"]) == ("", "/elsewhere")
    assert "Authorization" in request["headers"]


# Faults


@pytest.mark.parametrize("phase", PHASES)
def test_a_reset_strikes_at_its_phase(sim: Simulator, phase: str) -> None:
    sim.fault(method="PUT", phase=phase, kind="reset")
    if phase == "after_answer":
        assert reboot(sim).status_code == 200
    else:
        with pytest.raises(requests.RequestException):
            reboot(sim)
    happened = PHASES.index(phase) >= PHASES.index("after_effect")
    assert operations(sim) == int(happened)
    (request,) = sim.requests(method="PUT")
    assert request["phases"][-1] == phase
    assert request["answer_delivered"] == (phase == "after_answer")


@pytest.mark.parametrize("phase", PHASES[:-1])
def test_a_stall_outlasts_the_client(sim: Simulator, phase: str) -> None:
    sim.fault(method="PUT", phase=phase, kind="stall")
    with pytest.raises(requests.RequestException):
        reboot(sim, timeout=0.2)
    assert operations(sim) == int(PHASES.index(phase) >= PHASES.index("after_effect"))
    assert not sim.requests(method="PUT")[0]["answer_delivered"]


def test_a_stall_with_seconds_goes_on_even_when_the_client_has_left(sim: Simulator) -> None:
    sim.fault(method="PUT", phase="before_effect", kind="stall", seconds=0.3)
    with pytest.raises(requests.Timeout):
        reboot(sim, timeout=0.1)
    assert operations(sim) == 0
    time.sleep(0.4)
    assert operations(sim) == 1
    assert not sim.requests(method="PUT")[0]["answer_delivered"]


@pytest.mark.parametrize("phase", ["after_headers", "before_effect", "after_effect"])
def test_a_status_before_the_effect_replaces_it_and_after_it_hides_it(sim: Simulator, phase: str) -> None:
    sim.fault(
        method="PUT",
        phase=phase,
        kind="status",
        status=503,
        body="<h1>later</h1>",
        content_type="text/html",
        headers={"Retry-After": "7"},
    )
    answer = reboot(sim)
    assert (answer.status_code, answer.text) == (503, "<h1>later</h1>")
    assert (answer.headers["Content-Type"], answer.headers["Retry-After"]) == ("text/html", "7")
    assert operations(sim) == int(phase == "after_effect")


def test_times_and_after_count_matching_requests(sim: Simulator) -> None:
    sim.fault(method="GET", path="inventory_device/$", phase="before_effect", kind="status", after=1, times=2)
    codes = [call(sim, "GET", "/inventory_device/").status_code for _ in range(4)]
    assert codes == [200, 503, 503, 200]
    assert call(sim, "GET", "/inventory_device_name/").status_code == 200


def test_a_persistent_fault_stays_until_cleared(sim: Simulator) -> None:
    sim.fault(system="zequenze", phase="before_effect", kind="status", times=None)
    assert [call(sim, "GET", "/inventory_device/").status_code for _ in range(3)] == [503] * 3
    sim.clear_faults()
    assert call(sim, "GET", "/inventory_device/").status_code == 200


def test_a_body_is_replaced_under_the_real_status(sim: Simulator) -> None:
    sim.fault(kind="body", body="<html>Sign in</html>", content_type="text/html")
    answer = call(sim, "GET", "/inventory_device/")
    assert (answer.status_code, answer.text) == (200, "<html>Sign in</html>")
    sim.fault(kind="body", body_base64="/v8A")
    assert call(sim, "GET", "/inventory_device/").content == b"\xfe\xff\x00"


def test_a_redirect_names_its_location(sim: Simulator) -> None:
    sim.fault(kind="redirect", status=307, location="http://192.0.2.1/elsewhere")
    answer = call(sim, "GET", "/inventory_device/", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, "http://192.0.2.1/elsewhere")


def test_a_truncated_answer_ends_before_its_length(sim: Simulator) -> None:
    sim.fault(kind="truncate", size=20)
    head, _, body = exchange(sim).partition(b"\r\n\r\n")
    declared = int(head.lower().split(b"content-length: ")[1].split()[0])
    assert len(body) == 20 < declared
    assert not sim.requests()[0]["answer_delivered"]


def test_a_wrong_length_is_declared(sim: Simulator) -> None:
    sim.fault(kind="wrong_length", length=5)
    head, _, body = exchange(sim).partition(b"\r\n\r\n")
    assert b"Content-Length: 5" in head
    assert len(body) > 5


@pytest.mark.parametrize(("kind", "whole_head"), [("drip", True), ("drip_headers", False)])
def test_a_drip_comes_piece_by_piece(sim: Simulator, kind: str, whole_head: bool) -> None:
    sim.fault(kind=kind, chunk=2, seconds=0.05)
    received = exchange(sim, limit=0.5)
    assert (b"\r\n\r\n" in received) == whole_head
    assert 0 < len(received.rpartition(b"\r\n\r\n")[2]) < 40


def test_an_endless_body_ends_only_with_the_client_or_its_cap(sim: Simulator) -> None:
    sim.fault(kind="endless", body="x", size=3_000_000)
    head, _, body = exchange(sim, limit=5).partition(b"\r\n\r\n")
    assert b"ontent-Length" not in head
    assert len(body) >= 3_000_000


def test_a_bomb_unpacks_to_its_size(sim: Simulator) -> None:
    sim.fault(kind="bomb", size=5_000_000)
    answer = call(sim, "GET", "/inventory_device/", stream=True)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) < 20_000
    assert len(answer.content) == 5_000_000
    sim.fault(kind="bomb", size=5_000_000, layers=2)
    assert call(sim, "GET", "/inventory_device/", stream=True).headers["Content-Encoding"] == "gzip, gzip"


def test_a_raw_answer_is_sent_as_it_is(sim: Simulator) -> None:
    sim.fault(kind="raw", body="HTTP/1.0 204 204\r\n\r\n")
    assert exchange(sim) == b"HTTP/1.0 204 204\r\n\r\n"


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"kind": "explode"}, "There is no kind 'explode'"),
        ({"phase": "later"}, "There is no phase 'later'"),
        ({"path": "("}, "is no regular expression"),
        ({"kind": "redirect"}, "A redirect needs a location"),
        ({"kind": "body", "phase": "after_answer"}, "there is no answer that body could spoil"),
        ({"times": "often"}, "Field times cannot be 'often'"),
        ({"colour": "red"}, "Unknown field 'colour'"),
    ],
)
def test_a_senseless_fault_is_refused(sim: Simulator, spec: dict[str, object], sentence: str) -> None:
    with pytest.raises(SimulatorError, match=sentence):
        sim.fault(**spec)


def test_the_control_api_is_never_faulted(sim: Simulator) -> None:
    sim.fault(kind="reset", phase="before_accept", times=None)
    assert sim.ledger() == []
    assert sim.requests() == []


# Signals and points


@pytest.fixture
def victim() -> t.Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize(("phase", "then"), [("before_effect", "answer"), ("after_effect", "reset")])
def test_a_signal_is_sent_when_its_point_is_reached(
    sim: Simulator, victim: subprocess.Popen[bytes], phase: str, then: str
) -> None:
    sim.signal(method="PUT", path="operation", phase=phase, nth=2, pid=victim.pid, signal="KILL", group=True, then=then)
    call(sim, "PUT", "/inventory_device_name_operation/lax-sbc-02/", json={"operation": "sync"})
    assert victim.poll() is None
    if then == "reset":
        with pytest.raises(requests.ConnectionError):
            reboot(sim)
    else:
        assert reboot(sim).status_code == 200
    assert victim.wait(5) == -signal.SIGKILL
    assert sim.ledger(effect="operation", operation="reboot")
    assert sim.signals()[0]["sent"]


@pytest.mark.parametrize("thread", ["main", "another"])
def test_a_signal_may_go_to_the_children_of_a_process_alone(sim: Simulator, thread: str) -> None:
    begin = {"main": "begin()", "another": "import threading; threading.Thread(target=begin).start()"}[thread]
    script = f"""
import subprocess, sys
def begin():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print("begun", flush=True)
    print(child.wait(), flush=True)
{begin}
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "begun\n"
        sim.signal(method="PUT", phase="after_effect", pid=parent.pid, children=True)
        assert reboot(sim).status_code == 200
        assert parent.stdout.readline() == f"{-signal.SIGKILL}\n"
    assert parent.returncode == 0
    with pytest.raises(SimulatorError, match="not to both"):
        sim.signal(method="PUT", phase="after_effect", pid=parent.pid, children=True, group=True)


CLIENT = """
import sys, urllib.request
sys.stdin.readline()
request = urllib.request.Request(sys.argv[1], b'{"operation": "reboot"}', method="PUT")
request.add_header("Content-Type", "application/json")
request.add_header("Authorization", sys.argv[2])
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
"""


def test_an_answer_to_a_killed_client_is_not_called_delivered(sim: Simulator) -> None:
    command = [sys.executable, "-c", CLIENT, sim.zequenze_url + REBOOT, BEARER["Authorization"]]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as client:
        sim.signal(method="PUT", phase="after_effect", pid=client.pid, signal="KILL")
        client.communicate(b"go\n", timeout=10)
    assert client.returncode == -signal.SIGKILL
    time.sleep(0.2)
    (request,) = sim.requests(method="PUT")
    assert (operations(sim), request["answer_delivered"]) == (1, False)


def test_a_signal_to_nobody_is_noted_and_does_no_harm(sim: Simulator, victim: subprocess.Popen[bytes]) -> None:
    victim.kill()
    victim.wait()
    sim.signal(method="PUT", phase="after_effect", pid=victim.pid, signal="TERM")
    assert reboot(sim).status_code == 200
    assert "No such process" in sim.signals()[0]["error"]
    with pytest.raises(SimulatorError, match="pid of a process"):
        sim.signal(method="PUT", phase="after_effect", pid=1)


def test_points_list_every_phase_of_every_request(sim: Simulator) -> None:
    reboot(sim)
    reboot(sim)
    points = sim.points()
    assert [point["phase"] for point in points] == list(PHASES) * 2
    assert [point["nth"] for point in points] == [1] * 6 + [2] * 6
    assert {point["path"] for point in points} == {"/zequenze/api/v1" + REBOOT}


# Devices


def test_a_device_with_a_hostile_name_is_added_to_every_system(sim: Simulator) -> None:
    name = "{{ lookup('pipe','id') }}"
    added = sim.add_device(name=name, site="LAX")
    assert added["site"] == "LAX"
    answer = call(sim, "GET", "/inventory_device_name/" + quote(name, safe="") + "/")
    assert answer.json()["name"] == name
    sim.patch_device(name, {"zequenze": {"online": False}})
    assert call(sim, "GET", f"/inventory_device/{added['zequenze_id']}/").json()["status"] is False


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"zequenze": {"colour": "red"}}, "has no 'colour' to change"),
        ({"zequenze": {"online": "yes"}}, "online of a Zequenze device cannot be 'yes'"),
        ({"zequenze": {"log_result": "lost"}}, "takes one of applied, error, stuck"),
        ({"elsewhere": {}}, "'elsewhere' must be one of"),
    ],
)
def test_a_senseless_change_of_a_device_is_refused(
    sim: Simulator, changes: dict[str, dict[str, object]], sentence: str
) -> None:
    with pytest.raises(SimulatorError, match=sentence):
        sim.patch_device("lax-sbc-01", changes)
    with pytest.raises(SimulatorError, match="There is no device"):
        sim.patch_device("nobody", {})


# The command


def test_the_command_serves_until_it_is_told_to_end(tmp_path: t.Any) -> None:
    ready = tmp_path / "ready"
    command = [sys.executable, "-m", "tests.simulators", "--listen", "127.0.0.1:0", "--devices", "4"]
    command += ["--ready-file", str(ready), "--knob", "zequenze.accept_code=202"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = ready.read_text().strip()
        assert line == f"listening on {url}\n"
        address = url + "/zequenze/api/v1" + REBOOT
        with requests.Session() as session:
            session.trust_env = False
            answer = session.put(address, json={"operation": "reboot"}, headers=BEARER, timeout=5)
        assert answer.status_code == 202
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()


def test_the_command_refuses_an_unknown_knob() -> None:
    command = [sys.executable, "-m", "tests.simulators", "--listen", "127.0.0.1:0", "--knob", "zequenze.colour=red"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert "There is no knob 'zequenze.colour'" in ended.stderr


def test_a_simulator_in_a_process_of_its_own_answers_the_same() -> None:
    with Simulator(devices=2, knobs={"zequenze.accept_code": 202}, process=True) as simulator:
        assert reboot(simulator).status_code == 202
        assert operations(simulator) == 1

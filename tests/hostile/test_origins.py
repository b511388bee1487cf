# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials stay with the configured origin: redirects, certificates, expiry and refusals."""

from __future__ import annotations

import typing as t

import pytest

from tests.hostile.bench import Bench
from tests.simulators import Simulator

NAME = "lax-sbc-01"
SYSTEMS = ["zequenze", "oracle_sdm", "senhasegura"]
READS = {"zequenze": "device_info", "oracle_sdm": "device_lock_info", "senhasegura": "pam_device_info"}
WRITES = {"zequenze": "device_operation", "oracle_sdm": "device_lock", "senhasegura": "pam_device"}
WRITE_OPTIONS: dict[str, dict[str, t.Any]] = {
    "zequenze": {"window_id": "w1", "require_lock": False, "wait_timeout": 0.1},
    "oracle_sdm": {},
    "senhasegura": {"site": "MOVED"},
}
WRITING = {"zequenze": "PUT", "oracle_sdm": "POST", "senhasegura": "POST"}
DEED = {"zequenze": "operation", "oracle_sdm": "/action$", "senhasegura": "/pam/device"}


def write(bench: Bench, system: str, **options: t.Any) -> dict[str, t.Any]:
    """Run the module of a system that writes."""
    name = NAME if system == "senhasegura" else [NAME]
    return bench.run(WRITES[system], name, **WRITE_OPTIONS[system], **options)


def deeds(simulator: Simulator, system: str) -> list[dict[str, t.Any]]:
    """Return the writing requests a system received, signing in left out."""
    rows = simulator.requests(system=system, method=WRITING[system])
    return [
        row for row in rows if "login" not in row["path"] and "logout" not in row["path"] and "token" not in row["path"]
    ]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.row(22, 24)
def test_a_read_follows_no_redirect_to_another_origin(
    bench: Bench, simulator: Simulator, system: str, status: int
) -> None:
    elsewhere = simulator.elsewhere_url
    location = f"{elsewhere}/stolen?next=1"
    simulator.fault(system=system, phase="before_effect", kind="redirect", status=status, location=location, times=None)
    result = bench.run(READS[system], [NAME])
    assert result["failed"]
    assert elsewhere in result["msg"]
    assert simulator.requests(system="elsewhere") == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.row(22, 23)
def test_a_write_follows_no_redirect_to_another_origin_and_names_it(
    bench: Bench, simulator: Simulator, system: str, status: int
) -> None:
    elsewhere = simulator.elsewhere_url
    simulator.fault(
        system=system,
        method=WRITING[system],
        path=DEED[system],
        phase="before_effect",
        kind="redirect",
        status=status,
        location=f"{elsewhere}/stolen",
        times=None,
    )
    result = write(bench, system)
    assert result["failed"]
    assert elsewhere in result["msg"]
    assert simulator.requests(system="elsewhere") == []
    if system == "zequenze":
        assert result["devices"][0]["outcome"] == "unknown"
        assert len(deeds(simulator, system)) == 1


@pytest.mark.parametrize(("location", "outcome"), [("/login?next=x", "refused"), ("/somewhere/else", "unknown")])
@pytest.mark.parametrize("status", [301, 302, 303])
@pytest.mark.row(21)
def test_a_redirect_of_a_reboot_on_the_same_origin_is_only_a_refusal_when_it_is_the_login_page(
    bench: Bench, simulator: Simulator, status: int, location: str, outcome: str
) -> None:
    simulator.fault(
        system="zequenze", method="PUT", phase="before_effect", kind="redirect", status=status, location=location
    )
    result = write(bench, "zequenze")
    assert result["devices"][0]["outcome"] == outcome
    assert len(simulator.requests(system="zequenze", method="PUT")) == 1
    assert not any("login" in row["path"] or "somewhere" in row["path"] for row in simulator.requests())


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.row(24)
def test_a_redirect_to_itself_is_no_loop(bench: Bench, simulator: Simulator, system: str) -> None:
    simulator.fault(system=system, phase="before_effect", kind="redirect", location="?again", times=None)
    assert bench.run(READS[system], [NAME])["failed"]
    assert len(simulator.requests(system=system)) <= 2


# Certificates


@pytest.mark.parametrize("certificate", ["expired", "self_signed", "elsewhere"])
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.row(16)
def test_a_bad_certificate_ends_every_call_before_a_byte_left(
    bench: Bench, simulator: Simulator, certificates: t.Any, system: str, certificate: str
) -> None:
    simulator.show_certificate(certificate)
    result = write(bench, system, api_url=simulator.tls_url(system), ca_path=str(certificates.authority))
    assert result["failed"]
    assert "its certificate is not trusted" in result["msg"]
    assert simulator.requests() == []


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.row(16)
def test_that_certificates_are_not_checked_is_told_in_the_result(
    bench: Bench, simulator: Simulator, system: str
) -> None:
    simulator.show_certificate("self_signed")
    result = bench.run(READS[system], [NAME], api_url=simulator.tls_url(system), validate_certs=False)
    assert not result.get("failed"), result
    assert any("validate_certs is false" in warning for warning in result["warnings"])


@pytest.mark.row(17)
def test_a_certificate_that_changes_in_mid_run_stops_new_work_and_is_reported_by_the_unlock(
    bench: Bench, simulator: Simulator, certificates: t.Any
) -> None:
    pinned = {"ca_path": str(certificates.authority), "window_id": "hostile", "wait_timeout": 0.1}
    sdm: dict[str, t.Any] = {"ca_path": str(certificates.authority), "api_url": simulator.tls_url("oracle_sdm")}
    locked = bench.device("device_lock", NAME, **sdm)
    assert locked["state"] == "locked"
    simulator.show_certificate("self_signed")
    reboot = bench.device("device_operation", NAME, api_url=simulator.tls_url("zequenze"), **pinned)
    assert (reboot["outcome"], reboot["sent"]) == ("refused", False)
    unlock = bench.run("device_lock", [NAME], state="unlocked", **sdm)
    assert unlock["failed"]
    assert "its certificate is not trusted" in unlock["msg"]
    assert simulator.requests(system="zequenze") == []
    simulator.show_certificate("server")
    assert bench.device("device_lock", NAME, state="unlocked", **sdm)["state"] == "unlocked"
    assert simulator.state()["oracle_sdm"]["locks"] == {}


# Signing in


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.row(25)
def test_a_401_on_the_first_call_leads_to_one_more_sign_in_and_no_loop(
    bench: Bench, simulator: Simulator, system: str
) -> None:
    simulator.fault(system=system, phase="before_effect", kind="status", status=401, times=None)
    result = bench.run(READS[system], [NAME])
    assert result["failed"]
    assert len(simulator.requests(system=system)) <= 2
    simulator.clear_faults()
    simulator.fault(system=system, method="GET", phase="before_effect", kind="status", status=401, times=None)
    bench.store = type(bench.store)()
    before = len(simulator.requests(system=system))
    assert bench.run(READS[system], [NAME])["failed"]
    paths = [row["path"] for row in simulator.requests(system=system)][before:]
    assert len([path for path in paths if "login" in path or "token" in path]) <= 2
    assert len([path for path in paths if "log" not in path and "token" not in path]) <= 2


@pytest.mark.parametrize("style", ["401", "login_page", "redirect"])
@pytest.mark.row(26, 27)
def test_a_session_that_expires_in_mid_run_is_renewed_once_and_the_lock_is_sent(
    bench: Bench, simulator: Simulator, style: str
) -> None:
    bench.store.shared = True
    simulator.knob("oracle_sdm.no_session", style)
    assert bench.device("device_lock_info", NAME)["found"]
    simulator.advance(1801)
    assert bench.device("device_lock", NAME)["state"] == "locked"
    assert len(simulator.ledger(system="oracle_sdm", effect="login")) == 2
    assert len(simulator.ledger(system="oracle_sdm", effect="lock")) == 1


@pytest.mark.parametrize("style", ["oauth", "envelope_400", "envelope_500"])
@pytest.mark.row(26)
def test_a_token_that_expires_in_mid_run_is_renewed_once(bench: Bench, simulator: Simulator, style: str) -> None:
    simulator.knob("senhasegura.auth_error", style)
    simulator.knob("senhasegura.token_lifetime", 30.0)
    assert bench.device("pam_device_info", NAME)["found"]
    simulator.advance(31)
    result = bench.run("pam_device", NAME, site="MOVED")
    assert (result["changed"], result["action"]) == (True, "updated")
    assert len(simulator.ledger(system="senhasegura", effect="token_issued")) == 2


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.row(27, 42)
def test_a_login_page_with_200_is_never_taken_for_data(bench: Bench, simulator: Simulator, system: str) -> None:
    simulator.fault(
        system=system,
        phase="before_effect",
        kind="body",
        status=200,
        content_type="text/html; charset=utf-8",
        body="<!DOCTYPE html><html><body><form action=/login></form></body></html>",
        times=None,
    )
    result = bench.run(READS[system], [NAME])
    assert result["failed"]
    assert result["kind"] in ("sign_in_refused", "no_answer")
    assert "page" in result["msg"] or "sign-in" in result["msg"]

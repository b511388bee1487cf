# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A window has the connections of its systems in its own variables, for everything that it does, its recovery too."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.run import Commands
from tests.integration.windows import LAX, locks, run, steps
from tests.simulators import Simulator
from tests.simulators.certificates import Certificates, make_certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def running_simulator(certificates: Certificates) -> t.Iterator[Simulator]:
    with Simulator(devices=30, process=True, certificates=certificates.authority.parent) as simulator:
        yield simulator


def test_each_system_has_its_own_authority_in_the_variables_of_the_window(
    ansible: Commands, simulator: Simulator, certificates: Certificates
) -> None:
    simulator.show_certificate("server")
    private = {
        variable: {"api_url": simulator.tls_url(system), "ca_path": str(certificates.authority)}
        for variable, system in (
            ("window_zequenze", "zequenze"),
            ("window_sdm", "oracle_sdm"),
            ("window_pam", "senhasegura"),
        )
    }
    # What a dead run of the window left is unlocked through the same connections.
    left = ansible.task("device_lock", {"holder": "CHG1", **private["window_sdm"]}, hosts=LAX[:1])
    assert left.rc == 0, left.said()
    assert list(locks(simulator)) == LAX[:1]
    nowhere = {f"{name}_URL": "https://127.0.0.1:9" for name in ("ZEQUENZE", "ORACLE_SDM", "SENHASEGURA")}
    hosts = ansible.static_inventory({host: {} for host in LAX})
    extra: dict[str, t.Any] = {"window_live_sessions": "skip", "zequenze_rate": "1000/s", **private}
    ansible.environment |= nowhere
    done = run(ansible, hosts=hosts, **extra)
    assert done.rc == 0, done.said()
    assert steps(simulator) == {
        LAX[0]: ["lock", "unlock", "lock", "sync", "reboot", "unlock"],
        **{name: ["lock", "sync", "reboot", "unlock"] for name in LAX[1:]},
    }
    planned = ansible.playbook(
        "netfleet.maintenance.plan_window", hosts=hosts, extra={"window_id": "CHG2", "window_targets": "all", **extra}
    )
    assert planned.rc == 0, planned.said()
    untrusted: dict[str, t.Any] = {
        **extra,
        "window_sdm": {"api_url": simulator.tls_url("oracle_sdm")},
        "window_id": "CHG3",
    }
    refused = run(ansible, hosts=hosts, **untrusted)
    assert refused.rc == 2
    assert "its certificate is not trusted" in " ".join(refused.said().split())

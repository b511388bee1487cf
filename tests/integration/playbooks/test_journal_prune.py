# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""journal_prune over real windows: what would go, what goes, and that a removed window is not run again."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from tests.integration.run import Commands
from tests.integration.windows import LAX, run, steps
from tests.simulators import Simulator

ALL = ["lock", "sync", "reboot", "unlock"]


def test_the_playbook_shows_first_and_then_removes(ansible: Commands, simulator: Simulator) -> None:
    for number in (1, 2):
        assert run(ansible, window_id=f"CHG{number}").rc == 0
    young = ansible.playbook("netfleet.maintenance.journal_prune", extra={"prune_days": 1})
    assert "No window in the journal" in young.stdout, young.said()
    with Journal.open(str(ansible.journal), Clock()) as journal, journal.writing() as connection:
        for statement in (
            "UPDATE windows SET written_at = written_at - 40000000",
            "UPDATE events SET at = at - 40000000",
            "UPDATE locks SET taken_at = taken_at - 40000000, ended_at = ended_at - 40000000",
            "UPDATE operations SET claimed_at = claimed_at - 40000000, settled_at = settled_at - 40000000",
        ):
            connection.exec_driver_sql(statement)
    ansible.journal.with_name(f"{ansible.journal.name}.seen").unlink()
    shown = ansible.playbook("netfleet.maintenance.journal_prune", "--check")
    assert "1 window that ended more than 400 days ago would be removed" in " ".join(shown.stdout.split()), shown.said()
    removed = ansible.playbook("netfleet.maintenance.journal_prune")
    assert "1 window that ended more than 400 days ago was removed" in " ".join(removed.stdout.split()), removed.said()
    (nothing,) = ansible.task("journal_prune", {}, hosts=["localhost"]).of("journal_prune")
    assert (nothing["changed"], [each["window_id"] for each in nothing["kept"]]) == (False, ["CHG2"])
    again = run(ansible, window_id="CHG1")
    assert again.rc == 2
    assert "Window 'CHG1' ended long ago and was removed from the journal" in " ".join(again.said().split())
    assert steps(simulator) == dict.fromkeys(LAX, ALL * 2)
    assert run(ansible, window_id="CHG2").rc == 0, "a window that stays is known still"
    assert steps(simulator) == dict.fromkeys(LAX, ALL * 2)

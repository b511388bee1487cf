# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example repository, copied and used: what CI runs for a change, and what cron runs at chosen instants."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import typing as t
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.awx.environment import awx_environment
from tests.awx.standin import StandIn
from tests.integration.nights import local, second_sunday
from tests.integration.run import Commands, Finished
from tests.simulators import Simulator
from tests.tools.isolated import ROOT

# The simulators are quick: what a fleet needs would only be slept here.
PATIENCE = {"window_hold": 0.1, "window_soak": 0, "window_wait_interval": 0.1, "window_wait_timeout": 15}
SBCS = [f"lax-sbc-{number:02d}" for number in range(1, 7)]
PROTECTED = "lax-sbc-02"


@pytest.fixture
def repository(ansible: Commands) -> Path:
    """The example as a user has it after copying, but for the waits."""
    shutil.copytree(ROOT / "examples/gitops", ansible.home, dirs_exist_ok=True)
    for path in [*ansible.home.glob("windows/*.yml"), *ansible.home.glob("resets/*.yml")]:
        lines = [line for line in path.read_text().splitlines() if line.partition(":")[0] not in PATIENCE]
        path.write_text("\n".join([*lines, *(f"{name}: {value}" for name, value in PATIENCE.items())]) + "\n")
    return ansible.home


def bash(ansible: Commands, script: str) -> Finished:
    return ansible.run("bash", "-euo", "pipefail", "-c", script)


def touched(simulator: Simulator) -> list[tuple[str, str]]:
    return sorted((row["device"], row["operation"]) for row in simulator.ledger(effect="operation"))


def gateways(simulator: Simulator) -> set[str]:
    """The devices of the nightly window."""
    return {device["name"] for device in simulator.devices() if device["site"] == "LON" and device["type"] == "Gateway"}


def test_a_pull_request_is_checked_and_planned(ansible: Commands, simulator: Simulator, repository: Path) -> None:
    job = yaml.safe_load((repository / ".github/workflows/windows.yml").read_text())["jobs"]["plan"]
    steps = {step.get("name"): step.get("run") for step in job["steps"]}
    done = bash(ansible, steps["Check and plan the windows"])
    assert done.rc == 0, done.said()
    plans = {path.stem: json.loads(path.read_text()) for path in repository.glob("plans/*.json")}
    assert sorted(plans) == ["INC0012345", "core-sbc", "nightly-sync"]
    logic = {step["name"]: step for step in plans["core-sbc"]["steps"]}
    assert sorted(logic) == SBCS
    assert logic[PROTECTED]["action"] == "skip"
    assert logic[PROTECTED]["why"].startswith("protected: Carries the emergency calls")
    assert plans["INC0012345"]["operations"] == ["factory"]
    summary = repository / "summary.md"
    bash(ansible, f"GITHUB_STEP_SUMMARY={summary}; {steps['Show the plans']}")
    assert summary.read_text().count("## Plan of") == 3
    assert touched(simulator) == []
    assert simulator.ledger(effect="lock") == []


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ("window_cutoff: 20m", "window_cutof: 20m", "Unknown key window_cutof. Did you mean window_cutoff?"),
        ("Europe/London", "Europe/Londn", "Europe/Londn"),
        (
            "window_max_failures: 1",
            "window_max_failures: two",
            "window_max_failures 'two' must be a whole number of 0 or more or text such as 5%.",
        ),
        (
            'window_batches: [1, "50%"]',
            "window_batches: [x]",
            "must be a list, not empty, of a whole number of 1 or more",
        ),
        ("window_freeze: [calendars]", "window_freeze: [calendar]", "calendar"),
    ],
)
def test_a_window_file_that_is_wrong_stops_the_pull_request(
    ansible: Commands, simulator: Simulator, repository: Path, wrong: str, right: str, message: str
) -> None:
    file = repository / "windows/core-sbc.yml"
    assert wrong in file.read_text()
    file.write_text(file.read_text().replace(wrong, right))
    done = bash(ansible, "bin/check")
    assert done.rc != 0
    assert message in done.stdout
    assert "windows/core-sbc.yml: " in done.stdout
    assert simulator.requests() == []


def test_a_window_file_of_a_pull_request_runs_nothing(
    ansible: Commands, simulator: Simulator, repository: Path
) -> None:
    """Neither in the check nor in what has credentials, whatever it says and whatever the file is called."""
    template = "{{ lookup('pipe', 'touch ran; env > stolen') }}"
    file = repository / "windows/core-sbc.yml"
    lines = [line for line in file.read_text().splitlines() if not line.startswith("window_targets")]
    file.write_text("\n".join([*lines, f'window_targets: "{template}"']) + "\n")
    checked = bash(ansible, "bin/check")
    assert checked.rc != 0
    assert "window_targets has the template" in checked.stdout
    for playbook in ("plan_window", "maintenance_window", "factory_reset"):
        done = bash(ansible, f"ansible-playbook netfleet.maintenance.{playbook} -e @windows/core-sbc.yml")
        assert done.rc != 0
        assert "a window file is data" in done.stdout
    named = file.rename(repository / """windows/a";touch ran;$(touch ran)'.yml""")
    assert bash(ansible, "bin/check").rc != 0
    # Ansible itself reads the inventory.
    assert {row["system"] for row in simulator.requests()} == {"senhasegura"}
    # A good file of such a name is planned and run like any other.
    named.write_text("\n".join([*lines, "window_targets: lax-sbc-01"]) + "\n")
    for command in ("bin/check", "bin/run"):
        done = bash(ansible, command)
        assert done.rc == 0, done.said()
    assert (repository / "plans" / f"{named.stem}.json").exists()
    assert [name for name in ("ran", "stolen") if (repository / name).exists()] == []


def test_cron_acts_when_a_window_is_open_and_only_once(
    ansible: Commands, simulator: Simulator, repository: Path
) -> None:
    day = second_sunday()
    ansible.at(local(day, 1, 0))
    closed = bash(ansible, "bin/run")
    assert closed.rc == 0, closed.said()
    assert f"{day}T02:00:00" in closed.stdout
    assert touched(simulator) == []
    ansible.at(local(day, 2, 5))
    first = bash(ansible, "bin/run")
    assert first.rc == 0, first.said()
    expected = sorted((name, step) for name in SBCS if name != PROTECTED for step in ("sync", "reboot"))
    assert touched(simulator) == expected
    again = bash(ansible, "bin/run")
    assert again.rc == 0, again.said()
    assert touched(simulator) == expected
    assert simulator.state()["oracle_sdm"]["locks"] == {}
    ansible.at(local(day, 3, 45))
    nightly = bash(ansible, "bin/run")
    assert nightly.rc == 0, nightly.said()
    assert {pair for pair in touched(simulator) if pair not in expected} == {
        (name, "sync") for name in gateways(simulator)
    }


def exposed(path: Path) -> dict[tuple[t.Any, ...], float]:
    """Every sample of a metrics file, by its name and its labels in order."""
    families = text_string_to_metric_families(path.read_text())
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, *sorted(sample.labels.items())): sample.value for sample in samples}


def test_cron_writes_metrics_that_show_a_window_nobody_ran(
    ansible: Commands, simulator: Simulator, repository: Path
) -> None:
    """The line of the crontab itself, but for the folder of the node exporter and the log."""
    (line,) = [line for line in (repository / "crontab").read_text().splitlines() if ".metrics " in line]
    command = line.partition("cd /srv/maintenance && ")[2].partition(" 2>&1")[0]
    command = command.replace("/var/lib/node_exporter/textfile", str(ansible.home / "textfile"))
    day = second_sunday()
    ansible.at(local(day, 2, 5))
    assert bash(ansible, "bin/run").rc == 0
    ansible.at(local(day + dt.timedelta(days=1), 12, 0))
    done = bash(ansible, command)
    assert done.rc == 0, done.said()
    (path,) = (ansible.home / "textfile").iterdir()
    shown = exposed(path)
    occurrences = "netfleet_window_occurrences"
    assert shown[occurrences, ("state", "run"), ("window", "core-sbc")] == 1
    assert shown[occurrences, ("state", "run"), ("window", "nightly-sync")] == 0
    assert shown[occurrences, ("state", "missed"), ("window", "nightly-sync")] > 5
    closed = dt.datetime.fromisoformat(local(day + dt.timedelta(days=1), 4, 30)).timestamp()
    assert shown["netfleet_window_missed_timestamp_seconds", ("window", "nightly-sync")] == closed
    # Models and sites are the inventory's.
    wanted = {"netfleet_operations", ("operation", "reboot"), ("outcome", "done"), ("site", "LAX")}
    rebooted = {key: number for key, number in shown.items() if wanted < set(key)}
    assert sum(rebooted.values()) == len(SBCS) - 1
    assert all(dict(key[1:])["model"] for key in rebooted)
    # A window that is on writes the same file and takes nothing out of it.
    ansible.at(local(day + dt.timedelta(days=2), 3, 40))
    nightly = "ansible-playbook netfleet.maintenance.maintenance_window -e @windows/nightly-sync.yml"
    assert bash(ansible, f"{nightly} -e report_metrics_file={path}").rc == 0
    later = exposed(path)
    assert later["netfleet_window_missed_timestamp_seconds", ("window", "nightly-sync")] == closed
    assert {key: later[key] for key in rebooted} == rebooted


def test_metrics_need_a_place(ansible: Commands, simulator: Simulator) -> None:
    done = ansible.playbook("netfleet.maintenance.metrics")
    assert done.rc == 2
    assert "Set report_metrics_file" in done.stdout
    assert simulator.requests() == []


def test_nothing_happens_in_the_freeze(ansible: Commands, simulator: Simulator, repository: Path) -> None:
    today = dt.datetime.now(tz=dt.timezone.utc).date()
    christmas = dt.date(today.year + (today > dt.date(today.year, 12, 20)), 12, 24)
    ansible.at(local(christmas, 3, 40))
    done = bash(ansible, "bin/run")
    assert done.rc == 0, done.said()
    assert "Year-end freeze" in done.stdout
    assert touched(simulator) == []


def test_the_deployment_of_the_example_puts_its_devices_into_service(
    ansible: Commands, simulator: Simulator, repository: Path
) -> None:
    """With the command of the guide, for two devices that PAM has switched off and knows by another address."""
    new = ["dub-sbc-01", "dub-sbc-02"]
    for name in new:
        simulator.add_device(name=name, site="DUB", type="SBC")
        simulator.patch_device(name, {"senhasegura": {"active": False}})
    (command,) = re.findall(r"^\$ (.*deploy_devices.*)$", (repository / "README.md").read_text(), re.MULTILINE)
    quick = " ".join(f"-e {name}={value}" for name, value in PATIENCE.items())
    for _run in range(2):
        done = bash(ansible, f"{command} {quick}")
        assert done.rc == 0, done.said()
        for effect in ("device_updated", "device_activated"):
            assert sorted(row["device"] for row in simulator.ledger(effect=effect)) == new
        assert touched(simulator) == [(name, "reconf") for name in new]
    shown = ansible.task("pam_device_info", {"name": new}, hosts=["localhost"]).devices("pam_device_info")
    assert {name: shown[name]["ip"] for name in new} == {new[0]: "192.0.2.201", new[1]: "192.0.2.202"}
    assert simulator.state()["oracle_sdm"]["locks"] == {}


def test_awx_is_set_up_for_the_repository_and_its_jobs_run(
    ansible: Commands, simulator: Simulator, repository: Path
) -> None:
    """As the guide of the repository says; then a job of the workflow as AWX runs it, from the top of its checkout."""
    files = {str(path.relative_to(repository)) for path in repository.rglob("*.yml")}
    with StandIn(files) as awx:
        environment = awx_environment(ansible, awx)
        arguments = ("--extra-vars", "@awx/setup.yml")
        done = ansible.playbook(
            "netfleet.maintenance.setup_awx", *arguments, hosts="localhost,", environment=environment
        )
        assert done.rc == 0, done.said()
        templates, source = awx.all("job_templates"), awx.all("inventory_sources")["netfleet PAM Core"]
        assert sorted(awx.all("workflow_job_templates")) == ["netfleet core-sbc", "netfleet nightly-sync"]
        assert sorted(awx.all("schedules")) == ["netfleet core-sbc", "netfleet nightly-sync", "netfleet recover"]
        assert len(templates) == 2 * 4 + 2
        assert len(awx.all("credentials")) == 4
    assert source["source_path"] == "inventory/fleet.pam.yml"
    ansible.at(local(second_sunday(), 3, 45))
    for name in ("plan", "window", "report"):
        template = templates[f"netfleet nightly-sync {name}"]
        check = ["--check"] if template["job_type"] == "check" else []
        extra = json.loads(template["extra_vars"])
        done = ansible.playbook(template["playbook"], *check, hosts=source["source_path"], extra=extra)
        assert done.rc == 0, done.said()
        assert bool(touched(simulator)) is (name != "plan")
    assert touched(simulator) == sorted((name, "sync") for name in gateways(simulator))


def test_the_doors_are_those_of_the_example_for_awx() -> None:
    clients = {path.name: path.read_text() for path in (ROOT / "examples/awx").glob("*_window.yml")}
    clients |= {name: (ROOT / "examples/awx" / name).read_text() for name in ("recover.yml", "report.yml")}
    here = ROOT / "examples/gitops/awx"
    assert {path.name: path.read_text() for path in here.glob("*.yml") if path.name != "setup.yml"} == clients


def test_the_notes_for_cron_and_the_guide_name_what_exists(repository: Path) -> None:
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    text = "".join((repository / name).read_text() for name in ("README.md", "crontab", "bin/run", "bin/check"))
    named = set(re.findall(r"netfleet\.maintenance\.([a-z_]+)", text))
    assert named
    assert named <= playbooks
    assert (repository / "bin/run").stat().st_mode & 0o111

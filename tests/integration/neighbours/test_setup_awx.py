# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/setup_awx.yml with the real modules of awx.awx, against a stand-in that refuses what AWX refuses."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import shutil
import sqlite3
import typing as t
from pathlib import Path

import jinja2
import pytest
import yaml

from ansible_collections.netfleet.maintenance.plugins.module_utils._module import options as _options
from tests.awx.collection import INSIDE, awx_collections
from tests.awx.environment import awx_environment
from tests.awx.schedules import parsed
from tests.awx.slices import sliced
from tests.awx.standin import OWN, TOKEN, StandIn
from tests.docs.examples import File, steps
from tests.integration.nights import local, second_sunday
from tests.integration.run import Commands, Finished
from tests.integration.windows import operations
from tests.simulators import Simulator
from tests.tools.isolated import ROOT

PROJECT = ROOT / "examples/awx"
ROLE = ROOT / "roles/awx"
PREFIX = "netfleet"
WINDOW = f"{PREFIX} core-sbc-monthly"
TYPES = {
    f"{PREFIX} Zequenze Control": _options.zequenze_options(),
    f"{PREFIX} Session Delivery Manager": _options.oracle_sdm_options(),
    f"{PREFIX} PAM Core": _options.senhasegura_options(),
    f"{PREFIX} journal": _options.journal_options(),
}
SEEDED = {"organizations": ["Default", "Two"], "notification_templates": ["chat"], "credential_types": ["Machine", OWN]}
WITHOUT_SECRETS: dict[str, t.Any] = dict.fromkeys(
    ("awx_zequenze_token", "awx_oracle_sdm_password", "awx_senhasegura_client_secret", "awx_journal"), ""
)
OPTIONS = {
    "awx_notification_templates": ["chat"],
    "awx_slices": 2,
}

# What AWX gives to every job of a workflow.
IN_WORKFLOW = {"awx_workflow_job_id": 7}
APPROVAL = "{{ window_plan_digest | default('none' if ansible_check_mode else '') }}"
MARK = f"Made by setup_awx with the prefix {PREFIX}."
JOBS = ("plan", "window", "recover", "report")

SBCS = [f"lax-sbc-{number:02d}" for number in range(1, 7)]
# The simulators are quick, so that a fleet's patience would only be slept here.
PATIENCE = {"window_hold": 0.1, "window_wait_interval": 0.1, "window_wait_timeout": 15}


def set_up(ansible: Commands, awx: StandIn, *arguments: str, fast: bool = True, **changes: object) -> Finished:
    """Run the playbook as the example says, with the secrets that the environment has."""
    windows = [str(PROJECT / "windows/core.yml")]
    extra = {**yaml.safe_load((PROJECT / "setup.yml").read_text()), **OPTIONS, "awx_windows": windows, **changes}
    awx.requests.clear()
    return ansible.playbook(
        "netfleet.maintenance.setup_awx", *arguments, extra=extra, environment=awx_environment(ansible, awx, fast=fast)
    )


@dataclasses.dataclass(frozen=True)
class Made:
    """A controller that was set up, how that went, and with which environment."""

    awx: StandIn
    done: Finished
    environment: dict[str, str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, running_simulator: Simulator) -> t.Iterator[Made]:
    commands = Commands(tmp_path_factory.mktemp("setup"), running_simulator)
    addresses = {
        "awx_zequenze_url": running_simulator.zequenze_url,
        "awx_oracle_sdm_url": running_simulator.sdm_url,
        "awx_senhasegura_url": running_simulator.pam_url,
        "awx_senhasegura_client_id": "sim-client",
    }
    with StandIn({path.name for path in PROJECT.glob("*.yml")}) as awx:
        # The modules run in processes of their own, as anywhere; the later runs take the short cut.
        done = set_up(commands, awx, fast=False, **addresses)
        assert done.rc == 0, done.said()
        yield Made(awx, done, commands.environment)


@pytest.fixture
def awx(made: Made) -> StandIn:
    return made.awx


def changed(done: Finished) -> list[str]:
    assert done.rc == 0, done.said()
    return [line["task"] for line in done.results if line["result"].get("changed")]


def test_without_awx_awx_it_says_so_in_one_sentence(ansible: Commands) -> None:
    done = ansible.playbook(
        "netfleet.maintenance.setup_awx", extra={"awx_project_url": "https://git.example.com/x.git"}
    )
    assert done.rc == 2
    (failed,) = [line["result"]["msg"] for line in done.results if line["status"] == "failed"]
    assert failed.startswith("The collection awx.awx is not installed")
    assert "ansible-galaxy collection install awx.awx" in failed


def test_everything_is_made_and_no_secret_shown(made: Made) -> None:
    assert len(changed(made.done)) > 20
    secrets = ("sim-zequenze-token", "sim-lockbot-password", "sim-client-secret")
    assert [secret for secret in secrets if secret in made.done.said() + json.dumps(made.done.results)] == []


# These belong to a run, not to an account.
OF_A_RUN = {"NETFLEET_JOURNAL_PATIENCE", "NETFLEET_TRACE", "NETFLEET_TRACE_NAMES", "ZEQUENZE_RATE"}


def test_the_credentials_inject_what_the_collection_reads(made: Made) -> None:
    """The injectors are the variables of the options, no more and no less, and what they render is what works."""
    rendered: dict[str, str] = {}
    for name, spec in TYPES.items():
        injectors = made.awx.all("credential_types")[name]["injectors"]
        read = [rule["fallback"][1] for rule in spec.options.values() if "fallback" in rule]
        assert injectors.keys() == {"env"}
        assert set(injectors["env"]) == {variable for variables in read for variable in variables} - OF_A_RUN
        inputs = made.awx.all("credentials")[name]["inputs"]
        rendered |= {
            variable: jinja2.Template(template).render(inputs) for variable, template in injectors["env"].items()
        }
    given = {variable: value for variable, value in rendered.items() if value}
    assert given == {variable: made.environment[variable] for variable in given}
    assert len(given) == 9


def test_every_secret_input_is_secret(awx: StandIn) -> None:
    for name, spec in TYPES.items():
        fields = {
            field["id"]: field.get("secret", False) for field in awx.all("credential_types")[name]["inputs"]["fields"]
        }
        for option, rule in spec.options.items():
            field = {"api_url": "url", "api_token": "token"}.get(option, option)
            # The journal is no secret option, because it may be a path; as an address it may hold a password.
            if field in fields:
                assert fields[field] is (bool(rule.get("no_log")) or field == "journal"), (name, field)


def test_jobs_and_inventory_are_made_for_one_at_a_time(awx: StandIn) -> None:
    templates = awx.all("job_templates")
    assert set(templates) == {
        f"{PREFIX} recover",
        f"{PREFIX} one-off window",
        *(f"{WINDOW} {job}" for job in JOBS),
    }
    assert awx.linked("workflow_job_templates", WINDOW, "notification_templates_approvals") == ["chat"]
    assert {template["allow_simultaneous"] for template in templates.values()} == {False}
    assert awx.all("workflow_job_templates")[WINDOW]["allow_simultaneous"] is False
    for name in templates:
        assert sorted(awx.linked("job_templates", name, "credentials")) == sorted(TYPES)
    window = yaml.safe_load((PROJECT / "windows/core.yml").read_text())
    approved = {"window_approval": APPROVAL, "window_slices": 2}
    assert json.loads(templates[f"{WINDOW} window"]["extra_vars"]) == window | approved
    assert json.loads(templates[f"{WINDOW} recover"]["extra_vars"]) == {
        "recover_after_window": True,
        "recover_window_name": window["window_name"],
    }
    assert {template["job_type"] for template in templates.values()} == {"run"}, "check mode would not keep the plan"
    assert templates[f"{WINDOW} plan"]["playbook"] == "plan_window.yml"
    assert {template["playbook"] for template in templates.values()} <= {path.name for path in PROJECT.glob("*.yml")}
    assert {name: item["job_slice_count"] for name, item in templates.items() if item.get("job_slice_count") == 2} == {
        f"{WINDOW} window": 2,
    }
    for name in (WINDOW, *(f"{WINDOW} {job}" for job in JOBS)):
        kind = "workflow_job_templates" if name == WINDOW else "job_templates"
        assert awx.all(kind)[name]["description"].endswith(MARK)
    source = awx.all("inventory_sources")[f"{PREFIX} PAM Core"]
    assert (source["source"], source["source_path"], source["update_on_launch"]) == ("scm", "fleet.pam.yml", True)
    assert source["credential"] == awx.all("credentials")[f"{PREFIX} PAM Core"]["id"]


def test_the_survey_asks_for_options_of_the_window(awx: StandIn) -> None:
    options = yaml.safe_load((ROOT / "roles/window/meta/argument_specs.yml").read_text())["argument_specs"]["main"]
    playbook = (ROOT / "playbooks/maintenance_window.yml").read_text()
    alerts = (ROOT / "docs/docsite/rst/guide_eda.rst").read_text()
    for question in awx.survey(f"{PREFIX} one-off window")["spec"]:
        name = question["variable"]
        # AWX wants an answer to each, also from what launches the job template through its API.
        assert f"``{name}``" in alerts
        assert name in options["options"] or name in playbook, name
        if name == "window_operations":
            # A factory reset needs an approval of its own, see playbooks/factory_reset.yml.
            resets = {"factory", "device_factory"}
            assert question["choices"] == [each for each in options["options"][name]["choices"] if each not in resets]
            assert question["default"].splitlines() == options["options"][name]["default"]


def ways(awx: StandIn) -> dict[str, dict[str, list[str]]]:
    """The workflow: for every node where it leads to."""
    nodes = awx.all("workflow_job_template_nodes")
    which = ("success_nodes", "always_nodes", "failure_nodes")
    return {
        name: {way: found for way in which if (found := awx.linked("workflow_job_template_nodes", name, way))}
        for name in nodes
    }


def test_the_workflow_plans_asks_runs_recovers_and_reports(awx: StandIn) -> None:
    assert ways(awx) == {
        "plan": {"success_nodes": ["approval"]},
        "approval": {"success_nodes": ["window"]},
        "window": {"always_nodes": ["recover"]},
        "recover": {"always_nodes": ["report"]},
        "report": {},
    }
    numbers = {
        item["id"]: name
        for kind in ("job_templates", "workflow_approval_templates")
        for name, item in awx.all(kind).items()
    }
    jobs = {
        name: numbers[node["unified_job_template"]] for name, node in awx.all("workflow_job_template_nodes").items()
    }
    assert jobs == {
        "plan": f"{WINDOW} plan",
        "approval": f"Approve the plan of {WINDOW}",
        "window": f"{WINDOW} window",
        "recover": f"{WINDOW} recover",
        "report": f"{WINDOW} report",
    }
    assert awx.all("workflow_approval_templates")[f"Approve the plan of {WINDOW}"]["timeout"] == 3600


def test_the_workflow_starts_when_the_window_opens(awx: StandIn) -> None:
    schedule = awx.all("schedules")[WINDOW]
    assert schedule["unified_job_template"] == awx.all("workflow_job_templates")[WINDOW]["id"]
    first = parsed(schedule["rrule"])[0]
    assert first.isoformat() == "2026-01-11T02:00:00+00:00"
    recover = awx.all("schedules")[f"{PREFIX} recover"]
    assert recover["unified_job_template"] == awx.all("job_templates")[f"{PREFIX} recover"]["id"]
    second = parsed(recover["rrule"])[1]
    assert second.isoformat() == "2026-01-01T00:15:00+00:00"


def test_again_nothing_is_written(ansible: Commands, awx: StandIn) -> None:
    """Not even the addresses, which are the example's now and which no credential takes without its secret."""
    done = set_up(ansible, awx, **WITHOUT_SECRETS)
    assert changed(done) == []
    assert written(awx) == []
    assert f"No secret was given for {PREFIX} Zequenze Control" in done.stdout


def written(awx: StandIn) -> list[tuple[str, str]]:
    """Return the requests of the last run that change an object; fetching a project changes none."""
    return [(method, path) for method, path in awx.writes() if not path.endswith("/update/")]


def job(
    ansible: Commands,
    awx: StandIn,
    name: str,
    artifacts: t.Mapping[str, t.Any],
    hosts: t.Sequence[str] | str = str(PROJECT / "fleet.pam.yml"),
    arguments: t.Sequence[str] = (),
    environment: t.Mapping[str, str] | None = None,
    **changes: object,
) -> Finished:
    """Run a job of the window's workflow as AWX does; ``artifacts`` are what the jobs before it have published.

    ``environment`` is what further credentials inject.
    """
    template = awx.all("job_templates")[f"{WINDOW} {name}"]
    extra = {**json.loads(template["extra_vars"]), **artifacts, **PATIENCE, **changes}
    return ansible.playbook(
        str(PROJECT / template["playbook"]),
        *arguments,
        hosts=hosts,
        extra=extra,
        environment={"ANSIBLE_SHOW_CUSTOM_STATS": "true", **(environment or {})},
    )


def artifacts_of(done: Finished) -> dict[str, t.Any]:
    """What a run has published, of which AWX makes extra vars for the jobs that follow."""
    found = re.search(r"RUN: (\{.*\})", done.stdout, re.DOTALL)
    return dict(json.loads(found[1])) if found else {}


@pytest.mark.row(220)
@pytest.mark.finding("F3")
def test_what_was_approved_is_what_runs(ansible: Commands, awx: StandIn, simulator: Simulator) -> None:
    """The plan is made before the window opens; then another device answers to one of the names for a while."""
    assert changed(set_up(ansible, awx, **WITHOUT_SECRETS, awx_slices=1)) != []
    window = yaml.safe_load((PROJECT / "windows/core.yml").read_text())
    given = json.loads(awx.all("job_templates")[f"{WINDOW} window"]["extra_vars"])
    assert given == {**window, "window_approval": APPROVAL}
    day, planned_serial = second_sunday(), {"zequenze": {"serial_number": "PLANNED"}}
    simulator.patch_device(SBCS[-1], planned_serial)
    ansible.at(local(day, 1, 50))
    planned = job(ansible, awx, "plan", IN_WORKFLOW)
    assert planned.rc == 0, planned.said()
    approved = artifacts_of(planned)
    assert list(approved) == ["window_plan_digest"]
    assert f"window_approval: {approved['window_plan_digest']}" in planned.stdout

    ansible.at(local(day, 2, 5))
    simulator.patch_device(SBCS[-1], {"zequenze": {"serial_number": "REPLACED"}})
    refused = job(ansible, awx, "window", {**approved, **IN_WORKFLOW})
    assert refused.rc == 2
    assert (
        "is not for what would be done now. Nothing was locked or sent. The difference: 'lax-sbc-06' is"
        in refused.stdout
    )
    assert "serial number was PLANNED and is REPLACED" in refused.stdout
    assert [row for row in simulator.ledger() if row["effect"] in ("lock", "operation")] == []

    simulator.patch_device(SBCS[-1], planned_serial)
    earlier = ansible.journal.with_name("earlier")
    shutil.copy(ansible.journal, earlier)
    done = job(ansible, awx, "window", {**approved, **IN_WORKFLOW, "awx_job_id": 8})
    assert done.rc == 0, done.said()
    assert sorted(operations(simulator)) == sorted((name, step) for name in SBCS for step in ("sync", "reboot"))

    # A fail-over takes the journal back to before the window; the containers of the jobs keep nothing of it.
    seen = {**IN_WORKFLOW, "netfleet_journal_seen": artifacts_of(done)["netfleet_journal_seen"]}
    recovered = job(ansible, awx, "recover", seen)
    assert recovered.rc == 0, recovered.said()
    for path in ansible.journal.parent.glob(f"{ansible.journal.name}*"):
        path.unlink()
    shutil.copy(earlier, ansible.journal)
    for name in ("recover", "window"):
        noticed = job(ansible, awx, name, {**approved, **seen, "awx_job_id": 9})
        assert noticed.rc == 2
        assert "is older than it should be, or another one: an earlier job has seen event" in noticed.stdout
    assert len(operations(simulator)) == 2 * len(SBCS)


@pytest.fixture
def own(ansible: Commands) -> t.Iterator[StandIn]:
    """A controller that nobody has set up."""
    with StandIn({path.name for path in PROJECT.glob("*.yml")}) as awx:
        yield awx


def test_the_job_of_the_window_asks_awx_who_approved(
    ansible: Commands, own: StandIn, simulator: Simulator, tmp_path: Path
) -> None:
    """With AWX's own credential, which only that job gets; who approved cannot be who started the workflow."""
    path = tmp_path / "core.yml"
    path.write_text((PROJECT / "windows/core.yml").read_text() + "window_two_people: true\n")
    two: dict[str, t.Any] = {"awx_slices": 1, "awx_windows": [str(path)], "awx_notification_templates": []}
    wrong: tuple[tuple[dict[str, t.Any], str], ...] = (
        ({}, "Window core-sbc-monthly has window_two_people, and its job could not ask AWX who approved."),
        ({"awx_approver_credential": "AWX reader"}, "AWX has 0 credentials with the name AWX reader"),
    )
    for changes, said in wrong:
        refused = set_up(ansible, own, **two, **changes)
        assert refused.rc == 2
        assert said in " ".join(refused.stdout.split())
        assert own.writes() == []
    own.add("credentials", name="AWX reader", credential_type=OWN, organization="Default", inputs={})
    done = set_up(ansible, own, **two, awx_approver_credential="AWX reader")
    assert done.rc == 0, done.said()
    given = {name: own.linked("job_templates", name, "credentials") for name in own.all("job_templates")}
    assert [name for name, held in given.items() if "AWX reader" in held] == [f"{WINDOW} window"]
    assert sorted(given[f"{WINDOW} window"]) == sorted([*TYPES, "AWX reader"])

    # What AWX's own credential injects.
    injected = {"CONTROLLER_HOST": own.url, "CONTROLLER_OAUTH_TOKEN": TOKEN, "CONTROLLER_VERIFY_SSL": "True"}
    in_awx = {"JOB_ID": "8", "AWX_PRIVATE_DATA_DIR": str(ansible.home)}
    own.approved_by[7] = "alice"
    ansible.at(local(second_sunday(), 2, 5))
    planned = job(ansible, own, "plan", IN_WORKFLOW)
    assert planned.rc == 0, planned.said()

    def window(starter: str, environment: t.Mapping[str, str]) -> Finished:
        launched = {**artifacts_of(planned), **IN_WORKFLOW, "awx_job_id": 8, "awx_user_name": starter}
        return job(ansible, own, "window", launched, environment={**in_awx, **environment})

    refusals = (
        (window("alice", injected), "'alice' approved this window and starts it as 'alice'"),
        (window("bob", {}), "window_two_people needs to know who approved"),
        (window("bob", {**injected, "CONTROLLER_OAUTH_TOKEN": "wrong"}), "it is not known who approved in AWX"),
    )
    for refused, said in refusals:
        assert refused.rc == 2
        assert said in " ".join(refused.stdout.split()), refused.said()
    assert operations(simulator) == []
    done = window("bob", injected)
    assert done.rc == 0, done.said()
    assert len(operations(simulator)) == 2 * len(SBCS)
    with contextlib.closing(sqlite3.connect(ansible.journal)) as connection:
        ((approval,),) = connection.execute("SELECT approval FROM windows").fetchall()
    assert json.loads(approval)["approver"] == "alice"
    assert json.loads(approval)["known_from"] == "AWX, workflow job 7"


def test_a_cancelled_window_is_recovered_by_its_workflow_and_the_report_is_in_the_artifacts(
    ansible: Commands, awx: StandIn, simulator: Simulator
) -> None:
    """The job of the window ran in a container that is gone; nobody can look whether its process lives."""
    name, holder = SBCS[0], "core-sbc-monthly@20261213T020000Z"
    in_awx = {"JOB_ID": "8", "AWX_PRIVATE_DATA_DIR": str(ansible.home)}
    lock = {"hosts": "localhost", "gather_facts": False, "tasks": []}
    task = {"netfleet.maintenance.device_lock": {"name": name, "holder": holder}}
    locked = ansible.playbook([{**lock, "tasks": [task]}], extra=IN_WORKFLOW, environment=in_awx)
    assert locked.rc == 0, locked.said()
    with sqlite3.connect(ansible.journal) as connection:
        ((sender,),) = connection.execute("SELECT sender FROM locks").fetchall()
        written = json.loads(sender)
        assert (written["job"], written["workflow"]) == ("8", "7")
        connection.execute("UPDATE locks SET sender = ?", (json.dumps(written | {"host": "pod-1"}),))
    recovered = job(ansible, awx, "recover", IN_WORKFLOW)
    assert recovered.rc == 0, recovered.said()
    assert f"Unlocked: 1 device ({name}). Kept: none." in recovered.stdout
    assert [row["effect"] for row in simulator.ledger() if row["effect"] in ("lock", "unlock")] == ["lock", "unlock"]

    reported = job(ansible, awx, "report", {**IN_WORKFLOW, "awx_job_id": 9}, window_id=holder)
    assert "The report is in the artifacts of job 9 (netfleet_report)." in reported.stdout
    assert name in artifacts_of(reported)["netfleet_report"]


@pytest.mark.finding("F3")
def test_the_window_cannot_be_started_around_its_workflow(
    ansible: Commands, awx: StandIn, simulator: Simulator
) -> None:
    """Launched by itself, the job template of the window runs in check mode only; so does one whose plan was lost."""
    ansible.at(local(second_sunday(), 2, 5))
    for artifacts in ({}, IN_WORKFLOW, {"window_plan_digest": ""}):
        refused = job(ansible, awx, "window", artifacts, window_targets=SBCS[0])
        assert refused.rc == 2
        assert "start the workflow of the window" in refused.stdout
    looked = job(ansible, awx, "window", {}, arguments=["--check"], window_targets=SBCS[0])
    assert looked.rc == 0, looked.said()
    assert [row for row in simulator.ledger() if row["effect"] in ("lock", "operation")] == []


def test_slices_are_held_to_their_part_of_the_plan_and_one_without_devices_has_nothing_to_do(
    ansible: Commands, awx: StandIn, simulator: Simulator, tmp_path: Path
) -> None:
    """AWX divides the inventory by position; here the window's devices are all in the first of two slices."""
    set_up(ansible, awx, **WITHOUT_SECRETS, awx_slices=2)
    inventory = [*SBCS[:2], "lon-sbc-01", *SBCS[2:]]
    wanted = sliced(inventory, 1, 2)[:2]
    targets: dict[str, t.Any] = {"window_targets": ",".join(wanted), "window_batches": [1, "100%"]}
    ansible.at(local(second_sunday(), 2, 5))
    approved = artifacts_of(job(ansible, awx, "plan", IN_WORKFLOW, hosts=inventory, **targets))
    other = job(ansible, awx, "window", {**approved, **IN_WORKFLOW}, hosts=sliced(inventory, 2, 2), **targets)
    assert other.rc == 0, other.said()
    assert "None of the devices of window" in other.stdout
    attempts: list[tuple[dict[str, t.Any], str]] = [
        ({"window_targets": ",".join(sliced(inventory, 1, 2))}, "added: 'lax-sbc-04'"),
        ({"window_max_failures": 5}, "max_failures: approved 2, now 5"),
        ({"window_plan_digest": "f" * 64}, "is not in this journal"),
    ]
    for changes, why in attempts:
        run = {**targets, **changes}
        refused = job(ansible, awx, "window", {**approved, **IN_WORKFLOW}, hosts=sliced(inventory, 1, 2), **run)
        assert (refused.rc, why in refused.stdout) == (2, True), refused.said()
    assert [row for row in simulator.ledger() if row["effect"] in ("lock", "operation")] == []
    done = job(ansible, awx, "window", {**approved, **IN_WORKFLOW}, hosts=sliced(inventory, 1, 2), **targets)
    assert done.rc == 0, done.said()
    assert sorted(operations(simulator)) == sorted((name, step) for name in wanted for step in ("sync", "reboot"))


def test_a_one_off_loses_the_schedule_and_a_window_that_is_not_listed_everything(
    ansible: Commands, awx: StandIn, tmp_path: Path
) -> None:
    core = (PROJECT / "windows/core.yml").read_text()
    once, daily = tmp_path / "once.yml", tmp_path / "daily.yml"
    daily.write_text(core.replace("core-sbc-monthly", "daily"))
    once.write_text(core.replace("core-sbc-monthly", "once"))
    set_up(ansible, awx, **WITHOUT_SECRETS, awx_windows=[str(daily), str(once)])
    assert {f"{PREFIX} daily", f"{PREFIX} once"} <= awx.all("schedules").keys()
    assert WINDOW not in awx.all("workflow_job_templates"), "it is not listed any more"
    assert [name for name in awx.all("job_templates") if name.startswith(WINDOW)] == []
    assert WINDOW not in awx.all("schedules")
    lines = [line for line in core.splitlines() if not line.startswith(("window_schedule", "window_timezone"))]
    keys = [line for line in lines if not line.startswith(("window_name", "window_duration", "window_cutoff"))]
    once.write_text("\n".join([*keys, "window_name: once", "window_id: CHG990"]) + "\n")
    set_up(ansible, awx, **WITHOUT_SECRETS, awx_windows=[str(once)])
    assert awx.all("schedules").keys() == {f"{PREFIX} recover"}
    assert awx.all("workflow_job_templates").keys() == {f"{PREFIX} once"}
    done = set_up(ansible, awx, **WITHOUT_SECRETS, awx_windows=[])
    assert f"{PREFIX} once stay as they are" in done.stdout
    assert awx.all("workflow_job_templates").keys() == {f"{PREFIX} once"}


def test_check_mode_says_what_is_new_and_a_new_playbook_is_fetched(
    ansible: Commands, awx: StandIn, tmp_path: Path
) -> None:
    """A new window and a new execution environment; then the wrapper playbooks move, which AWX has not seen yet."""
    file = tmp_path / "new.yml"
    file.write_text((PROJECT / "windows/core.yml").read_text().replace("core-sbc-monthly", "new"))
    windows = [str(PROJECT / "windows/core.yml"), str(file)]
    changes: dict[str, t.Any] = {"awx_windows": windows}
    done = set_up(ansible, awx, "--check", **WITHOUT_SECRETS, **changes, awx_execution_environment="other")
    assert done.rc == 0, done.said()
    assert f"{PREFIX} new plan" in done.stdout
    assert "Show what would be created" in {task.split(" : ")[-1] for task in changed(done)}
    assert awx.writes() == []
    awx.playbooks |= {f"doors/{path.name}" for path in PROJECT.glob("*.yml")}
    moved = set_up(ansible, awx, **WITHOUT_SECRETS, **changes, awx_playbook_directory="doors")
    assert moved.rc == 0, moved.said()
    assert awx.all("job_templates")[f"{PREFIX} new plan"]["playbook"] == "doors/plan_window.yml"


def test_check_mode_works_on_a_controller_that_has_nothing(ansible: Commands) -> None:
    with StandIn({path.name for path in PROJECT.glob("*.yml")}) as empty:
        done = set_up(ansible, empty, "--check")
        assert f"{WINDOW} plan" in done.stdout
        assert changed(done) != []
        assert empty.writes() == []


@pytest.mark.parametrize(
    ("text", "changes", "why"),
    [
        ("window_name: recover", {}, "would both have an object named"),
        ("window_name: x\nwindow_directory: '{{ lookup(1) }}'", {}, "a window file is data"),
        ("", {"awx_organization": "Two"}, "Set another awx_prefix for organization 'Two'"),
        ("", {"awx_execution_environment_image": "x", "awx_organization": "Two", "awx_prefix": "two"}, "execution env"),
    ],
)
def test_what_would_collide_is_refused_before_anything_is_made(
    ansible: Commands, awx: StandIn, tmp_path: Path, text: str, changes: dict[str, t.Any], why: str
) -> None:
    file = tmp_path / "core.yml"
    content = (PROJECT / "windows/core.yml").read_text()
    file.write_text(content.replace("window_name: core-sbc-monthly", text or "window_name: core-sbc-monthly"))
    done = set_up(ansible, awx, **WITHOUT_SECRETS, awx_windows=[str(file)], **changes)
    assert (done.rc, why in done.stdout) == (2, True), done.said()
    assert awx.writes() == []


def test_an_approval_in_the_window_file_holds_instead(ansible: Commands, awx: StandIn, tmp_path: Path) -> None:
    file = tmp_path / "core.yml"
    file.write_text((PROJECT / "windows/core.yml").read_text() + f"window_approval: {'f' * 64}\n")
    set_up(ansible, awx, **WITHOUT_SECRETS, awx_slices=1, awx_windows=[str(file)])
    given = json.loads(awx.all("job_templates")[f"{WINDOW} window"]["extra_vars"])
    assert given["window_approval"] == "f" * 64


@pytest.mark.parametrize("value", ["none"])
def test_no_approval_in_the_window_file_does_not_lift_that_of_the_workflow(
    ansible: Commands, awx: StandIn, tmp_path: Path, value: str
) -> None:
    file = tmp_path / "core.yml"
    file.write_text((PROJECT / "windows/core.yml").read_text() + f"window_approval: {value}\n")
    set_up(ansible, awx, **WITHOUT_SECRETS, awx_slices=1, awx_windows=[str(file)])
    given = json.loads(awx.all("job_templates")[f"{WINDOW} window"]["extra_vars"])
    assert given["window_approval"] == APPROVAL


def test_check_mode_says_what_would_change_and_changes_nothing(ansible: Commands, awx: StandIn) -> None:
    """Of a controller that was set up before, as the guide says."""
    done = set_up(ansible, awx, "--check", **WITHOUT_SECRETS, awx_slices=4)
    assert "Create the job templates of the window" in {task.split(" : ")[-1] for task in changed(done)}
    assert awx.writes() == [], "no project is fetched either"


def test_a_setting_changes_what_it_is_about_and_nothing_else(ansible: Commands, awx: StandIn) -> None:
    done = set_up(ansible, awx, **WITHOUT_SECRETS, awx_approval=False, awx_slices=3)
    assert [task.split(" : ")[-1] for task in changed(done)].count("Remove the approval") == 1
    assert ways(awx) == {
        "plan": {"success_nodes": ["window"]},
        "window": {"always_nodes": ["recover"]},
        "recover": {"always_nodes": ["report"]},
        "report": {},
    }
    assert awx.all("job_templates")[f"{WINDOW} window"]["job_slice_count"] == 3
    assert {path.split("/")[3] for _method, path in written(awx)} == {"job_templates", "workflow_job_template_nodes"}


def test_all_of_it_is_taken_away(ansible: Commands, awx: StandIn) -> None:
    """But what others use: another organization's credential of one of the types, a project in the environment."""
    others = awx.add("credentials", name="theirs", organization="Two", credential_type=f"{PREFIX} journal", inputs={})
    user = awx.add("projects", name="theirs", organization="Two", default_environment="netfleet maintenance")
    looked = set_up(ansible, awx, "--check", awx_state="absent")
    assert (looked.rc, awx.writes()) == (0, [])
    kept = set_up(ansible, awx, awx_state="absent")
    assert kept.rc == 0, kept.said()
    assert "The execution environment netfleet maintenance stays: theirs uses it." in kept.stdout
    assert awx.all("credential_types").keys() == {*SEEDED["credential_types"], f"{PREFIX} journal"}
    awx.remove(others)
    awx.remove(user)
    last = set_up(ansible, awx, awx_state="absent")
    assert last.rc == 0, last.said()
    kinds = ("credential_types", "credentials", "projects", "inventories", "inventory_sources", "job_templates")
    more = ("execution_environments", "workflow_job_templates", "workflow_job_template_nodes", "schedules")
    left = {kind: list(awx.all(kind)) for kind in (*SEEDED, *kinds, *more) if awx.all(kind)}
    assert left == SEEDED
    again = set_up(ansible, awx, awx_state="absent")
    assert changed(again) == []
    assert written(awx) == []


def test_each_example_names_an_image_of_its_own_and_needs_no_inventory() -> None:
    """AWX's own image is too old; and an inventory of the folder would need credentials before the first task."""
    for path in (PROJECT / "setup.yml", ROOT / "examples/gitops/awx/setup.yml"):
        extra = yaml.safe_load(path.read_text())
        assert extra["awx_execution_environment"]
        assert extra["awx_execution_environment_image"]
    for folder, suffix in (("examples", "md"), ("examples", "yml"), ("docs", "rst"), ("playbooks", "yml")):
        for path in (ROOT / folder).rglob(f"*.{suffix}"):
            for command in re.findall(r"ansible-playbook netfleet\.maintenance\.setup_awx.*", path.read_text()):
                assert " -i localhost, " in command, path


def tasks_of(folder: Path) -> list[dict[str, t.Any]]:
    return [task for path in sorted(folder.glob("tasks/*.yml")) for task in yaml.safe_load(path.read_text())]


def test_every_argument_of_every_task_is_one_of_its_module() -> None:
    """Also of the tasks that no run above has carried out."""
    checked = 0
    for task in tasks_of(ROLE):
        for action in [key for key in task if key.startswith("awx.awx.")]:
            name = action.removeprefix("awx.awx.")
            source = (awx_collections() / INSIDE / f"plugins/modules/{name}.py").read_text()
            documentation = source.split("DOCUMENTATION = '''", 1)[1].split("'''", 1)[0]
            options = yaml.safe_load(documentation)["options"]
            assert set(task[action]) <= set(options), (task["name"], name)
            required = {option for option, rule in options.items() if rule.get("required")}
            assert required <= set(task[action]), (task["name"], name)
            checked += 1
    assert checked >= 20


def test_the_guide_shows_the_files_of_the_example() -> None:
    guide = (ROOT / "docs/docsite/rst/guide_awx.rst").read_text()
    files = {step.path: step.content for step in steps(guide) if isinstance(step, File)}
    assert {"setup.yml", "fleet.pam.yml", "plan_window.yml", "report.yml"} == files.keys()
    for name, shown in files.items():
        assert yaml.safe_load(shown) == yaml.safe_load((PROJECT / name).read_text()), name
    listed = set(re.findall(r"^   ([\w/.]+\.yml)(?:   |$)", guide, re.MULTILINE))
    assert listed == {str(path.relative_to(PROJECT)) for path in PROJECT.rglob("*.yml")}


def test_the_collection_does_not_depend_on_it() -> None:
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["dependencies"] == {}

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/setup_awx.yml with the real modules of awx.awx, against a stand-in that refuses what AWX refuses."""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t
from pathlib import Path

import jinja2
import pytest
import yaml

from ansible_collections.netfleet.maintenance.plugins.module_utils._module import options as _options
from tests.awx.collection import INSIDE, awx_collections
from tests.awx.environment import awx_environment
from tests.awx.schedules import parsed
from tests.awx.standin import StandIn
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
SEEDED = {"organizations": ["Default"], "notification_templates": ["chat"], "credential_types": ["Machine"]}
WITHOUT_SECRETS: dict[str, t.Any] = dict.fromkeys(
    ("awx_zequenze_token", "awx_oracle_sdm_password", "awx_senhasegura_client_secret", "awx_journal"), ""
)
OPTIONS = {
    "awx_execution_environment": "maintenance",
    "awx_execution_environment_image": "registry.example.com/maintenance:1",
    "awx_notification_templates": ["chat"],
    "awx_slices": 2,
}

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


def test_the_credentials_inject_what_the_collection_reads(made: Made) -> None:
    """The injectors are the variables of the options, no more and no less, and what they render is what works."""
    rendered: dict[str, str] = {}
    for name, spec in TYPES.items():
        injectors = made.awx.all("credential_types")[name]["injectors"]
        read = [rule["fallback"][1] for rule in spec.options.values() if "fallback" in rule]
        assert injectors.keys() == {"env"}
        assert set(injectors["env"]) == {variable for variables in read for variable in variables}
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
        *(f"{WINDOW} {job}" for job in ("plan", "window", "report")),
    }
    assert awx.linked("workflow_job_templates", WINDOW, "notification_templates_approvals") == ["chat"]
    assert {template["allow_simultaneous"] for template in templates.values()} == {False}
    assert awx.all("workflow_job_templates")[WINDOW]["allow_simultaneous"] is False
    for name in templates:
        assert sorted(awx.linked("job_templates", name, "credentials")) == sorted(TYPES)
    window = yaml.safe_load((PROJECT / "windows/core.yml").read_text())
    assert json.loads(templates[f"{WINDOW} window"]["extra_vars"]) == window
    assert templates[f"{WINDOW} plan"]["job_type"] == "check"
    assert templates[f"{WINDOW} plan"]["playbook"] == "plan_window.yml"
    assert {template["playbook"] for template in templates.values()} <= {path.name for path in PROJECT.glob("*.yml")}
    assert {name: item["job_slice_count"] for name, item in templates.items() if item.get("job_slice_count") == 2} == {
        f"{WINDOW} window": 2,
        f"{PREFIX} one-off window": 2,
    }
    source = awx.all("inventory_sources")[f"{PREFIX} PAM Core"]
    assert (source["source"], source["source_path"], source["update_on_launch"]) == ("scm", "fleet.pam.yml", True)
    assert source["credential"] == awx.all("credentials")[f"{PREFIX} PAM Core"]["id"]


def test_the_survey_asks_for_options_of_the_window(awx: StandIn) -> None:
    options = yaml.safe_load((ROOT / "roles/window/meta/argument_specs.yml").read_text())["argument_specs"]["main"]
    playbook = (ROOT / "playbooks/maintenance_window.yml").read_text()
    for question in awx.survey(f"{PREFIX} one-off window")["spec"]:
        name = question["variable"]
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
        "recover": f"{PREFIX} recover",
        "report": f"{WINDOW} report",
    }
    assert awx.all("workflow_approval_templates")[f"Approve the plan of {WINDOW}"]["timeout"] == 3600


def test_the_workflow_starts_when_the_window_opens(awx: StandIn) -> None:
    schedule = awx.all("schedules")[WINDOW]
    assert schedule["unified_job_template"] == awx.all("workflow_job_templates")[WINDOW]["id"]
    first = parsed(schedule["rrule"])[0]
    assert first.isoformat() == "2026-01-11T02:00:00+00:00"


def test_again_nothing_is_written(ansible: Commands, awx: StandIn) -> None:
    """Not even the addresses, which are the example's now and which no credential takes without its secret."""
    done = set_up(ansible, awx, **WITHOUT_SECRETS)
    assert changed(done) == []
    assert awx.writes() == []


def job(ansible: Commands, awx: StandIn, name: str, artifacts: t.Mapping[str, t.Any], **changes: object) -> Finished:
    """Run a job of the window's workflow as AWX does; ``artifacts`` are what the jobs before it have published."""
    template = awx.all("job_templates")[f"{WINDOW} {name}"]
    extra = {**json.loads(template["extra_vars"]), **artifacts, **PATIENCE, **changes}
    check = ["--check"] if template["job_type"] == "check" else []
    return ansible.playbook(
        str(PROJECT / template["playbook"]),
        *check,
        hosts=str(PROJECT / "fleet.pam.yml"),
        extra=extra,
        environment={"ANSIBLE_SHOW_CUSTOM_STATS": "true"},
    )


def artifacts_of(done: Finished) -> dict[str, t.Any]:
    """What a run has published, of which AWX makes extra vars for the jobs that follow."""
    found = re.search(r"RUN: (\{.*\})", done.stdout, re.DOTALL)
    return dict(json.loads(found[1])) if found else {}


def test_what_was_approved_is_what_runs(ansible: Commands, awx: StandIn, simulator: Simulator) -> None:
    """The plan is made before the window opens; then another device answers to one of the names for a while."""
    assert changed(set_up(ansible, awx, **WITHOUT_SECRETS, awx_slices=1)) != []
    window = yaml.safe_load((PROJECT / "windows/core.yml").read_text())
    given = json.loads(awx.all("job_templates")[f"{WINDOW} window"]["extra_vars"])
    assert given == {**window, "window_approval": "{{ window_plan_digest | default('') }}"}
    day, planned_serial = second_sunday(), {"zequenze": {"serial_number": "PLANNED"}}
    simulator.patch_device(SBCS[-1], planned_serial)
    ansible.at(local(day, 1, 50))
    planned = job(ansible, awx, "plan", {})
    assert planned.rc == 0, planned.said()
    approved = artifacts_of(planned)
    assert list(approved) == ["window_plan_digest"]
    assert f"window_approval: {approved['window_plan_digest']}" in planned.stdout

    ansible.at(local(day, 2, 5))
    simulator.patch_device(SBCS[-1], {"zequenze": {"serial_number": "REPLACED"}})
    refused = job(ansible, awx, "window", approved)
    assert refused.rc == 2
    assert "is not for what would be done now, so nothing was locked or sent" in refused.stdout
    assert [row for row in simulator.ledger() if row["effect"] in ("lock", "operation")] == []

    simulator.patch_device(SBCS[-1], planned_serial)
    done = job(ansible, awx, "window", approved)
    assert done.rc == 0, done.said()
    assert sorted(operations(simulator)) == sorted((name, step) for name in SBCS for step in ("sync", "reboot"))


def test_a_window_that_is_started_without_its_workflow_needs_no_approval(
    ansible: Commands, awx: StandIn, simulator: Simulator
) -> None:
    ansible.at(local(second_sunday(), 2, 5))
    done = job(ansible, awx, "window", {}, window_targets=SBCS[0])
    assert done.rc == 0, done.said()
    assert operations(simulator) == [(SBCS[0], "sync"), (SBCS[0], "reboot")]


def test_an_approval_in_the_window_file_holds_instead(ansible: Commands, awx: StandIn, tmp_path: Path) -> None:
    file = tmp_path / "core.yml"
    file.write_text((PROJECT / "windows/core.yml").read_text() + f"window_approval: {'f' * 64}\n")
    set_up(ansible, awx, **WITHOUT_SECRETS, awx_slices=1, awx_windows=[str(file)])
    given = json.loads(awx.all("job_templates")[f"{WINDOW} window"]["extra_vars"])
    assert given["window_approval"] == "f" * 64


def test_check_mode_says_what_would_change_and_changes_nothing(ansible: Commands, awx: StandIn) -> None:
    """Of a controller that was set up before, as the guide says."""
    done = set_up(ansible, awx, "--check", **WITHOUT_SECRETS, awx_slices=4)
    assert "Make its job templates" in {task.split(" : ")[-1] for task in changed(done)}
    assert awx.writes() == []


def test_a_setting_changes_what_it_is_about_and_nothing_else(ansible: Commands, awx: StandIn) -> None:
    done = set_up(ansible, awx, **WITHOUT_SECRETS, awx_approval=False, awx_slices=3)
    assert [task.split(" : ")[-1] for task in changed(done)].count("Wait for no approval") == 1
    assert ways(awx) == {
        "plan": {"success_nodes": ["window"]},
        "window": {"always_nodes": ["recover"]},
        "recover": {"always_nodes": ["report"]},
        "report": {},
    }
    assert awx.all("job_templates")[f"{WINDOW} window"]["job_slice_count"] == 3
    assert {path.split("/")[3] for _method, path in awx.writes()} == {"job_templates", "workflow_job_template_nodes"}


def test_all_of_it_is_taken_away(ansible: Commands, awx: StandIn) -> None:
    done = set_up(ansible, awx, awx_state="absent")
    assert len(changed(done)) > 10
    kinds = ("credential_types", "credentials", "projects", "inventories", "inventory_sources", "job_templates")
    more = ("execution_environments", "workflow_job_templates", "workflow_job_template_nodes", "schedules")
    left = {kind: list(awx.all(kind)) for kind in (*SEEDED, *kinds, *more) if awx.all(kind)}
    assert left == SEEDED
    again = set_up(ansible, awx, awx_state="absent")
    assert changed(again) == []
    assert awx.writes() == []


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

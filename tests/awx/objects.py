# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of objects that the stand-in of a controller keeps, and what AWX would refuse about each (24.6.1)."""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t

from tests.awx import schedules

Item = dict[str, t.Any]
Refusals = dict[str, list[str]]

SECRET = "$encrypted$"
_VARIABLE = re.compile(r"\{\{\s*([^}]+?)\s*\}\}")
_QUESTIONS = ("text", "textarea", "password", "integer", "float", "multiplechoice", "multiselect")


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind: its ``type``, the fields it cannot be without, where each of its references points, and its lists.

    ``unique`` are the fields that no two of them may share; ``cascades`` are fields of other kinds whose objects go
    with it; ``read_only`` kinds cannot be made through the list.
    """

    type: str
    required: tuple[str, ...] = ("name",)
    references: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    lists: tuple[str, ...] = ()
    unique: tuple[str, ...] = ("name", "organization")
    cascades: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    survey: bool = False


_NOTIFICATIONS = tuple(f"notification_templates_{when}" for when in ("started", "success", "error"))
_ORGANIZATION = {"organization": "organizations"}

KINDS: dict[str, Kind] = {
    "organizations": Kind("organization"),
    "notification_templates": Kind("notification_template"),
    "execution_environments": Kind("execution_environment", ("name", "image"), _ORGANIZATION),
    "credential_types": Kind("credential_type", ("name", "kind"), unique=("name",)),
    "credentials": Kind(
        "credential", ("name", "credential_type"), {**_ORGANIZATION, "credential_type": "credential_types"}
    ),
    "projects": Kind(
        "project",
        ("name", "organization"),
        {**_ORGANIZATION, "credential": "credentials", "default_environment": "execution_environments"},
    ),
    "inventories": Kind(
        "inventory", ("name", "organization"), _ORGANIZATION, cascades={"inventory_sources": "inventory"}
    ),
    "inventory_sources": Kind(
        "inventory_source",
        ("name", "inventory"),
        {
            "inventory": "inventories",
            "source_project": "projects",
            "credential": "credentials",
            "execution_environment": "execution_environments",
        },
        unique=("name", "inventory"),
    ),
    "job_templates": Kind(
        "job_template",
        ("name", "project", "playbook", "inventory"),
        {
            **_ORGANIZATION,
            "project": "projects",
            "inventory": "inventories",
            "execution_environment": "execution_environments",
        },
        ("credentials", *_NOTIFICATIONS),
        cascades={"schedules": "unified_job_template"},
        survey=True,
    ),
    "workflow_job_templates": Kind(
        "workflow_job_template",
        references=_ORGANIZATION,
        lists=(*_NOTIFICATIONS, "notification_templates_approvals"),
        cascades={"workflow_job_template_nodes": "workflow_job_template", "schedules": "unified_job_template"},
        survey=True,
    ),
    "workflow_job_template_nodes": Kind(
        "workflow_job_template_node",
        ("workflow_job_template",),
        {"workflow_job_template": "workflow_job_templates", "unified_job_template": "unified_job_templates"},
        ("success_nodes", "always_nodes", "failure_nodes"),
        unique=("identifier", "workflow_job_template"),
    ),
    "workflow_approval_templates": Kind("workflow_approval_template", unique=()),
    "schedules": Kind(
        "schedule",
        ("name", "rrule", "unified_job_template"),
        {"unified_job_template": "unified_job_templates"},
        unique=("name", "unified_job_template"),
    ),
}
UNIFIED = ("job_templates", "workflow_job_templates", "projects", "inventory_sources", "workflow_approval_templates")


def refusals(kind: str, item: Item, playbooks: t.Collection[str], type_of: t.Callable[[int], Item]) -> Refusals:
    """Say what AWX would refuse about an object, field by field; empty when it takes it.

    ``playbooks`` are the files of every project, ``type_of`` gives a credential type by its id.
    """
    found = {name: ["This field is required."] for name in KINDS[kind].required if item.get(name) in (None, "")}
    if found:
        return found
    if kind == "credential_types":
        return _credential_type(item)
    if kind == "credentials":
        return _credential(item, type_of(item["credential_type"]))
    if kind == "job_templates" and item["playbook"] not in playbooks:
        return {"playbook": ["Playbook not found for project."]}
    if kind == "inventory_sources" and (item.get("source") != "scm" or not item.get("source_project")):
        return {"source_project": ["A project is required for a source of type scm."]}
    if kind == "schedules":
        wrong = schedules.problems(item["rrule"])
        return {"rrule": wrong} if wrong else {}
    if kind == "job_templates":
        try:
            json.loads(item.get("extra_vars") or "{}")
        except ValueError as error:
            return {"extra_vars": [str(error)]}
    return {}


def _credential_type(item: Item) -> Refusals:
    fields = item.get("inputs", {}).get("fields", [])
    names = [field.get("id") for field in fields]
    allowed = {"id", "label", "type", "secret", "format", "choices", "help_text", "multiline", "default"}
    if set(item.get("inputs", {})) - {"fields", "required"} or any(set(field) - allowed for field in fields):
        return {"inputs": ["Additional properties are not allowed."]}
    if any(not field.get("id") or not field.get("label") for field in fields) or len(set(names)) < len(names):
        return {"inputs": ["Every field needs an id of its own and a label."]}
    if set(item.get("inputs", {}).get("required", [])) - set(names):
        return {"inputs": ["A required field is not defined."]}
    for variable, template in item.get("injectors", {}).get("env", {}).items():
        if variable.startswith("ANSIBLE_") or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable):
            return {"injectors": [f"Environment variable {variable} may not be set."]}
        used = set(_VARIABLE.findall(template))
        if not used or used - set(names):
            return {"injectors": [f"{variable} uses an undefined field: {template}"]}
    return {} if set(item.get("injectors", {})) <= {"env", "file", "extra_vars"} else {"injectors": ["Unknown."]}


def _credential(item: Item, kind: Item) -> Refusals:
    names = {field["id"] for field in kind["inputs"]["fields"]}
    given = item.get("inputs", {})
    unknown = set(given) - names
    missing = [name for name in kind["inputs"].get("required", []) if not given.get(name)]
    if unknown or missing:
        return {"inputs": [f"not defined: {sorted(unknown)}, missing: {missing}"]}
    return {} if all(isinstance(value, str) for value in given.values()) else {"inputs": ["Must be text."]}


def survey_problem(spec: Item) -> str | None:
    """Say why AWX would refuse a survey, or None (awx.api.views, SurveySpec)."""
    if set(spec) != {"name", "description", "spec"} or not isinstance(spec["spec"], list):
        return "name, description and spec are needed"
    for question in spec["spec"]:
        missing = {"type", "question_name", "variable", "required"} - set(question)
        if missing:
            return f"{sorted(missing)} missing from survey question"
        if question["type"] not in _QUESTIONS:
            return f"'{question['type']}' is not one of the types"
        choices, default = question.get("choices"), question.get("default")
        if question["type"].startswith("multi"):
            if not choices:
                return "Choices are needed"
            if default is not None and not (isinstance(default, str) and set(default.splitlines()) <= set(choices)):
                return "The default must be among the choices, one on a line"
        elif question["type"] == "integer" and default is not None and type(default) is not int:
            return "The default must be a whole number"
    return None


def shown(kind: str, item: Item, type_of: t.Callable[[int], Item]) -> Item:
    """Return an object as its answers show it: no secret of a credential leaves the controller again."""
    if kind != "credentials":
        return item
    fields = type_of(item["credential_type"])["inputs"]["fields"]
    secret = {field["id"] for field in fields if field.get("secret")}
    inputs = {name: SECRET if name in secret else value for name, value in item.get("inputs", {}).items()}
    return {**item, "inputs": inputs}

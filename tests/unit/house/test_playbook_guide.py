# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""guide_playbooks.rst has every playbook, with every variable that it reads and the default that it reads it with."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import jinja2
import pytest
import yaml
from jinja2 import nodes

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs/docsite/rst/guide_playbooks.rst").read_text()
PLAYBOOKS = sorted(path for path in (ROOT / "playbooks").glob("*.yml") if not path.name.endswith(".meta.yml"))
ROLE_FILES = sorted((ROOT / "roles").glob("*/tasks/*.yml"))
# Keywords whose text is an expression without braces.
BARE = {"changed_when", "failed_when", "that", "until", "when"}
ANSIBLE = {"dict", "groups", "hostvars", "inventory_hostname", "item", "lookup", "now", "omit", "query", "role_path"}
# What AWX gives to every job.
AWX = {"awx_job_id", "awx_workflow_job_id"}


class Loader(yaml.SafeLoader):
    """Reads a playbook; text that is no template stays out."""


Loader.add_constructor("!unsafe", lambda _loader, _node: None)


def expressions(part: t.Any, keyword: str = "") -> t.Iterator[str]:
    """Return every text of a playbook as a template."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from expressions(value, key)
    elif isinstance(part, list):
        for value in part:
            yield from expressions(value, keyword)
    elif isinstance(part, str):
        yield f"{{{{ ({part}) }}}}" if keyword in BARE and "{{" not in part else part


def trees(path: Path) -> t.Iterator[nodes.Template]:
    """Return the templates of a playbook or task file, parsed."""
    for text in expressions(yaml.load(path.read_text(), Loader)):
        yield jinja2.Environment(autoescape=True).parse(text)


def names(parts: t.Iterable[t.Any]) -> set[str]:
    """Return the keys under every ``vars:``, which a playbook gives itself: its own and those it hands on."""
    found: set[str] = set()
    for part in parts:
        if isinstance(part, dict):
            found |= set(part.get("vars", {}))
            found |= names(value for key, value in part.items() if key != "vars")
        elif isinstance(part, list):
            found |= names(part)
    return found


def read(path: Path) -> dict[str, set[str]]:
    """Return the variables that a file reads from outside, each with the constants it takes where they are missing."""
    found: dict[str, set[str]] = {}
    for tree in trees(path):
        for name in tree.find_all(nodes.Name):
            if name.ctx == "load":
                found.setdefault(name.name, set())
        for default in tree.find_all(nodes.Filter):
            if default.name == "default" and isinstance(default.node, nodes.Name):
                try:
                    value = default.args[0].as_const()
                except nodes.Impossible:
                    continue
                found[default.node.name].add("" if value in ("", None) else shown(value))
    return {
        name: values
        for name, values in found.items()
        if not name.startswith(("__", "ansible_")) and name not in ANSIBLE | AWX
    }


def shown(value: t.Any) -> str:
    """Return a default as the guide writes it."""
    return value if isinstance(value, str) else json.dumps(value)


def sections() -> dict[str, dict[str, str]]:
    """Return for each heading of the guide its table: variables and defaults."""
    headings = [*re.finditer(r"^(\w[\w ]*)\n-+\n", GUIDE, re.MULTILINE)]
    ends = [heading.start() for heading in headings[1:]] + [len(GUIDE)]
    return {
        heading[1]: dict(re.findall(r"^``(\w+)`` +(\S.*?)  ", GUIDE[heading.end() : end], re.MULTILINE))
        for heading, end in zip(headings, ends, strict=True)
    }


def role_options() -> set[str]:
    specs = [yaml.safe_load(path.read_text()) for path in (ROOT / "roles").glob("*/meta/argument_specs.yml")]
    return {name for spec in specs for entry in spec["argument_specs"].values() for name in entry.get("options", {})}


def test_the_guide_has_every_playbook_and_a_command_for_it() -> None:
    playbooks = [path.stem for path in PLAYBOOKS]
    assert sorted(set(sections()) - {"Variables of hosts"}) == playbooks
    assert [name for name in playbooks if f"$ ansible-playbook netfleet.maintenance.{name} " not in GUIDE] == []


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_every_variable_of_a_playbook_is_in_the_guide_with_its_default(playbook: Path) -> None:
    table, options = sections()[playbook.stem], role_options()
    # What it gives itself under that name, like the notification, is not asked of the reader.
    given = names(yaml.load(playbook.read_text(), Loader))
    variables = {name: values for name, values in read(playbook).items() if name not in given - set(table)}
    assert sorted(name for name in variables if name not in table and name not in options) == []
    for name, defaults in variables.items():
        if name in table:
            said = table[name].strip("`")
            # Where it is left open, the guide says so in words: needed, none, or what is taken in its place.
            assert defaults <= {"", "!all", "[]"} or said in defaults | {"needed"}, (
                f"{name}: {said}, read with {defaults}"
            )


@pytest.mark.parametrize("path", ROLE_FILES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_every_variable_of_a_role_is_an_option_or_in_the_guide(path: Path) -> None:
    known = role_options() | {name for table in sections().values() for name in table}
    assert sorted(set(read(path)) - known) == []


def test_the_reader_of_playbooks_is_not_fooled(tmp_path: Path) -> None:
    playbook = tmp_path / "x.yml"
    playbook.write_text(
        '- hosts: "{{ one | default(\'all\') }}"\n  tasks:\n    - debug: {msg: "{{ two.three }} {{ __own }}"}\n'
        '      when: four | default(5) > item\n      vars: {six: !unsafe "{{ seven }}"}\n'
    )
    assert read(playbook) == {"one": {"all"}, "two": set(), "four": {"5"}}

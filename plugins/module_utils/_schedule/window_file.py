# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Window files, read from their text: what is wrong with one, and what it says.

YAML changes values silently: 010 becomes 8, 2:00 becomes 120, NO becomes false, and of two equal keys the last
one wins. So values are taken from the text, and what YAML would change is refused, because Ansible reads the same file.
A window file is data: templates, vault values and tags are refused.
"""

from __future__ import annotations

import collections
import json
import pathlib
import re
import typing as t

try:
    import yaml
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._alertmanager.rule import OPTION as ALERTS
from ansible_collections.netfleet.maintenance.plugins.module_utils._alertmanager.rule import read_rule
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import read_window
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.variables import (
    Changed,
    changed_in,
    is_blank,
    known_keys,
    problems_of_variables,
    read_keys,
    values_of_variables,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

__all__ = [
    "changed_in_extra_vars",
    "changed_in_text",
    "names_in_extra_vars",
    "problems_of_text",
    "problems_of_variables",
    "read_file",
    "templates_in_extra_vars",
    "values_of_variables",
]

SUFFIXES = (".yml", ".yaml")

_LARGEST = 128 * 1024

_DEEPEST = 20
_MOST_VALUES = 20_000

_STANDARD = "tag:yaml.org,2002:"

_VAULT = "$ANSIBLE_VAULT;"

_TEMPLATE = re.compile(r"\{\{|\{%|\{#")

_PLAIN_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)

_PLAIN_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+", re.ASCII)


class Unreadable(BadInput):
    """A file is no YAML, or holds something that no window file may hold; the text says what, as a sentence."""


def problems_of_text(text: str, path: str) -> list[str]:
    """Return a sentence for everything that is wrong with the text of a window file, each with ``path`` in front.

    The keys, their values, how the keys go together and the schedule are judged. Calendars are not read.
    """
    return [f"{path}: {problem}" for problem in read_text(text)[1]]


def read_text(text: str) -> tuple[dict[str, t.Any], list[str]]:
    """Return the values of a window file by key, and a sentence for everything that is wrong with its text."""
    try:
        document = _Document(text)
    except Unreadable as error:
        return {}, [str(error)]
    definition = {key: value for key, value in document.values.items() if key not in document.refused}
    values, wrong = read_keys(definition)
    for key, value in definition.items():
        if is_blank(value) and key in known_keys():
            wrong[key] = f"{key} has no value. Write one, or remove the key."
    if "window_targets" not in document.values:
        wrong["window_targets"] = "window_targets is missing, so the window has no devices. Add it."
    if not document.refused and not any(map(_is_changed, definition.values())):
        try:
            read_window(definition | values)
        except BadInput as error:
            # This says more exactly what is wrong with a key than the schema does.
            wrong[str(error).partition(" ")[0]] = str(error)
        try:
            read_rule(values.get(ALERTS))
        except BadInput as error:
            wrong[ALERTS] = str(error)
    return values, document.problems + list(wrong.values())


def changed_in_text(text: str, kind: str = "window") -> list[str]:
    """Return a sentence for each variable of a window in YAML text that YAML changes, or that stands there twice.

    For what a run was given with ``-e``: by the time the run sees the values, YAML has changed them. Text that is no
    YAML mapping, or is encrypted as a whole, gives none: Ansible judges it. With another ``kind`` it is about the
    variables that begin so, such as ``drift_max_targets``.
    """
    try:
        document = _Document(text, data_only=False)
    except Unreadable:
        return []
    if kind != "window":
        ours = {key: value for key, value in document.values.items() if key.startswith(f"{kind}_")}
        found = {key: changed_in(value) for key, value in ours.items()}
        return document.problems + [
            f"{key} {shown(each.text)} is {json.dumps(each.value, default=str)} to YAML. Put it in quotes, or write a "
            "plain number."
            for key, each in found.items()
            if each is not None and not isinstance(each.value, bool)
        ]
    ours = {key: value for key, value in document.values.items() if key in known_keys()}
    wrong = read_keys(ours)[1]
    return document.problems + [wrong[key] for key, value in ours.items() if key in wrong and _is_changed(value)]


def changed_in_extra_vars(arguments: t.Iterable[str], kind: str = "window") -> list[str]:
    """Return what :func:`changed_in_text` returns for the arguments of ``-e``: texts, or ``@`` and a path each."""
    found = []
    for argument in arguments:
        path = argument[1:] if argument.startswith("@") else None
        try:
            text = argument if path is None else text_of(path)
        except BadInput:
            # Ansible has read it, so it is something else than a file of text, such as a pipe.
            continue
        if path is not None or argument.lstrip()[:1] in ("{", "["):
            found += [f"{path}: {problem}" if path else problem for problem in changed_in_text(text, kind)]
    return found


def names_in_extra_vars(arguments: t.Iterable[str]) -> list[str]:
    """Return the names of the variables in the arguments of ``-e``, as far as they can be read here."""
    found: list[str] = []
    for argument in arguments:
        path = argument[1:] if argument.startswith("@") else None
        if path is None and argument.lstrip()[:1] not in ("{", "["):
            found += re.findall(r"(?:^|\s)([A-Za-z_]\w*)=", argument)
            continue
        try:
            found += map(str, _Document(argument if path is None else text_of(path), data_only=False).values)
        except BadInput:
            # Ansible judges what is no mapping of YAML.
            continue
    return found


def templates_in_extra_vars(arguments: t.Iterable[str]) -> list[str]:
    """Return a sentence for each template and tag in the variables of the window files among arguments of ``-e``.

    A window file is what a reviewer reads as data. Ansible would run what a template of it says, with the credentials
    of the run. Files that describe no window, and values on the command line itself, are the user's own.
    """
    found = []
    for path in [argument[1:] for argument in arguments if argument.startswith("@")]:
        try:
            text = text_of(path)
            if text.lstrip().startswith(_VAULT) or is_settings(path):
                continue
            document = _Document(text)
        except BadInput:
            # Ansible judges what is no mapping.
            continue
        ours = {place for place in document.refused if place in known_keys()}
        found += [f"{path}: {problem}" for problem in document.problems if problem.partition(" has ")[0] in ours]
    return found


def read_file(path: str | pathlib.Path) -> dict[str, t.Any]:
    """Return the values of a window file that has nothing wrong with it. Raise BadInput with all that is wrong."""
    values, problems = read_text(text_of(path))
    if problems:
        raise BadInput(" ".join(problems))
    return values


def is_settings(path: str | pathlib.Path) -> bool:
    """Whether a file is a mapping that describes no window: settings that several windows share, not a window file."""
    try:
        definition = _Document(text_of(path), data_only=False).values
    except BadInput:
        return False
    return not {"window_schedule", "window_id", "window_name"} & definition.keys()


def text_of(path: str | pathlib.Path) -> str:
    """Return the text of a window file. Raise BadInput when it cannot be read, or is too large for one."""
    try:
        with open(path, "rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise Unreadable(f"The file is larger than {_LARGEST // 1024} KiB, so it is no window file.")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(f"The file cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise Unreadable("The file is not text in UTF-8. Save it as UTF-8.") from error


def same_names(named: t.Iterable[tuple[str, t.Mapping[str, t.Any]]]) -> list[str]:
    """Return a sentence for each name or id that more than one of the window files (path and values) has."""
    files: dict[tuple[str, str], list[str]] = collections.defaultdict(list)
    for path, values in named:
        for key in ("window_name", "window_id"):
            if not is_blank(values.get(key)):
                files[key, str(values[key])].append(path)
    return [
        f"{', '.join(paths)}: {key} {shown(name)} is in {len(paths)} files, so their windows would count as one."
        " Rename all but one."
        for (key, name), paths in files.items()
        if len(paths) > 1
    ]


def _is_changed(value: object) -> bool:
    return changed_in(value) is not None


def _compose(text: str) -> t.Any:
    """Return the node of a YAML text that is a mapping. Raise Unreadable."""
    if text.lstrip().startswith(_VAULT):
        raise Unreadable("The file is encrypted with ansible-vault. Decrypt it: a window file holds no secrets.")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise Unreadable(f"The file is not YAML: {_where(error)}.") from error
    except (RecursionError, ValueError) as error:
        raise Unreadable("The file is not YAML that a window file needs: it is nested too deeply.") from error
    if node is None or (isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")):
        raise Unreadable("The file is empty. Write the keys of a window, such as window_targets, or remove the file.")
    if not isinstance(node, yaml.MappingNode):
        raise Unreadable("The file is no mapping. Write keys of a window, such as window_targets: all.")
    return node


def _where(error: Exception) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None) or str(error)
    line = f"line {mark.line + 1}: " if mark is not None else ""
    return f"{line}{' '.join(str(problem).split())[:200]}"


class _Document:
    """The values of a YAML mapping, with the text of what YAML would change, and what it must not hold.

    Without ``data_only``, templates, tags and merged mappings are let through: a file of variables may have them.
    """

    def __init__(self, text: str, *, data_only: bool = True) -> None:
        """Read the text. Raise Unreadable when it is no mapping of YAML."""
        self._data_only = data_only
        self._known: dict[int, t.Any] = {}
        # How many values each node stands for with its aliases written out, and how deep they are nested.
        self._extent: dict[int, tuple[int, int]] = {}
        self.problems: list[str] = []
        self.refused: set[str] = set()
        self.values: dict[str, t.Any] = self._value(_compose(text), "", 0)

    def _value(self, node: t.Any, place: str, depth: int) -> t.Any:
        """Return the value of a node, once for each node, so that aliases cannot make a small file large."""
        if id(node) in self._known:
            return self._known[id(node)]
        if depth > _DEEPEST:
            raise Unreadable(f"{place} is nested more than {_DEEPEST} levels deep.")
        plain = _is_untagged(node)
        if self._data_only and not plain:
            self._refuse(place or "The file", f"the tag {node.tag.replace(_STANDARD, '!!')}")
        if isinstance(node, yaml.MappingNode):
            value: t.Any = self._mapping(node, place, depth)
        elif isinstance(node, yaml.SequenceNode):
            value = [self._value(item, place, depth + 1) for item in node.value]
        else:
            self._check_template(node.value, place)
            value = _scalar(node) if plain else node.value
        self._measure(node, place)
        self._known[id(node)] = value
        return value

    def _measure(self, node: t.Any, place: str) -> None:
        """Raise Unreadable where aliases make a node larger or deeper than a window file may be."""
        inside = [] if isinstance(node, yaml.ScalarNode) else node.value
        if isinstance(node, yaml.MappingNode):
            inside = [value for _key, value in inside]
        extents = [self._extent.get(id(child), (1, 1)) for child in inside]
        values, levels = (
            1 + sum(count for count, _depth in extents),
            1 + max((depth for _c, depth in extents), default=0),
        )
        if values > _MOST_VALUES or levels > _DEEPEST:
            raise Unreadable(
                f"{place or 'The file'} has more than {_MOST_VALUES} values or {_DEEPEST} levels, with its aliases "
                "written out. Write down what the window needs, without aliases."
            )
        self._extent[id(node)] = (values, levels)

    def _mapping(self, node: t.Any, place: str, depth: int) -> dict[t.Any, t.Any]:
        values: dict[t.Any, t.Any] = {}
        for key_node, value_node in node.value:
            line = f"line {key_node.start_mark.line + 1}"
            if not isinstance(key_node, yaml.ScalarNode):
                raise Unreadable(f"A key in {line} is no text. Write a key of a window, such as window_targets.")
            key = key_node.value
            self._check_template(key, f"A key in {line}")
            if key == "<<":
                if self._data_only:
                    self.problems.append(f"<< in {line} merges mappings. Write the keys out.")
            elif key in values:
                self.problems.append(
                    f"{f'{place}: ' if place else ''}{key} is there twice, again in {line}. Remove one."
                )
            else:
                values[key] = self._value(value_node, place or key, depth + 1)
        return values

    def _check_template(self, text: str, place: str) -> None:
        if self._data_only and _TEMPLATE.search(text):
            self._refuse(place, f"the template {shown(text)}")

    def _refuse(self, place: str, what: str) -> None:
        self.refused.add(place)
        self.problems.append(f"{place} has {what}, and a window file is data. Write the value itself.")


def _is_untagged(node: t.Any) -> bool:
    """Whether the tag of a node is the one that YAML gives it, and none that stands in the file."""
    if not isinstance(node, yaml.ScalarNode):
        return bool(node.tag == f"{_STANDARD}{'map' if isinstance(node, yaml.MappingNode) else 'seq'}")
    implicit = (node.style is None, node.style is not None)
    given = yaml.SafeLoader("").resolve(yaml.ScalarNode, node.value, implicit)  # type: ignore[no-untyped-call]
    return bool(node.tag == given)


def _scalar(node: t.Any) -> t.Any:
    """Return the value of a scalar; one that YAML 1.1 reads as something other than what is written is Changed."""
    kind = node.tag.rpartition(":")[2]
    if kind in ("str", "value", "merge"):
        return node.value
    try:
        value = yaml.SafeLoader("").construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise Unreadable(f"{shown(node.value)} is no value that YAML can read. Put it in quotes.") from error
    as_written = {
        "int": _PLAIN_INTEGER.fullmatch(node.value) and len(node.value) < 20,
        "float": _PLAIN_FLOAT.fullmatch(node.value),
        "bool": node.value in ("true", "false"),
    }
    return value if as_written.get(kind, True) else Changed(node.value, value)

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of AWX that setup_awx is about: which names they have, whose they are, and which are left over. Pure.

Some modules of ``awx.awx`` look objects up by their bare name, so a name that another object has breaks every later
run.
Names are compared without case, and what is ours says so in its description.
"""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

JOBS = ("plan", "window", "recover", "report")

WORKFLOW, JOB = "workflow_job_template", "job_template"

# The kinds whose names AWX keeps once for all organizations, as far as awx.awx looks them up.
BARE = {"credentials": "credential", "inventories": "inventory"}

Item = t.Mapping[str, t.Any]
There = t.Mapping[str, t.Sequence[Item]]


def mark_of(prefix: str) -> str:
    """Return the sentence with which the description of every workflow and window job of this prefix ends."""
    return f"Made by setup_awx with the prefix {prefix}."


def shared_names(prefix: str) -> dict[str, str]:
    """Return the type of each object that is no window's own, by its name."""
    return {
        f"{prefix} windows": "project",
        f"{prefix} PAM Core": "inventory_source",
        f"{prefix} one-off window": JOB,
        f"{prefix} recover": JOB,
    }


def window_names(prefix: str, window: str) -> dict[str, str]:
    """Return the type of each object of a window, by its name."""
    name = f"{prefix} {window}"
    return {name: WORKFLOW, **{f"{name} {job}": JOB for job in JOBS}}


def names_problem(prefix: str, organization: str, windows: t.Sequence[str], there: There) -> str:
    """Return one sentence that says why nothing can be made under these names, or an empty text.

    ``there`` are the objects that AWX has: of this organization under ``unified_job_templates``, and of all
    organizations under ``credentials`` and ``inventories``.
    """
    owners: dict[str, set[str]] = collections.defaultdict(set)
    types = dict(shared_names(prefix))
    for name in types:
        owners[name.lower()].add("setup_awx itself")
    for number, window in enumerate(windows):
        owner = f"window {shown(window)}" + (f" (file {number + 1})" if window in windows[:number] else "")
        for name, kind in window_names(prefix, window).items():
            types[name] = kind
            owners[name.lower()].add(owner)
    for name in types:
        both = sorted(owners[name.lower()])
        if len(both) > 1:
            return (
                f"{' and '.join(both)} would both have an object named {shown(name)} in AWX. Give the window another "
                "window_name. Nothing was changed."
            )
    wanted = {name.lower(): (name, kind) for name, kind in types.items()}
    for item in there.get("unified_job_templates", ()):
        name, kind = wanted.get(str(item["name"]).lower(), ("", item["type"]))
        if name and (item["type"] != kind or item["name"] != name):
            return (
                f"AWX has a {_words(item['type'])} named {shown(item['name'])}, and a {_words(kind)} of that name is "
                "needed. Rename one of them, or set another awx_prefix. Nothing was changed."
            )
    return _of_others(prefix, organization, there)


def _of_others(prefix: str, organization: str, there: There) -> str:
    for kind, word in BARE.items():
        for item in there.get(kind, ()):
            owner = organization_of(item)
            if str(item["name"]).startswith(f"{prefix} ") and owner != organization:
                whose = f"of organization {shown(owner)}" if owner else "without an organization"
                return (
                    f"AWX has a {word} {shown(item['name'])} {whose}, and awx.awx tells them apart by name only. Set "
                    f"another awx_prefix for organization {shown(organization)}. Nothing was changed."
                )
    return ""


def left_over(prefix: str, windows: t.Sequence[str], there: There) -> list[str]:
    """Return the names of the workflows that an earlier run made for windows that are not among ``windows`` now.

    Also of those of which only job templates are left.
    """
    found = []
    for item in there.get("unified_job_templates", ()):
        if not str(item.get("description") or "").endswith(mark_of(prefix)):
            continue
        name, kind = str(item["name"]), item["type"]
        if kind == WORKFLOW:
            found.append(name)
        elif kind == JOB and name.rpartition(" ")[2] in JOBS:
            found.append(name.rpartition(" ")[0])
    kept = {f"{prefix} {window}" for window in windows}
    return sorted({*found} - kept)


def organization_of(item: Item) -> str:
    """Return the name of the organization that an object belongs to; empty without one."""
    return str((item.get("summary_fields") or {}).get("organization", {}).get("name", ""))


def _words(kind: str) -> str:
    return kind.replace("_", " ")

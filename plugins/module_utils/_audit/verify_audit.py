# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of verify_audit: is the trail whole, and does it agree with the journal?"""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.trail import compare, read_trail
from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.window_audit import journal_events
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task

MOST_TOLD = 5


def verify_audit_spec() -> Spec:
    """Give the options of verify_audit."""
    return journal_options() + Spec(
        {
            "path": {"type": "path", "required": True},
            "last_hash": {"type": "str"},
            "use_journal": {"type": "bool", "default": True},
        }
    )


def run_verify_audit(task: Task) -> Result:
    """Check a trail. Gives ``verified`` and ``problems``, failed when there are any; raises BadInput, JournalError."""
    path, anchor = task.params["path"], task.params["last_hash"]
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError as error:
        raise BadInput(f"The audit trail {path} cannot be read: {error.strerror or error}.") from error
    trail = read_trail(text)
    problems = list(trail.problems)
    if not text:
        problems.append((1, "the file is empty"))
    if anchor and anchor not in {record["hash"] for record in (trail.head, *trail.records) if record}:
        problems.append((len(trail.records) + 1, "the hash that was kept is not in it: lines were cut off or replaced"))
    newer = 0
    if task.params["use_journal"] and trail.head is not None:
        differing, newer = compare(trail, journal_events(task, trail.head.get("window_id")))
        problems += differing
    result: Result = {
        "changed": False,
        "path": path,
        "verified": not problems,
        "records": len(trail.records),
        "not_exported": newer,
        "last_hash": trail.last_hash,
        "problems": [{"line": line, "problem": problem} for line, problem in problems],
    }
    if problems:
        told = "; ".join(f"line {line}: {problem}" for line, problem in problems[:MOST_TOLD])
        more = f"; and {len(problems) - MOST_TOLD} more" if len(problems) > MOST_TOLD else ""
        result |= {"failed": True, "msg": f"The audit trail {path} does not verify: {told}{more}."}
    return result

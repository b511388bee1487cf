# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logic of audit_check: follows a trail's chain of hashes, compares it with the journal and with what is elsewhere."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit import anchors
from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.trail import (
    Problem,
    Trail,
    compare,
    new_head,
    read_trail,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.window_audit import (
    digests_of_pruned,
    events_of,
    open_journal,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import JOURNAL_ID
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task

MOST_NAMED = 5


def audit_check_spec() -> Spec:
    """Return the options of audit_check."""
    return journal_options() + Spec(
        {
            "path": {"type": "path", "required": True},
            "window_id": {"type": "str"},
            "last_hash": {"type": "str"},
            "allowed_signers": {"type": "path"},
            "signer": {"type": "str"},
            "use_journal": {"type": "bool", "default": True},
        },
        required_together=(("allowed_signers", "signer"),),
    )


def run_audit_check(task: Task) -> Result:
    """Check a trail. Return ``verified`` and ``problems``, failed when there are any. Raise BadInput, JournalError."""
    params = task.params
    path, kept = params["path"], params["last_hash"]
    if kept is not None and not kept.strip():
        raise BadInput("last_hash is empty. Pass the hash that was kept, or leave last_hash out.")
    try:
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            text = file.read()
    except OSError as error:
        raise BadInput(f"The audit trail {path} cannot be read: {error.strerror or error}.") from error
    trail = read_trail(text)
    problems = list(trail.problems)
    last_line = len(trail.records) + 1
    if kept and kept not in trail.hashes:
        problems.append((last_line, "the hash that was kept is not in it: lines were removed or replaced"))
    newer = 0
    if params["use_journal"]:
        found, newer = _against_journal(task, path, trail)
        problems += found
    if params["allowed_signers"]:
        unsigned = anchors.signature_problem(path, params["allowed_signers"], params["signer"])
        problems += [(last_line, unsigned)] if unsigned else []
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
        named = "; ".join(f"line {line}: {problem}" for line, problem in problems[:MOST_NAMED])
        more = f"; and {len(problems) - MOST_NAMED} more" if len(problems) > MOST_NAMED else ""
        result |= {"failed": True, "msg": f"The audit trail {path} does not hold: {named}{more}."}
    return result


def _against_journal(task: Task, path: str, trail: Trail) -> tuple[list[Problem], int]:
    """Return what does not agree with the journal, and how many of its events are newer than the trail."""
    window_id = task.params["window_id"]
    with open_journal(task) as journal:
        head = new_head(journal.recall(JOURNAL_ID) or "", window_id)
        problems, newer = compare(trail, head, events_of(journal, window_id), digests_of_pruned(journal))
        gone = anchors.missing(journal, path, window_id, trail)
    if gone is not None:
        problems.append((len(trail.records) + 1, gone))
    return problems, newer

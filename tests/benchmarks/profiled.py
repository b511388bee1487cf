# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one action under a profiler, in a process of its own: all names in one task, or a forked worker for each name.

Reads `{"action": ..., "tasks": [arguments, ...], "forked": bool, "before": [[action, arguments], ...]}` from a file and
prints, as JSON, the share of processor time that each part took; what is done before is not counted. A worker that was
just forked pays for the first use of everything, as Ansible's do.
"""

from __future__ import annotations

import cProfile
import importlib
import json
import os
import pstats
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.loader import init_plugin_loader

Place = tuple[str, int, str]

# What a place belongs to: the first of these that stands in its file, or in the name of a function written in C.
PARTS = {
    "this collection": ("netfleet/maintenance",),
    "SQLAlchemy": ("/sqlalchemy/",),
    "SQLite": ("sqlite3",),
    "HTTP": ("/requests/", "/urllib3/", "/http/", "/email/", "socket", "/urllib/", "/idna/", "_ssl"),
    "Ansible": ("/ansible/",),
}
REST = "Python itself"


def part_of(place: Place) -> str | None:
    """Return what a place in a profile belongs to; None for a function written in C that may be anybody's."""
    file, _line, name = place
    where = name if file == "~" else file
    for part, signs in PARTS.items():
        if any(sign in where for sign in signs):
            return part
    return None if file == "~" else REST


def shares_of(profile: pstats.Stats) -> dict[str, float]:
    """Return the share of the time (0 to 1) that each part took by itself; C functions count for their callers."""
    seconds: dict[str, float] = {}
    found: t.Mapping[Place, t.Any] = profile.stats  # type: ignore[attr-defined]
    for place, (_calls, _all, own, _below, callers) in found.items():
        part = part_of(place)
        if part is not None:
            seconds[part] = seconds.get(part, 0.0) + own
            continue
        for caller, (_c, _a, share, _b) in callers.items():
            whose = part_of(caller) or REST
            seconds[whose] = seconds.get(whose, 0.0) + share
    whole = sum(seconds.values())
    return {part: spent / whole for part, spent in seconds.items()}


def main(path: str) -> None:
    """Profile what the file asks for and print the shares."""
    wanted = json.loads(Path(path).read_text())
    init_plugin_loader()
    _work_in_one_thread()
    action = _action(wanted["action"])
    for name, arguments in wanted["before"]:
        _carry_out(_action(name).ActionModule, arguments, os.devnull)
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, arguments in enumerate(wanted["tasks"]):
            files.append(os.path.join(folder, str(number)))
            if wanted["forked"]:
                _in_child(action.ActionModule, arguments, files[-1])
            else:
                _carry_out(action.ActionModule, arguments, files[-1])
        # The first one signs in and reads the tables for all.
        profile = pstats.Stats(*(files[1:] or files))
    print(json.dumps(shares_of(profile)))


def _action(name: str) -> t.Any:
    return importlib.import_module(f"ansible_collections.netfleet.maintenance.plugins.action.{name}")


def _work_in_one_thread() -> None:
    """Have the engine of a window take one device after the other: a profiler sees one thread only."""
    from ansible_collections.netfleet.maintenance.plugins.module_utils._window.engine import Crew

    def start(self: t.Any, name: str, work: t.Callable[[], None]) -> None:
        self._at_work += 1
        self._do(work)

    t.cast("t.Any", Crew).start = start


def _in_child(action: t.Any, arguments: t.Mapping[str, t.Any], file: str) -> None:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            _carry_out(action, arguments, file)
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    _pid, ended = os.waitpid(child, 0)
    if ended != 0:
        raise SystemExit(f"a worker ended with {ended}")


def _carry_out(action: t.Any, arguments: t.Mapping[str, t.Any], file: str) -> None:
    """Do what Ansible's worker does with an action, from its arguments on."""
    # Ansible's loader makes them importable.
    from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import carry_out
    from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
    from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import CONTROLLER
    from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_cache import RunCache

    profiler = cProfile.Profile(time.process_time)
    profiler.enable()
    spec = action.spec()
    params = ArgumentSpecValidator(**spec.rules()).validate(arguments).validated_parameters
    task = Task(params=params, check_mode=False, diff=False, warn=print, store=RunCache(), run=CONTROLLER)
    result = carry_out(action.logic, spec, task)
    remove_values(result, set())
    profiler.disable()
    if result.get("failed"):
        raise SystemExit(f"{action.__module__}: {result.get('msg') or result}")
    profiler.dump_stats(file)


if __name__ == "__main__":
    main(sys.argv[1])

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_metrics: the journal's metrics in a file, and on request in a Pushgateway."""

from __future__ import annotations

import os
import typing as t
import urllib.parse

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError, Refused
from ansible_collections.netfleet.maintenance.plugins.module_utils._files import write_if_changed
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Endpoint, Request
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import HttpTransport
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Controls
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.history import failed_in_a_row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.left import devices_left
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import existing_journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import PROVEN
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import this_process
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.pruned import pruned_windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.totals import PRUNED_TOTALS, Totals
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import Windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._metrics.collector import JournalMetrics, exposition
from ansible_collections.netfleet.maintenance.plugins.module_utils._metrics.windows import Counted, counted, due_since
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.listed import listed, listed_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.reading import still_alive
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import DAY, Window, read_window
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.freeze import Freezes
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.window_file import is_settings, read_file

PUSH_SECONDS = 10.0

_SEEN = "window_seen"

_TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


def window_metrics_spec() -> Spec:
    """Return the options of window_metrics."""
    shared = journal_options() + listed_options()
    return shared + Spec(
        {
            "path": {"type": "path"},
            "windows": {"type": "list", "elements": "dict", "default": []},
            "window_files": {"type": "list", "elements": "path", "default": []},
            "look_back": {"type": "int", "default": 35},
            "pushgateway_url": {"type": "str"},
            "validate_certs": {"type": "bool", "default": True},
            "ca_path": {"type": "path"},
            "at_end": {"type": "bool", "default": False},
        },
        required_one_of=(("path", "pushgateway_url"),),
        libraries=("prometheus_client", "yaml", "dateutil", "requests"),
    )


def run_window_metrics(task: Task) -> Result:
    """Write and push the metrics. Gives ``changed`` and ``pushed``; raises BadInput, JournalError."""
    params = task.params
    text = _metrics(task)
    changed = bool(params["path"]) and write_if_changed(params["path"], text, dry=task.check_mode)
    pushed = False
    if params["pushgateway_url"] and not task.check_mode:
        pushed = _push(task, text)
    places = [params["path"]] * bool(params["path"]) + ["the Pushgateway"] * pushed
    return {
        "changed": changed or pushed,
        "path": params["path"],
        "pushed": pushed,
        "msg": f"The metrics are in {' and '.join(places)}." if places else "The metrics were not pushed.",
    }


def _metrics(task: Task) -> bytes:
    """Read the journal and give its metrics; a journal that does not exist yet has nothing to count."""
    params, now = task.params, task.clock.now()
    since = now - params["look_back"] * DAY
    windows = _definitions(task)
    ended = this_process(task.run) if params["at_end"] else None
    journal = existing_journal_of(task)
    if journal is None:
        counted_windows = _windows(windows, set(), {}, since, task)
        return exposition(
            JournalMetrics([], [], listed(params), counted_windows, Totals(), now, since, lambda _row: False)
        )
    with journal:
        everything = reading.Filter()
        seen = _first_seen(journal, [window.name for window, _written in windows], task)
        locks, operations = reading.locks(journal, everything), reading.operations(journal, everything)
        run = reading.run_windows(journal) | {name for name, left in pruned_windows(journal).items() if left.ran}
        return exposition(
            JournalMetrics(
                locks,
                operations,
                listed(params),
                _windows(windows, run, seen, since, task),
                _totals(journal, operations, locks),
                now,
                since,
                still_alive(journal, ended),
                _left(journal, since),
                {device: len(windows) for device, windows in failed_in_a_row(journal).items()},
                Controls(journal).all_in_force(),
            )
        )


def _left(journal: Journal, since: float) -> dict[str, int]:
    """Return how many devices the newest occurrence of each window has not maintained. Raises JournalError."""
    records = Windows(journal).newest(since)
    return {record.name or record.window_id: len(devices_left(journal, record)) for record in records}


def _totals(journal: Journal, operations: t.Iterable[Row], locks: t.Iterable[Row]) -> Totals:
    """Return what is counted over the life of the journal, with what was removed from it. Raise JournalError."""
    # Counted here and not in the database: PostgreSQL takes no JSON apart that has a NUL anywhere in it.
    proven = reading.events_of(journal, [f"operation_{state}" for state in PROVEN])
    return Totals.from_text(journal.recall(PRUNED_TOTALS)) + Totals.of(proven, operations, locks)


def _first_seen(journal: Journal, names: t.Iterable[str], task: Task) -> dict[str, float]:
    """Return when each window was first seen in the journal (epoch seconds). Raises JournalError.

    One that was never seen is noted now: what was due before is not missed.
    """
    noted = reading.events_of(journal, [_SEEN])
    seen: dict[str, float] = {}
    for name, at in [
        *((str(window).rpartition("@")[0] or str(window), at) for window, at in reading.first_events(journal)),
        *((str(row["data"].get("window")), row["at"]) for row in noted),
    ]:
        seen[name] = min(at, seen.get(name, at))
    for name in sorted(set(names) - seen.keys()):
        if not task.check_mode:
            journal.note(_SEEN, {}, window=name)
    return seen


def _definitions(task: Task) -> list[tuple[Window, float]]:
    """Return the windows that were given as mappings and as files, and when each file was written (epoch seconds).

    Raises BadInput for a mapping that is wrong. A file that is wrong is a warning, and left out.
    """
    windows = [(read_window(definition), task.clock.now()) for definition in task.params["windows"] or ()]
    for path in task.params["window_files"] or ():
        # A file of settings that several windows share stands among theirs, and is none.
        if is_settings(path):
            continue
        try:
            windows.append((read_window(read_file(path)), os.stat(path).st_mtime))
        except (BadInput, OSError) as error:
            task.warn(f"The window file {path} is left out of the metrics: {error}")
    return windows


def _windows(
    windows: t.Iterable[tuple[Window, float]], run: set[str], seen: t.Mapping[str, float], since: float, task: Task
) -> dict[str, Counted]:
    """Count the occurrences of the windows, and as missed those since each was first seen, or window_schedule_start.

    A window is first seen when the journal first names it, or when its file was written, whichever is earlier.

    A window whose calendars cannot be read is a warning, and is left out.
    """
    found, now = {}, task.clock.now()
    for window, written in windows:
        has_start = window.rule is not None and window.rule.start is not None
        first = since if has_start else min(written, seen.get(window.name, now))
        try:
            freezes = Freezes(window.freeze, window.directory, window.zone)
            found[window.name] = counted(due_since(window, since, now, freezes.between), run, first, now)
        except BadInput as error:
            task.warn(f"The window {window.name} is left out of the metrics: {error}")
    return found


def _push(task: Task, text: bytes) -> bool:
    """Send the metrics to the Pushgateway; what goes wrong is a warning, because no maintenance depends on it."""
    params = task.params
    try:
        endpoint = Endpoint.from_params(
            "Pushgateway",
            {
                "api_url": params["pushgateway_url"],
                "timeout": PUSH_SECONDS,
                "validate_certs": params["validate_certs"],
                "ca_path": params["ca_path"],
                "client_cert": None,
                "client_key": None,
                "has_credentials": False,
            },
        )
        wire = Wire(endpoint, HttpTransport(endpoint), task.clock)
        # PUT replaces what this job sent before, so it may be repeated.
        answer = wire.call(
            Request("PUT", "/metrics/job/netfleet", headers={"Content-Type": _TEXT_FORMAT}, body=text), repeatable=True
        )
        if not answer.ok:
            host = urllib.parse.urlsplit(endpoint.base_url).hostname
            raise Refused(f"the Pushgateway on {host} answered {answer.status}.", status=answer.status)
    except MaintenanceError as error:
        task.warn(f"The metrics were not pushed: {error}")
        return False
    return True

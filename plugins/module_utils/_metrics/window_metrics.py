# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_metrics: the journal's metrics in a file, and on request in a Pushgateway."""

from __future__ import annotations

import collections
import typing as t
import urllib.parse

try:
    import sqlalchemy as sa
    import yaml
except ImportError:
    # The face names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError, Refused
from ansible_collections.netfleet.maintenance.plugins.module_utils._files import write_if_changed
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Endpoint, Request
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.paths import segment
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import HttpTransport
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import PROVEN
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import this_sender
from ansible_collections.netfleet.maintenance.plugins.module_utils._metrics.collector import JournalMetrics, exposition
from ansible_collections.netfleet.maintenance.plugins.module_utils._metrics.windows import Counted, counted, due_since
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.listed import listed, listed_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.reading import still_alive
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import DAY, Window, read_window
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.freeze import Freezes

PUSH_SECONDS = 10.0


_TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


def window_metrics_spec() -> Spec:
    """Give the options of window_metrics."""
    shared = journal_options() + listed_options()
    return shared + Spec(
        {
            "path": {"type": "path"},
            "windows": {"type": "list", "elements": "dict", "default": []},
            "window_files": {"type": "list", "elements": "path", "default": []},
            "look_back": {"type": "int", "default": 35},
            "pushgateway_url": {"type": "str"},
            "pushgateway_job": {"type": "str", "default": "netfleet"},
            "validate_certs": {"type": "bool", "default": True},
            "ca_path": {"type": "path"},
            "at_end": {"type": "bool", "default": False},
        },
        required_one_of=(("path", "pushgateway_url"),),
        libraries=("prometheus_client", "yaml", "dateutil", "icalendar", "recurring_ical_events", "requests"),
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
    if params["look_back"] < 1:
        raise BadInput("look_back must be at least 1 day.")
    since = now - params["look_back"] * DAY
    windows = _definitions(params)
    ended = this_sender(task.run) if params["at_end"] else None
    journal = reading.open_existing(params["journal"], task.clock)
    if journal is None:
        counted_windows = _windows(windows, set(), since, now)
        return exposition(JournalMetrics([], [], listed(params), counted_windows, {}, now, since, lambda _row: False))
    with journal:
        everything = reading.Filter()
        return exposition(
            JournalMetrics(
                reading.locks(journal, everything),
                reading.operations(journal, everything),
                listed(params),
                _windows(windows, _run_windows(journal), since, now),
                _proven(journal),
                now,
                since,
                still_alive(journal, ended),
            )
        )


def _run_windows(journal: Journal) -> set[str]:
    """Give the ids of all windows that left a trace other than being refused. Raises JournalError."""
    table = schema.EVENTS
    rows = journal.rows(sa.select(table.c.window_id).where(table.c.kind != reading.REFUSED_WINDOW).distinct())
    return {str(row["window_id"]) for row in rows}


def _proven(journal: Journal) -> dict[tuple[str, str], int]:
    """Count how often each operation was proven, by outcome: events are only ever added. Raises JournalError."""
    table = schema.EVENTS
    kinds = {f"operation_{state}": state for state in PROVEN}
    # Counted here and not in the database: PostgreSQL takes no JSON apart that has a NUL anywhere in it.
    rows = journal.rows(sa.select(table.c.kind, table.c.data).where(table.c.kind.in_(kinds)))
    return collections.Counter((str(row["data"].get("operation")), kinds[row["kind"]]) for row in rows)


def _definitions(params: t.Mapping[str, t.Any]) -> list[Window]:
    """Read the windows that were given, as mappings and as files. Raises BadInput, which names the file."""
    windows = [read_window(definition) for definition in params["windows"] or ()]
    for path in params["window_files"] or ():
        try:
            with open(path, encoding="utf-8") as file:
                definition = yaml.safe_load(file)
            # A file of settings that several windows share stands among theirs, and is none.
            if not isinstance(definition, dict) or {"window_schedule", "window_id"} & definition.keys():
                windows.append(read_window(definition))
        except (OSError, ValueError, yaml.YAMLError, BadInput) as error:
            raise BadInput(f"The window file {path} cannot be understood: {error}") from error
    return windows


def _windows(windows: t.Iterable[Window], run: set[str], since: float, now: float) -> dict[str, Counted]:
    """Count the occurrences of the windows. Raises BadInput for a calendar that cannot be understood."""
    found = {}
    for window in windows:
        freezes = Freezes(window.freeze, window.directory, window.zone)
        found[window.name] = counted(due_since(window, since, now, freezes.between), run, now)
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
            },
        )
        wire = Wire(endpoint, HttpTransport(endpoint), task.clock)
        path = f"/metrics/job/{segment(params['pushgateway_job'])}"
        # PUT replaces what this job sent before, so it may be repeated.
        answer = wire.call(Request("PUT", path, headers={"Content-Type": _TEXT_FORMAT}, body=text), repeatable=True)
        if not answer.ok:
            host = urllib.parse.urlsplit(endpoint.base_url).hostname
            raise Refused(f"the Pushgateway on {host} answered {answer.status}.", status=answer.status)
    except MaintenanceError as error:
        task.warn(f"The metrics were not pushed: {error}")
        return False
    return True

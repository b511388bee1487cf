# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The knobs of the Zequenze simulator: one per ambiguity of docs/apis/zequenze_control.md, 8.1, and the durations."""

from __future__ import annotations

from tests.simulators.knobs import Knob

KNOBS: tuple[Knob, ...] = (
    # What a PUT of an operation answers.
    Knob("zequenze.response_shape", "full", ("full", "echo-only", "empty"), "the body of a 200 is an example only"),
    Knob("zequenze.accept_code", 200, (200, 202, 204), "any 2xx may mean accepted"),
    Knob("zequenze.error_body", "detail", ("detail", "fields", "html", "empty"), "error bodies are not documented"),
    Knob("zequenze.offline_policy", "409", ("409", "queue"), "CWMP queues by nature, the page says 409"),
    Knob("zequenze.busy_policy", "409", ("409", "queue"), "409 while an operation is pending, or one after the other"),
    Knob(
        "zequenze.put_fault",
        "none",
        (
            "none",
            "accepted-then-timeout",
            "500-but-executed",
            "500-not-executed",
            "503",
            "429",
            "429-without-retry-after",
        ),
        "what an accepted or refused PUT may look like when something breaks",
    ),
    Knob("zequenze.retry_after", "1", str, "Retry-After of the 429"),
    Knob(
        "zequenze.options", "405", ("405", "drf"), "OPTIONS is not documented; a DRF server lists what a token may do"
    ),
    Knob("zequenze.redirect_no_slash", 301, (301, 302, 307, 308, 404), "a path without its last slash"),
    # What the records look like.
    Knob("zequenze.status_type", "bool", ("bool", "int", "string"), "status is a boolean in examples only"),
    Knob("zequenze.pending_flag", "include", ("include", "filter"), "pending=true reports or filters"),
    Knob("zequenze.paging", "cursor", ("offset", "cursor"), "older revisions page the log by cursor"),
    Knob("zequenze.clock_skew", 0.0, float, "seconds the server's clock is ahead; below zero: behind", negative=True),
    # What the log shows.
    Knob("zequenze.log_visibility", "on", ("on", "delayed", "off"), "that operations appear in the log is inferred"),
    Knob("zequenze.log_delay", 0.5, float, "seconds until a row is seen when the log is delayed"),
    Knob("zequenze.log_result", "applied", ("applied", "error", "stuck"), "how the row of an operation ends"),
    Knob("zequenze.log_action", "command", ("command", "operation", "execute"), "how the log spells an operation"),
    Knob("zequenze.log_detail", "none", ("none", "operation"), "whether new_value tells which operation it was"),
    Knob("zequenze.log_events", True, bool, "whether boots are logged as events of the device"),
    Knob("zequenze.log_order", "newest", ("newest", "oldest"), "which row comes first is not documented"),
    # How the device behaves.
    Knob("zequenze.execution", "real", ("real", "ignored"), "ignored: the row says applied, but nothing happens"),
    Knob("zequenze.connection_request", "works", ("works", "blocked"), "blocked: it waits for the next inform"),
    Knob("zequenze.inform_interval", 2.0, float, "seconds between the sessions a device opens by itself"),
    Knob("zequenze.reboot_visible_down", True, bool, "a short reboot may never be seen as Down"),
    Knob(
        "zequenze.uptime_exposed",
        "yes",
        ("yes", "no", "stale", "redated", "zero"),
        "uptime depends on the device's profile; redated: an old reading under a new date; zero: it cannot be read",
    ),
    Knob("zequenze.uptime_unit", "s", ("s", "min", "1/100 s", "ms"), "the unit of an uptime is not shown"),
    Knob("zequenze.uptime_bits", 0, (0, 31, 32), "after so many bits the counter starts again; 0: never"),
    Knob("zequenze.uptime_name", "tr181", ("tr181", "tr098"), "the name follows the device's data model"),
    Knob("zequenze.reset_outcome", "returns", ("returns", "new-id", "never"), "what a factory reset leaves"),
    Knob("zequenze.foreign_operator", "no", ("no", "same", "reboot", "sync"), "another user's command in our window"),
    Knob("zequenze.spontaneous_reboot", False, bool, "a firmware upgrade reboots the device in our window"),
    Knob("zequenze.flaps", 0, int, "how often the device goes down again after a boot"),
    Knob("zequenze.boot_loop", 0, int, "how often the device boots again after a boot"),
    Knob("zequenze.status_moves", "changes", ("changes", "informs"), "some platforms date the status at each inform"),
    # How often it may be called.
    Knob("zequenze.calls", 0, int, "calls in a time, above which 429 is answered; 0: any"),
    Knob("zequenze.calls_within", 60.0, float, "seconds in which so many calls may be made"),
    # Durations in seconds.
    Knob("zequenze.session_delay", 0.05, float, "from accepted to the device's session"),
    Knob("zequenze.apply", 0.05, float, "from the session to applied"),
    Knob("zequenze.boot", 0.15, float, "how long the device is down"),
    Knob("zequenze.flap_time", 0.2, float, "how long it is up, and down, in each flap"),
    Knob("zequenze.boot_loop_time", 4.0, float, "seconds between two boots of a loop"),
)

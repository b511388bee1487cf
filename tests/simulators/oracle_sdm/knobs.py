# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knobs of the Oracle SDM simulator: what docs/apis/oracle_sdm.md, 7 to 9, leaves open."""

from __future__ import annotations

from tests.simulators.knobs import Knob

KNOBS: tuple[Knob, ...] = (
    Knob(
        "oracle_sdm.newest_version",
        "v1.3",
        ("v1.0", "v1.1", "v1.2", "v1.3"),
        "The newest REST version the server knows; newer ones answer 404 (sections 2.5 and 7.2).",
    ),
    # The wire
    Knob(
        "oracle_sdm.list_dialect",
        "plural",
        ("singular", "plural"),
        "XML lists: a wrapper of singular items (8.0 to 8.2.5, 9.0.0) or repeated plurals (8.2.5p1, 9.0.1 on).",
    ),
    Knob(
        "oracle_sdm.json_shape",
        "flat",
        ("flat", "wrapped", "array", "rootless"),
        "JSON lists: {devices: [..]}, {devices: {device: [..]}}, a bare array, or {device: [..]} (section 7.2).",
    ),
    Knob(
        "oracle_sdm.json_single",
        "list",
        ("list", "object"),
        "A JSON list of one: still a list, or the object itself, as XML-to-JSON libraries do (section 7.2).",
    ),
    Knob("oracle_sdm.json_fails", False, bool, "SDM 8.2.5 answers 404 to JSON (sections 3 and 7.2)."),
    Knob("oracle_sdm.success", 204, (204, 200), "Lock and Unlock succeed with 204, or with 200 (section 4.2)."),
    Knob(
        "oracle_sdm.status_line",
        "standard",
        ("standard", "repeated"),
        "From 8.2.3 the status line repeats the code: HTTP/1.1 204 204 (section 3).",
    ),
    Knob(
        "oracle_sdm.error_body",
        "empty",
        ("empty", "text", "html", "xml"),
        "No error body is documented; clients must stand any (section 5.2).",
    ),
    Knob(
        "oracle_sdm.cookie_path", "/rest", str, "The Path of the session cookie; the sample shows /rest (section 2.2)."
    ),
    Knob("oracle_sdm.valid_until", False, bool, "Whether the login reply has validUntil, seen by third parties only."),
    # Sessions
    Knob(
        "oracle_sdm.idle_timeout",
        1800.0,
        float,
        "Seconds without a request after which a session ends; 0 is never (section 2.4, there in minutes).",
    ),
    Knob(
        "oracle_sdm.session_limit", 0, int, "Sessions per account; one more ends the oldest. 0 is no limit (section 9)."
    ),
    Knob(
        "oracle_sdm.no_session",
        "401",
        ("401", "login_page", "redirect"),
        "A missing or dead session: 401, a login page with 200, or a redirect to it (section 2.4).",
    ),
    Knob(
        "oracle_sdm.privilege_status",
        403,
        (400, 401, 403, 404),
        "The status for an account that may only look (sections 4.2 and 9).",
    ),
    # Locks
    Knob(
        "oracle_sdm.foreign_status",
        400,
        (400, 401, 403, 409, 423, 500),
        "The status when another account holds the device: Lock, Unlock and writes (section 8).",
    ),
    Knob("oracle_sdm.repeat_lock", 204, (204, 400), "Lock by the account that already holds it: success or 400."),
    Knob("oracle_sdm.unlock_free", 204, (204, 400), "Unlock of a free device: success or 400."),
    Knob("oracle_sdm.lock_counts", False, bool, "Whether locks are recursive: as many Unlocks as Locks are needed."),
    Knob(
        "oracle_sdm.lock_delay",
        0.0,
        float,
        "Seconds until an accepted Lock is in force; until then another may be faster.",
    ),
    Knob("oracle_sdm.unlock_delay", 0.0, float, "Seconds until an accepted Unlock is in force."),
    Knob("oracle_sdm.unlock_ignored", False, bool, "Unlock is answered with success, but the device stays locked."),
    Knob(
        "oracle_sdm.lock_survives_logout",
        True,
        bool,
        "Whether a lock outlives the session that took it, after logout or idle expiry (section 7.1).",
    ),
    Knob(
        "oracle_sdm.lock_survives_restart", True, bool, "Whether locks outlive a restart of the server (section 7.1)."
    ),
    Knob(
        "oracle_sdm.restarts", 0, int, "Raise it to restart the server: all sessions end, locks as the knob above says."
    ),
    Knob(
        "oracle_sdm.group_lock",
        "all_or_nothing",
        ("all_or_nothing", "each"),
        "A group action on a group with a foreign lock: nothing is done, or all that can be (section 4.3).",
    ),
    Knob(
        "oracle_sdm.lock_spread",
        "device",
        ("device", "nf"),
        "Whether the lock of a device extends to its network function, so to its HA peer (section 9).",
    ),
)

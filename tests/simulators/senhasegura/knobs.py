# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knobs of the senhasegura simulator: docs/apis/senhasegura.md, 11, and what else is unknown."""

from __future__ import annotations

from tests.simulators.knobs import Knob

REQUEST_KNOBS: tuple[Knob, ...] = (
    Knob("senhasegura.prefix", "both", ("both", "iso", "api"), "The URL prefixes that answer (sections 2 and 11)."),
    Knob(
        "senhasegura.unknown_path",
        "envelope",
        ("envelope", "text"),
        "404 for an unknown path: the envelope with 'Resource sub not found', or plain text.",
    ),
    Knob("senhasegura.expires_in", 3600, int, "Seconds that the token reply promises; 3600 in every example."),
    Knob(
        "senhasegura.token_lifetime",
        0.0,
        float,
        "Seconds a token really lives; 0 is as promised (old pages say 24 hours and print 3600, section 3.2).",
    ),
    Knob(
        "senhasegura.client_auth",
        "both",
        ("both", "body", "basic"),
        "Where the token call may carry the client: body, or Basic header as up to 3.25 (section 3.2).",
    ),
    Knob(
        "senhasegura.tenant",
        "",
        str,
        "The tenant that a token call must name; empty is an appliance with one tenant (section 3.2).",
    ),
    Knob(
        "senhasegura.auth_error",
        "oauth",
        ("oauth", "envelope_400", "envelope_500"),
        "A bad token, client or signature: 401 with the OAuth 2 error body, or the envelope (sections 3.6 and 11).",
    ),
    Knob("senhasegura.no_header", 404, (404, 401), "No Authorization header: 404 of the gateway, or 401."),
    Knob("senhasegura.no_pam_core", 500, (500, 403), "An authorization without PAM Core: 500, or 403 (section 11)."),
    Knob("senhasegura.nonce", "reject", ("reject", "ignore"), "What happens to a reused OAuth 1 nonce (section 11)."),
    Knob("senhasegura.oauth1_window", 300, int, "Seconds an OAuth 1 timestamp may be off; 0 is any (section 13)."),
    Knob(
        "senhasegura.missing_order",
        "documented",
        ("documented", "reversed"),
        "Which of several missing fields is reported: first of hostname, ip, site, model, vendor, type; or last.",
    ),
    Knob(
        "senhasegura.empty_required",
        "missing",
        ("missing", "accepted"),
        "An empty string in a required field counts as missing, or is accepted.",
    ),
    Knob("senhasegura.path_value", "id_or_hostname", ("id_or_hostname", "id"), "What a path names a device by."),
    Knob(
        "senhasegura.hostname_match",
        "exact",
        ("exact", "casefold"),
        "Whether hostnames that differ in case only are the same device (sections 9 and 13).",
    ),
    Knob(
        "senhasegura.omitted_optional",
        "keep",
        ("keep", "clear"),
        "An optional field left out of an update: kept, or cleared (sections 9 and 11).",
    ),
    Knob(
        "senhasegura.list_update",
        "replace",
        ("replace", "merge"),
        "Tags and connectivities sent with an update replace the old ones, or are added (section 9).",
    ),
    Knob(
        "senhasegura.post_inactive",
        "updates",
        ("updates", "activates"),
        "POST on an inactive device: updates it and leaves it inactive, or activates it (section 11).",
    ),
    Knob(
        "senhasegura.delete_inactive",
        "1011",
        ("1011", "200", "text"),
        "DELETE on an inactive device: 400 with 1011, 200, or 400 with a text only (section 11).",
    ),
    Knob(
        "senhasegura.get_inactive",
        "returns",
        ("returns", "1011"),
        "GET on an inactive device: the device, or 400 with 1011 (section 11).",
    ),
)

REPLY_KNOBS: tuple[Knob, ...] = (
    Knob(
        "senhasegura.envelope",
        "full",
        ("full", "no_code", "short"),
        "All keys; without the outer code; or also without error_code, cod_erro and detail (section 4.2).",
    ),
    Knob("senhasegura.tenant_key", "absent", ("absent", "present"), "Whether replies have a tenant key (section 4.2)."),
    Knob(
        "senhasegura.language",
        "english",
        ("english", "mixed"),
        "Whether some messages are localised: 'Dispositivo 53' (section 4.2).",
    ),
    Knob("senhasegura.ids", "string", ("string", "int"), "Ids as strings of digits or as numbers (section 4.3)."),
    Knob(
        "senhasegura.fields",
        "current",
        ("current", "old"),
        "3.22 to 3.24: no tags in the list and seven fields in one device (sections 6.1 to 6.3).",
    ),
    Knob(
        "senhasegura.post_reply",
        "201",
        ("201", "200"),
        "POST device: 201 with messages that tell create from update, or 200 with 'Device <id>' (section 6.4).",
    ),
    Knob(
        "senhasegura.tags_form",
        "joined",
        ("joined", "echoed"),
        "Tags in replies: joined by a comma without blanks, or as they were sent (section 9).",
    ),
    Knob(
        "senhasegura.connectivities_form",
        "blank",
        ("blank", "tight", "empty_in_post"),
        "Connectivities in replies: joined by ', ', by ',', or '' in the reply to POST only (section 9).",
    ),
    Knob(
        "senhasegura.domain_form",
        "sent",
        ("sent", "registered"),
        "Domains in replies: as they were sent, or by their registered names (section 9).",
    ),
    Knob("senhasegura.list_inactive", "no", ("no", "yes"), "Whether the list shows inactive devices (section 11)."),
    Knob(
        "senhasegura.list_fault",
        "none",
        ("none", "empty", "partial", "null", "object"),
        "The device list spoiled: empty, a third missing while the message counts all, null, or no list.",
    ),
    Knob(
        "senhasegura.session_fault",
        "none",
        ("none", "empty", "partial", "null", "object"),
        "The session list spoiled, likewise.",
    ),
    Knob(
        "senhasegura.session_lag", 0.0, float, "Seconds until a session is listed: it 'may take minutes' (section 7)."
    ),
    Knob("senhasegura.session_end", "empty", ("empty", "null"), "The end of a live session: an empty text, or null."),
    Knob(
        "senhasegura.session_device",
        "hostname",
        ("hostname", "ip"),
        "What stands before the port in a session's device: the hostname or the address (section 7).",
    ),
    Knob(
        "senhasegura.timestamps",
        "blank",
        ("blank", "no_zone", "offset"),
        "2024-05-03 16:19:53, 2021-01-16T17:31:39 or 2024-05-16T17:31:31-03:00 (section 4.3).",
    ),
)

KNOBS = REQUEST_KNOBS + REPLY_KNOBS

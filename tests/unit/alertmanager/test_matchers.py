# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matchers of alerts, written in either way, mean what they mean to Alertmanager."""

from __future__ import annotations

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._alertmanager.matchers import (
    read_matcher,
    read_matchers,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput

LABELS = {"alertname": "LinkDown", "severity": "critical", "note": 'say "no"'}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("severity=critical", True),
        (' severity = "critical" ', True),
        ("severity=crit", False),
        ("severity!=critical", False),
        ("severity=~crit.*", True),
        ("severity=~crit", False),
        ('severity!~"info|warning"', True),
        ("team=", True),
        ("team!=", False),
        ('note="say \\"no\\""', True),
        ({"name": "severity", "value": "crit.*", "regex": True}, True),
        ({"name": "severity", "value": "critical", "equal": False}, False),
    ],
)
def test_a_matcher_is_about_one_label_and_the_whole_value(text: object, fits: bool) -> None:
    matcher = read_matcher(text, "matchers")
    assert matcher.fits(LABELS) is fits
    assert read_matcher(matcher.to_json(), "matchers") == matcher


@pytest.mark.parametrize(
    "text",
    ["critical", "", "=x", 'a="b', 'a=b"c"', "a=~[", "a=~\\Qx\\E", 7, {}, {"name": "a"}, {"name": "a", "value": 1}],
)
def test_what_is_no_matcher_is_refused(text: object) -> None:
    with pytest.raises(BadInput, match="matchers"):
        read_matchers([text], "matchers")


def test_a_word_is_the_name_of_an_alert_where_that_is_asked_for() -> None:
    (matcher,) = read_matchers("LinkDown", "ignore", names=True)
    assert matcher.fits(LABELS)

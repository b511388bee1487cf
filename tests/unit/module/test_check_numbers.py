# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seconds and counts are checked once, for every option of every module."""

from __future__ import annotations

import math
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.systems_info import systems_info_spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal_info import journal_info_spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._metrics.window_metrics import window_metrics_spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import check_numbers
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.fleet_history import fleet_history_spec

SPEC = Spec(
    {
        "hold": {"type": "float"},
        "wait_interval": {"type": "float"},
        "concurrency": {"type": "int"},
        "max_failures": {"type": "int"},
        "name": {"type": "str"},
        "systems": {"type": "dict", "options": {"timeout": {"type": "float"}}},
    }
)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"hold": math.nan}, "hold must be a number of seconds, 0 or more"),
        ({"hold": math.inf}, "hold must be"),
        ({"hold": -1.0}, "hold must be"),
        ({"wait_interval": 0.0}, "wait_interval must be a number of seconds, 0.01 or more"),
        ({"concurrency": -3}, "concurrency must be at least 1"),
        ({"concurrency": 0}, "concurrency must be at least 1"),
        ({"max_failures": -1}, "max_failures must be at least 0"),
        ({"systems": {"timeout": math.nan}}, "timeout must be"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(params: dict[str, t.Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        check_numbers(SPEC, params)


@pytest.mark.parametrize(
    ("spec", "option"),
    [
        (journal_info_spec, "limit"),
        (fleet_history_spec, "days"),
        (fleet_history_spec, "due_days"),
        (fleet_history_spec, "min_failed"),
        (window_metrics_spec, "look_back"),
        (systems_info_spec, "sample"),
    ],
)
def test_counts_of_modules_are_at_least_one(spec: t.Callable[[], Spec], option: str) -> None:
    with pytest.raises(BadInput, match=f"{option} must be at least 1"):
        check_numbers(spec(), {option: 0})
    check_numbers(spec(), {option: 1})


@pytest.mark.parametrize(
    "params",
    [{}, {"hold": None}, {"hold": 0.0}, {"concurrency": 1}, {"max_failures": 0}, {"systems": None}, {"name": "-1"}],
)
def test_what_makes_sense_is_taken(params: dict[str, t.Any]) -> None:
    check_numbers(SPEC, params)

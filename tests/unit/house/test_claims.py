# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SECURITY.md and README.md claim, and what was once attacked with success: each has tests that attack it.

A sentence that is new has no test here, and a test that is gone is missing: both fail.
"""

from __future__ import annotations

import ast
import functools
import re

import pytest

from tests.tools.isolated import ROOT

# The sentence, as it begins in the document, and the tests that would fail if it were not so.
CLAIMS: dict[str, dict[str, tuple[str, ...]]] = {
    "SECURITY.md": {
        "A credential, in clear or encoded, in output": (
            "tests/hostile/test_secrets.py::test_no_credential_cookie_or_token_is_anywhere_after_a_run",
            "tests/hostile/test_secrets.py::test_every_credential_option_of_every_module_is_in_these_tests",
            "tests/hostile/test_canaries.py::test_nothing_that_a_server_says_back_gets_out",
            "tests/unit/ground/test_masking.py::test_no_way_out_of_a_task_says_a_secret",
            "tests/hostile/test_origins.py::test_a_write_follows_no_redirect_to_another_origin_and_names_it",
            "tests/unit/http/test_transport_tls.py::test_credentials_go_nowhere_else_unencrypted_unless_that_is_allowed",
        ),
        "A device that is locked, unlocked, rebooted or reset although": (
            "tests/integration/test_once_and_cleanup.py::test_retries_around_an_unknown_reboot_send_it_once",
            "tests/unit/operation/test_operation_gates.py::test_another_device_than_the_agreed_one_is_sent_nothing",
            "tests/crash/test_matrix.py",
        ),
        "Text from a remote system that is executed": (
            "tests/hostile/test_inert.py::test_nothing_remote_is_ever_rendered_by_a_play",
            "tests/hostile/test_inert.py::test_no_name_widens_a_pattern",
            "tests/hostile/test_names_in_windows.py::test_a_survey_finds_each_name_as_itself_and_changes_nothing",
        ),
        "Another holder's lock that is removed without": (
            "tests/unit/lock/test_lock_recovery.py::test_a_window_that_is_called_like_a_login_does_not_get_its_lock",
            "tests/unit/lock/test_device_lock.py::test_a_window_and_a_login_of_one_name_do_not_get_each_others_lock",
            "tests/unit/lock/test_device_unlock.py::test_the_lock_of_another_holder_is_left_alone_without_failing",
        ),
        "An answer or a list that makes the controller use memory or time": (
            "tests/hostile/test_bounds.py::test_a_body_without_end_costs_no_more_than_the_cap",
            "tests/unit/http/test_list_limits.py::test_a_list_of_big_pages_ends_at_its_bytes",
            "tests/unit/http/test_list_limits.py::test_a_list_of_slow_pages_ends_after_ten_calls_time",
            "tests/unit/action/test_watchdog.py::test_a_worker_that_computes_without_end_ends_with_its_controller",
            "tests/integration/test_window_ending.py::test_nothing_of_a_killed_run_goes_on",
        ),
        "A file of a window, from a change that nobody has reviewed": (
            "tests/integration/neighbours/test_gitops.py::test_a_window_file_of_a_pull_request_runs_nothing",
            "tests/unit/schedule/test_window_file.py::test_a_template_in_a_window_file_of_the_command_line_is_found",
            "tests/unit/house/test_dependencies.py::test_only_a_protected_job_has_credentials",
        ),
        "An audit trail that verifies although": (
            "tests/unit/audit/test_window_audit.py::"
            "test_an_attack_on_the_trail_is_found_and_the_trail_is_left_as_it_is",
            "tests/unit/audit/test_audit_check.py::test_no_changed_letter_escapes",
        ),
    },
    "README.md": {
        "A reboot or reset is sent at most once": (
            "tests/integration/test_once_and_cleanup.py::test_retries_around_an_unknown_reboot_send_it_once",
            "tests/unit/journal/test_journal_operations.py::"
            "test_of_many_processes_that_claim_the_same_exactly_one_may_send",
        ),
        '"Done" means evidence.': (
            "tests/unit/operation/test_observing.py::test_another_device_under_the_name_is_no_evidence",
            "tests/unit/operation/test_operation_recovery.py::test_evidence_settles_what_was_sent_or_may_have_been",
        ),
        "No lock of ours remains after a crash": (
            "tests/crash/test_matrix.py",
            "tests/integration/test_once_and_cleanup.py::test_what_always_does_not_see_is_given_back_by_recover",
            "tests/integration/neighbours/test_setup_awx.py::"
            "test_a_cancelled_window_is_recovered_by_its_workflow_and_the_report_is_in_the_artifacts",
        ),
        "Nothing new starts after the cut-off": (
            "tests/integration/playbooks/test_window_gates.py::test_past_the_cutoff_nothing_is_started",
            "tests/integration/playbooks/test_window_gates.py::test_a_freeze_added_in_the_middle_lets_started_devices_finish",
            "tests/integration/playbooks/test_window_gates.py::test_nobody_is_rebooted_under_somebodys_hands",
            "tests/integration/test_once_and_cleanup.py::test_a_reboot_whose_lock_was_skipped_is_not_sent",
        ),
        "Credentials go only to the configured addresses": (
            "tests/hostile/test_origins.py::test_a_read_follows_no_redirect_to_another_origin",
            "tests/hostile/test_secrets.py::test_no_credential_is_anywhere_when_nobody_answers",
        ),
    },
}
SECTIONS = {"SECURITY.md": "What we treat as a vulnerability", "README.md": "What it promises"}

# Attacks that once succeeded, and the tests that make them again.
ATTACKS: dict[str, tuple[str, ...]] = {
    "a device takes the name of an approved one while the run waits": (
        "tests/unit/operation/test_operation_gates.py::test_another_device_than_the_agreed_one_is_sent_nothing",
        "tests/unit/operation/test_operation_waiting.py::test_a_device_that_is_replaced_while_we_wait_is_refused",
        "tests/unit/planning/test_window_record.py::test_a_device_that_was_replaced_is_not_what_was_approved",
    ),
    "a window is named like a login": (
        "tests/unit/lock/test_lock_recovery.py::test_a_window_that_is_called_like_a_login_does_not_get_its_lock",
        "tests/unit/lock/test_device_lock.py::test_a_window_and_a_login_of_one_name_do_not_get_each_others_lock",
        "tests/unit/lock/test_device_lock.py::test_a_lock_under_a_login_of_the_windows_name_is_not_the_windows_lock",
    ),
    "a database refuses, and its address is shown with its password": (
        "tests/hostile/test_secrets.py::test_a_password_in_the_address_of_any_option_is_not_shown",
    ),
    "a secret of the command line is repeated in a report": (
        "tests/unit/report/test_report_parts.py::test_the_command_repeats_what_belongs_to_the_window_and_no_secret",
    ),
    "an audit trail continues another journal, or a high number stands in it": (
        "tests/unit/audit/test_window_audit.py::test_an_attack_on_the_trail_is_found_and_the_trail_is_left_as_it_is",
    ),
    "an audit trail is cut, emptied, put back from a copy or deleted": (
        "tests/unit/audit/test_window_audit.py::test_a_trail_that_was_deleted_is_not_written_again_in_silence",
        "tests/unit/audit/test_window_audit.py::test_a_copy_has_to_reach_as_far_as_the_trail",
        "tests/unit/audit/test_window_audit.py::test_tampering_breaks_the_chain",
    ),
    "the path of an audit trail is another file, or a symbolic link": (
        "tests/unit/audit/test_window_audit.py::test_a_file_that_is_no_trail_keeps_every_byte",
        "tests/unit/audit/test_window_audit.py::test_a_symbolic_link_is_not_followed",
    ),
    "a lost journal is recovered while a run uses the renamed device": (
        "tests/unit/lock/test_device_unlock.py::test_force_never_unlocks_the_device_of_a_living_run",
    ),
    "batches, limits, task files or left out devices change under one digest": (
        "tests/unit/planning/test_approval.py::test_every_change_is_refused_and_shown",
        "tests/unit/planning/test_approval.py::test_two_plans_have_one_digest_exactly_when_nothing_differs",
        "tests/unit/planning/test_window_record.py::test_a_task_file_is_approved_by_its_content",
    ),
    "the window's job is started around its workflow, or a slice around the plan": (
        "tests/integration/neighbours/test_setup_awx.py::test_the_window_cannot_be_started_around_its_workflow",
        "tests/unit/planning/test_approval.py::test_a_part_that_differs_in_anything_else_is_refused",
    ),
    "a run is killed, and its folder has secrets and a session": (
        "tests/unit/action/test_store_and_run_cache.py::"
        "test_sessions_of_killed_runs_are_signed_out_and_their_files_removed",
    ),
    "credentials are sent over plain http": (
        "tests/unit/http/test_transport_tls.py::test_credentials_go_nowhere_else_unencrypted_unless_that_is_allowed",
        "tests/unit/http/test_transport_tls.py::"
        "test_credentials_for_this_machine_do_not_go_through_a_proxy_unencrypted",
    ),
    "a certificate is not checked, and nobody says so": (
        "tests/unit/module/test_unprotected.py::test_what_is_not_protected_is_told_wherever_it_stands",
        "tests/docs/test_mistakes.py",
    ),
    "a package or what CI runs has a known advisory, or floats": (
        "tests/unit/house/test_dependencies.py::test_a_lower_bound_is_not_older_than_the_fix",
        "tests/unit/house/test_dependencies.py::test_an_audit_that_learnt_nothing_is_no_clean_one",
        "tests/unit/house/test_dependencies.py::test_the_examples_for_ci_pin_what_they_run",
        "tests/unit/house/test_dependencies.py::test_no_step_of_ci_makes_a_command_of_what_a_change_says",
        "tests/integration/neighbours/test_execution_environment.py::test_an_image_is_built_on_a_base_of_a_known_digest_only",
    ),
    "a server says a secret back, encoded, or so that it is cut in half": (
        "tests/unit/ground/test_masking.py::test_a_secret_is_masked_in_every_encoding",
        "tests/unit/ground/test_masking.py::test_it_is_masked_before_a_text_is_cut",
        "tests/hostile/test_secrets.py::test_no_credential_of_a_task_is_anywhere_when_it_is_refused_and_said_back",
    ),
    "one device is alerted by three labels, and alerts come in a storm": (
        "tests/integration/playbooks/test_use_cases.py::test_an_incident_names_a_host_and_no_group",
        "tests/integration/playbooks/test_use_cases.py::test_a_device_that_was_restarted_lately_is_left_alone",
        "tests/integration/playbooks/test_use_cases.py::test_of_two_incidents_that_passed_their_checks_at_once_one_reboots",
        "tests/unit/journal/test_journal_operations.py::test_of_many_processes_at_once_one_restarts_a_device",
        "tests/unit/journal/test_journal_operations.py::"
        "test_no_more_windows_than_the_budget_restart_something_within_an_hour",
        "tests/unit/journal/test_journal_operations.py::test_the_budget_of_the_hour_holds_over_processes",
    ),
    "a window file of a pull request runs a command": (
        "tests/integration/neighbours/test_gitops.py::test_a_window_file_of_a_pull_request_runs_nothing",
    ),
    "a user makes up who launched a run": (
        "tests/unit/report/test_report_parts.py::test_who_is_behind_a_run_is_written_down_and_decides_nothing",
    ),
    "pages multiply the limits of one answer": (
        "tests/unit/http/test_list_limits.py::test_a_list_of_big_pages_ends_at_its_bytes",
        "tests/unit/http/test_list_limits.py::test_a_list_of_many_rows_ends_at_its_rows",
    ),
    "a calendar or a rule keeps a killed run's worker busy": (
        "tests/unit/action/test_watchdog.py::test_a_worker_that_computes_without_end_ends_with_its_controller",
    ),
    "hostile text is in every field of a report": (
        "tests/hostile/test_names_in_windows.py::test_a_report_tells_each_name_as_it_is_and_makes_no_path_of_it",
        "tests/unit/report/test_window_report.py::"
        "test_the_page_needs_nothing_from_outside_and_runs_only_its_own_script",
    ),
}
_AWX = "tests/integration/neighbours/test_setup_awx.py::"
# What the real AWX answered otherwise than expected, and the tests that hold it; the stand-in answers likewise.
AWX: dict[str, tuple[str, ...]] = {
    "a window's job is cancelled while a device is locked, and its report was in a container that is gone": (
        f"{_AWX}test_a_cancelled_window_is_recovered_by_its_workflow_and_the_report_is_in_the_artifacts",
    ),
    "a recurring window becomes a one-off, or is taken out of the list": (
        f"{_AWX}test_a_one_off_loses_the_schedule_and_a_window_that_is_not_listed_everything",
    ),
    "a playbook is there that AWX has not fetched yet, or check mode meets something new": (
        f"{_AWX}test_check_mode_says_what_is_new_and_a_new_playbook_is_fetched",
        f"{_AWX}test_check_mode_works_on_a_controller_that_has_nothing",
    ),
    "AWX's own image is too old, and an inventory of the folder asks for credentials": (
        f"{_AWX}test_each_example_names_an_image_of_its_own_and_needs_no_inventory",
    ),
    "AWX divides the inventory so that a slice has none of the devices": (
        f"{_AWX}test_slices_are_held_to_their_part_of_the_plan_and_one_without_devices_has_nothing_to_do",
    ),
    "what is removed is in use by others": (f"{_AWX}test_all_of_it_is_taken_away",),
    "names collide, or two organizations have one prefix": (
        f"{_AWX}test_what_would_collide_is_refused_before_anything_is_made",
        "tests/unit/schedule/test_awx_objects.py::test_exactly_what_collides_is_refused",
        "tests/unit/schedule/test_awx_objects.py::test_the_same_prefix_in_another_organization_is_refused",
    ),
    "a plan was made with the same journal, and a refusal does not show the difference": (
        f"{_AWX}test_what_was_approved_is_what_runs",
    ),
    "AWX renders no template in extra variables": (
        "tests/unit/planning/test_window_record.py::test_what_cannot_be_is_refused_by_name_with_whatever_else_is_wrong",
    ),
    "a credential is left alone, and nobody says so": (f"{_AWX}test_again_nothing_is_written",),
    "a survey wants an answer where it has a default": (f"{_AWX}test_the_survey_asks_for_options_of_the_window",),
    "AWX tells a job who launched it, and not who approved": (
        f"{_AWX}test_the_job_of_the_window_asks_awx_who_approved",
    ),
}
TESTS = sorted({test for claims in (*CLAIMS.values(), ATTACKS, AWX) for tests in claims.values() for test in tests})


@functools.cache
def functions(path: str) -> frozenset[str]:
    """Return the names of the tests of a file."""
    tree = ast.parse((ROOT / path).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _asserts(node))


def _asserts(node: ast.FunctionDef) -> bool:
    """Whether a function asserts something, by itself or with a helper of a name that says so."""
    for part in ast.walk(node):
        if isinstance(part, ast.Assert):
            return True
        called = part.func if isinstance(part, ast.Call) else None
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name in ("raises", "done") or name.startswith(("assert_", "check_", "expect")):
            return True
    return False


def bullets(document: str) -> list[str]:
    """Return what a document claims, a text for each bullet."""
    section = (ROOT / document).read_text().partition(f"\n## {SECTIONS[document]}\n")[2].partition("\n## ")[0]
    return [" ".join(bullet.split()) for bullet in re.findall(r"^- ((?:.+\n)(?:  .+\n)*)", section, re.MULTILINE)]


@pytest.mark.parametrize("document", CLAIMS)
def test_every_claim_of_a_document_has_its_tests(document: str) -> None:
    found = bullets(document)
    assert len(found) > 4
    assert [bullet for bullet in found if not bullet.startswith(tuple(CLAIMS[document]))] == []
    assert [claim for claim in CLAIMS[document] if not any(bullet.startswith(claim) for bullet in found)] == []


@pytest.mark.parametrize("test", TESTS)
def test_every_test_is_there_and_asserts_something(test: str) -> None:
    path, _, name = test.partition("::")
    assert name in functions(path) if name else functions(path)

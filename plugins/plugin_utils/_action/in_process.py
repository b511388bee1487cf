# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one adapter behind every action: the module's specification and core, run inside the controller's worker.

A module costs a new interpreter per host; an action in process costs a fork that Ansible makes anyway. It also needs
no connection to the device, so a host whose SSH is dead does not matter. The real module still runs when the task is
asynchronous or delegated to another machine.
"""

from __future__ import annotations

import atexit
import io
import os
import sys
import typing as t
from collections.abc import Iterable, Mapping, MutableMapping, MutableSequence, Sequence, Set

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as core_version
from ansible.utils.display import Display

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import tls_context
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import remember_launch
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import carry_out, know_secrets
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Options, Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.sign_in import (
    SESSION_KEY,
    sign_out_saved,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import know, masked
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.problems import (
    given_options,
    sentences,
    wrong_values,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.rehearsal import rehearse
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_cache import RunCache
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.supported import check_core
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.watchdog import end_with_run

check_core(core_version)

# Imported once in the controller process, before it forks its workers: this is how a worker knows its run.
CONTROLLER = os.getpid()

display = Display()


def _sign_out_of_run() -> None:
    """Close the sessions this run shared; runs once, in the controller, when it ends."""
    if os.getpid() != CONTROLLER:
        return
    for session in RunCache().with_prefix(SESSION_KEY):
        try:
            sign_out_saved(session)
        except MaintenanceError as error:
            display.warning(f"A session could not be signed out and will end by itself: {error}")


atexit.register(_sign_out_of_run)


def _show_lines_at_once() -> None:
    """Write each line of the run when it is said, to a file or a pipe too: a window of hours has to show where it is.

    ansible-core leaves that to Python, which keeps 8 KiB back wherever the output is no terminal.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)


_show_lines_at_once()


def _warm_up() -> None:
    """Do in the controller, once, what every forked worker would otherwise do again for each host.

    Reading the certificate authorities takes longer than a whole call, and so does the first use of the database
    library. Whatever fails here fails in the task that needs it, with its own message.
    """
    try:
        tls_context(True, None, None, None)
        rehearse()
    except Exception as error:  # noqa: BLE001 - the task that needs it says so
        display.vvv(f"netfleet.maintenance could not prepare this run: {type(error).__name__}: {error}")
    # Python looks through all subclasses of an abstract class the first time it is asked about a type.
    for abstract in (Iterable, Mapping, MutableMapping, MutableSequence, Sequence, Set):
        for kind in (bool, bytes, dict, float, int, list, set, str, tuple, type(None)):
            issubclass(kind, abstract)


_warm_up()


def _fill_in(arguments: dict[str, t.Any], options: Options, environment: t.Mapping[str, str]) -> None:
    """Fill in what the task's environment has for options that are not given, those inside dictionaries too."""
    for option, rule in options.items():
        if rule.get("apply_defaults") and isinstance(arguments.get(option) or {}, dict):
            inside = dict(arguments.get(option) or {})
            _fill_in(inside, rule["options"], environment)
            if inside:
                arguments[option] = inside
        for variable in rule["fallback"][1] if "fallback" in rule else ():
            if option not in arguments and environment.get(variable):
                arguments[option] = environment[variable]


class InProcess(ActionBase):
    """Base of every action: a subclass only names the specification, the core, and the option a host fills in."""

    _supports_async = True
    _supports_check_mode = True
    _requires_connection = False

    spec: t.ClassVar[staticmethod[[], Spec]]
    logic: t.ClassVar[staticmethod[[Task], Result]]
    host_option: t.ClassVar[str | None] = "name"

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        """Run the task; see Ansible's ActionBase. Gives the module's result, secrets removed."""
        end_with_run()
        result: Result = super().run(tmp, task_vars)
        spec = type(self).spec()
        arguments = self._arguments(spec, task_vars or {})
        wrong = wrong_values(spec.options, arguments)
        if wrong:
            result.update(masked({"failed": True, "changed": False, "msg": " ".join(wrong)}))
            return result
        if self._belongs_elsewhere():
            module = self._task.resolved_action or self._task.action
            result.update(
                self._execute_module(
                    module_name=module,
                    module_args=arguments,
                    task_vars=task_vars,
                    wrap_async=self._task.async_val,
                )
            )
            return result
        remember_launch(task_vars or {})
        result.update(self._in_process(spec, arguments))
        return result

    def _in_process(self, spec: Spec, arguments: dict[str, t.Any]) -> Result:
        validation = ArgumentSpecValidator(**spec.rules()).validate(arguments)
        params = validation.validated_parameters
        know(*map(str, validation._no_log_values))
        for given in (arguments, params):
            know_secrets(spec.options, given)
        if validation.error_messages:
            text = sentences(validation.errors, spec, arguments, self._task.resolved_action or self._task.action)
            return t.cast("Result", masked({"failed": True, "changed": False, "msg": text}))
        warnings: list[str] = []
        outcome = carry_out(
            type(self).logic,
            spec,
            Task(
                params=params,
                check_mode=self._task.check_mode,
                diff=bool(self._task.diff),
                warn=warnings.append,
                tell=display.display,
                store=RunCache(),
                run=CONTROLLER,
                run_alive=lambda: CONTROLLER in (os.getpid(), os.getppid()),
            ),
        )
        if warnings:
            outcome["warnings"] = warnings
        outcome["invocation"] = {"module_args": self._shown(spec, params)}
        return t.cast("Result", masked(outcome))

    def _arguments(self, spec: Spec, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return the task's arguments with what the environment keyword and the host fill in."""
        arguments = given_options(self._task.args)
        environment: dict[str, str] = {}
        if self._task.environment:
            self._compute_environment_string(environment)
        _fill_in(arguments, spec.options, environment)
        host = self.host_option
        if host and not boolean(arguments.get("all"), strict=False):
            spellings = [host, *spec.options[host].get("aliases", [])]
            if not any(name in arguments for name in spellings):
                arguments[host] = task_vars["inventory_hostname"]
        return arguments

    def _belongs_elsewhere(self) -> bool:
        """Whether the real module must run: in the background, or on the machine the task is delegated to."""
        delegated = bool(self._task.delegate_to) and self._connection.transport != "local"
        return bool(self._task.async_val) or delegated

    @staticmethod
    def _shown(spec: Spec, params: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return the options as -vvv shows them: the secret ones masked, as a module does."""
        return {
            name: "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" if spec.options.get(name, {}).get("no_log") and value else value
            for name, value in params.items()
        }

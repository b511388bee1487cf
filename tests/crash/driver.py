# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fast driver: a window for one device without Ansible around it, in the processes Ansible would use.

A controller forks one worker per step, and the worker runs the module's core as the action does: ``run`` is the
controller, ``run_alive`` asks for the parent. So killing the controller alone leaves a worker that goes on, and killing
the group leaves nothing. What Ansible's ``always`` does not survive, this does not survive either.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import traceback
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import process
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import carry_out
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.sign_in import (
    SESSION_KEY,
    sign_out_saved,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_cache import RunCache
from tests.crash import hooks, steps
from tests.crash.mutants import MUTANTS
from tests.crash.steps import DIED, FAILED, OK, Job, Step

GIVE_BACK = {"recover": steps.RETURN, "recover_lost": steps.RETURN_LOST, "sweep": steps.RETURN_ANY}
"""How locks are given back when that is all there is to do."""


class WorkerDied(Exception):
    """A worker ended without a result: Ansible gives the run up then, and its ``always`` with it."""


class Ahead(Clock):
    """A clock that is ahead of this machine's, as on a controller that comes back much later."""

    def __init__(self, seconds: float) -> None:
        """Take the seconds."""
        self._seconds = seconds

    def now(self) -> float:
        """Return the wall clock of that controller."""
        return super().now() + self._seconds


class Controller:
    """The run's controller process: it decides what comes next and does nothing else itself."""

    def __init__(self, job: Job) -> None:
        """Take the job; this process is the run from now on."""
        self.job = job
        self._pid = os.getpid()
        self._cache = RunCache(os.path.join(job.folder, "cache"))

    def run(self) -> int:
        """Carry the job out and give the exit status. Signals end it wherever it is."""
        try:
            if self.job.play == "window":
                return self.window()
            return self.recover(give_back=GIVE_BACK[self.job.play])
        except WorkerDied:
            return DIED
        finally:
            self._sign_out()

    def window(self) -> int:
        """Do what the playbook maintenance_window does."""
        recovered = self.recover(steps.LOOK) == OK
        if not self.succeeds(steps.PREFLIGHT) or not recovered:
            self.recover()
            return FAILED
        try:
            return OK if self.succeeds(steps.RUN) else FAILED
        except WorkerDied:
            # The end of the run gives back what its worker left, as the action window_start has the controller do.
            self.recover()
            return DIED

    def recover(self, settle: Step = steps.SETTLE, give_back: Step = steps.RETURN) -> int:
        """Do what the role recover does."""
        self.result(settle)
        return OK if self.succeeds(give_back) else FAILED

    def succeeds(self, step: Step) -> bool:
        """Carry a step out and say whether it did not fail."""
        return not self.result(step).get("failed")

    def result(self, step: Step) -> Result:
        """Carry a step out in a worker and give its result. Raises WorkerDied."""
        if step.name == self.job.pause_before:
            hooks.pause(self.job)
        reading, writing = os.pipe()
        worker = os.fork()
        if worker == 0:
            os.close(reading)
            self._be_worker(step, writing)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        os.waitpid(worker, 0)
        if not said:
            raise WorkerDied(step.name)
        result: Result = json.loads(said)
        self._keep({"step": step.name, "result": result})
        return result

    def _be_worker(self, step: Step, writing: int) -> t.NoReturn:
        try:
            hooks.install(self.job, step.name, self._pid, self._keep)
            said = json.dumps(self.carry_out(step), default=str).encode()
            # A ghost has nobody left to tell.
            with contextlib.suppress(BrokenPipeError), os.fdopen(writing, "wb") as pipe:
                pipe.write(said)
        except Exception:
            traceback.print_exc()
            raise
        finally:
            sys.stderr.flush()
            os._exit(0)

    def carry_out(self, step: Step) -> Result:
        """Run a step's core in this process, with its options checked as the action checks them."""
        spec = step.spec()
        validation = ArgumentSpecValidator(**spec.rules()).validate(step.options(self.job))
        if validation.error_messages:
            raise ValueError("; ".join(validation.error_messages))
        task = Task(
            params=validation.validated_parameters,
            store=self._cache,
            clock=Ahead(self.job.ahead),
            run=self._pid,
            run_alive=lambda: os.getppid() == self._pid,
        )
        return carry_out(step.logic, spec, task)

    def _sign_out(self) -> None:
        hooks.mark_requests(self.job, steps.SIGN_OUT)
        for session in self._cache.with_prefix(SESSION_KEY):
            try:
                sign_out_saved(session)
            except MaintenanceError as error:
                self._keep({"step": steps.SIGN_OUT, "result": {"msg": str(error)}})

    def _keep(self, line: dict[str, t.Any]) -> None:
        """Write down what a step said, as soon as it is said: a killed run has claimed things too."""
        with open(os.path.join(self.job.folder, "said.jsonl"), "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def run(job: Job) -> int:
    """Be the run: carry a job out in this process and give its exit status."""
    if job.host is not None:
        name = job.host
        socket.gethostname = lambda: name
    if job.namespace is not None:
        real, number = process._machine, job.namespace
        process._machine = lambda: {**real(), "pid_namespace": number}
    controller: type[Controller] = Controller
    if job.mutant is not None:
        controller = MUTANTS[job.mutant].break_client(Controller)
    return controller(job).run()

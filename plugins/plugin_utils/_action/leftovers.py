# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What killed runs left in their temporary folders: sessions are signed out, files removed."""

from __future__ import annotations

import glob
import os
import shutil
import typing as t

from ansible import constants as C

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.sign_in import (
    SESSION_KEY,
    sign_out_saved,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_cache import FOLDER, RunCache


def clear_leftovers(temporary: str | None = None) -> list[str]:
    """Sign out and remove what runs of this machine left that were killed. Return what went wrong, as sentences.

    ``temporary`` is the folder with the temporary folders of runs, by default Ansible's.
    """
    parent = temporary or os.path.dirname(C.DEFAULT_LOCAL_TMP)
    problems: list[str] = []
    silent: set[str] = set()
    for folder in sorted(glob.glob(os.path.join(glob.escape(parent), "ansible-local-*", FOLDER))):
        cache = RunCache(folder)
        if cache.is_of_a_dead_run():
            problems += _sign_out(cache, silent)
            shutil.rmtree(folder, ignore_errors=True)
            try:
                os.rmdir(os.path.dirname(folder))
            except OSError:
                # What else is in there is Ansible's.
                pass
    return problems


def _sign_out(cache: RunCache, silent: set[str]) -> t.Iterator[str]:
    """Sign the sessions of a run out; a server that did not answer (``silent``) is not asked again."""
    for session in cache.with_prefix(SESSION_KEY):
        server = str((session.get("endpoint") or {}).get("base_url"))
        if server in silent:
            continue
        try:
            sign_out_saved(session)
        except (MaintenanceError, TypeError, KeyError) as error:
            silent.add(server)
            yield f"The session of a killed run at {server} could not be signed out and ends by itself: {error}"

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the workers of one Ansible run share: sessions, tokens and tables, in the run's own private folder.

Ansible gives every run one private temporary folder, the same in every worker, and removes it at the end
(``DEFAULT_LOCAL_TMP``). Files in it are readable by the owner only and are named by hashes, so no key is ever a path.
A run that is killed leaves its folder. What holds a secret is therefore encrypted with a key that is in the memory of
this run's processes only. A session is the exception: whoever cleans up must be able to sign it out.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
import typing as t

from ansible import constants as C

try:
    from cryptography.fernet import Fernet, InvalidToken
except ImportError:
    # ansible-core requires it. ansible-test imports this file in an environment without it.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import run_lives, this_process
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.sign_in import SESSION_KEY
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import know, mask
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Value

FOLDER = "netfleet_maintenance"
_OWNER = "owner"

# Made once in the controller process, before it forks its workers.
_controller = os.getpid()
_key = base64.urlsafe_b64encode(os.urandom(32))


class RunCache:
    """A store in files, shared by all processes of one Ansible run; see ``Store``."""

    shared = True

    def __init__(self, folder: str | None = None) -> None:
        """Take the folder; by default one inside the run's private temporary folder."""
        self._folder = folder or os.path.join(C.DEFAULT_LOCAL_TMP, FOLDER)

    def load(self, key: str) -> Value | None:
        """Return the value, or None."""
        try:
            with open(self._path(key), encoding="utf-8") as file:
                return _opened(json.load(file))
        except FileNotFoundError:
            return None

    def save(self, key: str, value: Value | None) -> None:
        """Keep a value, replacing the file in one step so that no reader sees half of it; None forgets it."""
        self._make_folder()
        if value is None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path(key))
            return
        handle, draft = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            # In one go: json.dump writes piece by piece, which takes several times as long.
            file.write(_sealed(key, value))
        os.replace(draft, self._path(key))

    @contextlib.contextmanager
    def locked(self, key: str) -> t.Iterator[None]:
        """Keep every other process and thread of the run from making the same value at the same time."""
        self._make_folder()
        handle = os.open(self._path(key) + ".lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def with_prefix(self, prefix: str) -> list[Value]:
        """Return every value whose key begins with ``prefix``; for the end of the run."""
        if not os.path.isdir(self._folder):
            return []
        found: list[Value] = []
        for name in sorted(os.listdir(self._folder)):
            if not name.endswith(".json"):
                continue
            with open(os.path.join(self._folder, name), encoding="utf-8") as file:
                kept = json.load(file)
            value = _opened(kept) if kept["key"].startswith(prefix) else None
            if value is not None:
                found.append(value)
        return found

    def is_of_a_dead_run(self) -> bool:
        """Whether the run whose folder this is has certainly ended, on this machine."""
        try:
            with open(os.path.join(self._folder, _OWNER), encoding="utf-8") as file:
                return run_lives(json.load(file)) is False
        except (OSError, ValueError):
            return False

    def _make_folder(self) -> None:
        if os.path.isdir(self._folder):
            return
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        owner = {
            key: value for key, value in this_process(_controller).items() if key in ("host", "run", "run_started")
        }
        handle, draft = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(owner))
        os.replace(draft, os.path.join(self._folder, _OWNER))

    def _path(self, key: str) -> str:
        return os.path.join(self._folder, hashlib.sha256(key.encode()).hexdigest() + ".json")


def _sealed(key: str, value: Value) -> str:
    """Return the text of a file; what holds a secret, a session apart, can only be read by this run."""
    content = json.dumps(value)
    if key.startswith(SESSION_KEY) or mask(content) == content:
        return json.dumps({"key": key, "value": value})
    return json.dumps({"key": mask(key), "sealed": Fernet(_key).encrypt(content.encode()).decode("ascii")})


def _opened(kept: t.Mapping[str, t.Any]) -> Value | None:
    """Return the value of a file; None for one that another run has sealed."""
    if "value" in kept:
        value = t.cast("Value", kept["value"])
        know(value.get("cookie"))
        return value
    try:
        return t.cast("Value", json.loads(Fernet(_key).decrypt(kept["sealed"])))
    except InvalidToken:
        return None

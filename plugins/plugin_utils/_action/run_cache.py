# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the workers of one Ansible run share: sessions, tokens and tables, in the run's own private folder.

Ansible gives every run one private temporary folder, the same in every worker, and removes it at the end
(``DEFAULT_LOCAL_TMP``). Files in it are readable by the owner only and are named by hashes, so no key is ever a path.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
import typing as t

from ansible import constants as C

from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Value


class RunCache:
    """A store in files, shared by all processes of one Ansible run; see ``Store``."""

    shared = True

    def __init__(self, folder: str | None = None) -> None:
        """Take the folder; by default one inside the run's private temporary folder."""
        self._folder = folder or os.path.join(C.DEFAULT_LOCAL_TMP, "netfleet_maintenance")

    def load(self, key: str) -> Value | None:
        """Give the value, or None."""
        try:
            with open(self._path(key), encoding="utf-8") as file:
                return t.cast("Value", json.load(file)["value"])
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
            file.write(json.dumps({"key": key, "value": value}))
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
        """Give every value whose key begins with ``prefix``; for the end of the run."""
        if not os.path.isdir(self._folder):
            return []
        found: list[Value] = []
        for name in sorted(os.listdir(self._folder)):
            if not name.endswith(".json"):
                continue
            with open(os.path.join(self._folder, name), encoding="utf-8") as file:
                kept = json.load(file)
            if kept["key"].startswith(prefix):
                found.append(kept["value"])
        return found

    def _make_folder(self) -> None:
        os.makedirs(self._folder, mode=0o700, exist_ok=True)

    def _path(self, key: str) -> str:
        return os.path.join(self._folder, hashlib.sha256(key.encode()).hexdigest() + ".json")

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that others read while they are written: replaced in one step, and left alone when nothing changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput

_OTHER = re.compile(r"[^A-Za-z0-9._@-]+")


def file_name(name: str) -> str:
    """Return a name as the first part of a file name: a hash keeps names distinct where signs are replaced."""
    plain = _OTHER.sub("_", name).lstrip(".")[:120]
    return plain if plain and plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def write_if_changed(path: str, content: bytes, *, dry: bool = False) -> bool:
    """Write a file when its content differs, making its folder; ``dry`` only looks. Gives whether it differs.

    Raises BadInput when the place cannot be read or written.
    """
    try:
        if _read(path) == content:
            return False
        if not dry:
            _replace(path, content)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror or error}.") from error
    return True


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _replace(path: str, content: bytes) -> None:
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    umask = os.umask(0)
    os.umask(umask)
    handle, draft = tempfile.mkstemp(dir=folder, prefix=".", suffix=".draft")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o666 & ~umask)
            file.write(content)
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)
        raise

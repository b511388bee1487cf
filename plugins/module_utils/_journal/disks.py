# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""On which kind of file system a journal's file is: locks and shared memory of SQLite need a local one."""

from __future__ import annotations

import os

_MOUNTS = "/proc/self/mountinfo"

_OVER_A_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre", "9p", "gpfs"}
)


def network_file_system(path: str, mounts: str = _MOUNTS) -> str | None:
    """Return the kind of the network file system that a path is on; None for a local one, and where nobody tells.

    ``mounts`` is the kernel's table of mounts (proc(5), mountinfo).
    """
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    place, best, kind = os.path.realpath(path), "", None
    for line in lines:
        before, _dash, after = line.partition(" - ")
        fields = before.split()
        if len(fields) < 5 or not after:
            continue
        mounted = fields[4].replace("\\040", " ").rstrip("/") or "/"
        within = mounted == "/" or place == mounted or place.startswith(f"{mounted}/")
        # Of two mounts at one place the later one is seen.
        if within and len(mounted) >= len(best):
            best, kind = mounted, after.split()[0]
    known = kind is not None and (kind in _OVER_A_NETWORK or kind.startswith(("fuse.sshfs", "fuse.gluster")))
    return kind if known else None

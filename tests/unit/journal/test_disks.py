# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file systems a journal should not be on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.disks import network_file_system

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:41 / /home rw,relatime shared:2 - nfs4 files.example.com:/home rw
31 30 8:2 / /home/local rw - xfs /dev/sdb1 rw
32 22 0:42 / /mnt/my\\040share rw - cifs //files.example.com/x rw
33 22 0:43 / /srv rw - nfs files.example.com:/old rw
34 22 0:44 / /srv rw - tmpfs tmpfs rw
35 22 0:45 / /remote rw - fuse.sshfs host: rw
broken line
"""


@pytest.mark.row(228)
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ops/.local/state/netfleet/journal.sqlite3", "nfs4"),
        ("/home/local/journal.sqlite3", None),
        ("/homes/journal.sqlite3", None),
        ("/journal.sqlite3", None),
        ("/mnt/my share/journal.sqlite3", "cifs"),
        ("/srv/journal.sqlite3", None),
        ("/remote/journal.sqlite3", "fuse.sshfs"),
    ],
)
def test_the_nearest_mount_says_what_a_path_is_on(tmp_path: Path, path: str, kind: str | None) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTS)
    assert network_file_system(path, str(tmp_path / "mountinfo")) == kind


def test_where_there_is_no_table_nobody_tells(tmp_path: Path) -> None:
    assert network_file_system("/home/x", str(tmp_path / "none")) is None

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What shows that lines were removed at the end of a trail: hashes in the journal and elsewhere, and signatures."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.trail import Trail
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import cut

NAMESPACE = "netfleet-audit"

# A command that stores a hash, or ssh-keygen waiting for a key on a token.
LONGEST_COMMAND = 60.0


def store(journal: Journal, path: str, window_id: str | None, trail: Trail) -> None:
    """Store how far a trail was written: for its file, and for every copy of it. Raises JournalError."""
    anchor = json.dumps({"seq": trail.last_seq, "hash": trail.last_hash, "window_id": window_id})
    journal.remember(_of_file(path), anchor)
    stored = _read(journal, _of_window(window_id))
    if stored is None or stored["seq"] <= trail.last_seq:
        journal.remember(_of_window(window_id), anchor)


def is_known(journal: Journal, path: str) -> bool:
    """Whether this journal has written a trail to a file of this path before. Raises JournalError."""
    return _read(journal, _of_file(path)) is not None


def missing(journal: Journal, path: str, window_id: str | None, trail: Trail) -> str | None:
    """Return what is missing at the end of a trail by what the journal stored of it, or None. Raises JournalError.

    A file that the journal does not know is a copy, and has to reach as far as any trail of its window does.
    """
    stored = _read(journal, _of_file(path)) or _read(journal, _of_window(window_id))
    if stored is None:
        return "the journal knows of no trail like this one"
    if stored["hash"] in trail.hashes:
        return None
    return f"it ends before event {stored['seq']}, up to which the journal has written it: lines were removed"


def unfinished(journal: Journal) -> t.Callable[[str, int], str | None]:
    """Return what names a file that should have the events of a window up to a number and has not, None without one.

    It looks at every file to which this journal has written a trail of that window, or of all. Raise JournalError.
    """
    written = [
        (key.removeprefix(_FILE), t.cast("dict[str, t.Any]", json.loads(value)))
        for key, value in journal.recall_all(_FILE).items()
    ]

    def look(window_id: str, last_event: int) -> str | None:
        behind = (
            path for path, anchor in written if anchor["window_id"] in (None, window_id) and anchor["seq"] < last_event
        )
        return next(behind, None)

    return look


# Begins the facts that say how far the trail in a file was written.
_FILE = "audit_file "


def _of_file(path: str) -> str:
    return f"{_FILE}{os.path.realpath(path)}"


def _of_window(window_id: str | None) -> str:
    return f"audit_trail {window_id or ''}"


def _read(journal: Journal, key: str) -> dict[str, t.Any] | None:
    found = journal.recall(key)
    return None if found is None else t.cast("dict[str, t.Any]", json.loads(found))


def send(command: str, last_hash: str) -> None:
    """Run a command of the user with a hash as its last argument. Raises BadInput when it fails."""
    _run([*shlex.split(command), last_hash], "anchor_command")


def sign(path: str, key: str) -> None:
    """Sign a trail with an SSH key, beside it in a file that ends with ``.sig``. Raises BadInput when that fails."""
    with open(path, "rb") as file:
        signature = _run(["ssh-keygen", "-Y", "sign", "-q", "-f", key, "-n", NAMESPACE], "signing_key", file)
    with open(f"{path}.sig", "wb") as made:
        made.write(signature)


def signature_problem(path: str, allowed_signers: str, signer: str) -> str | None:
    """Return why a trail's signature is not the signer's, or None. Raises BadInput where ssh-keygen cannot be run."""
    if not os.path.isfile(f"{path}.sig"):
        return f"there is no signature {path}.sig"
    command = ["ssh-keygen", "-Y", "verify", "-f", allowed_signers, "-I", signer, "-n", NAMESPACE, "-s", f"{path}.sig"]
    try:
        with open(path, "rb") as file:
            _run(command, "allowed_signers", file)
    except _Failed as error:
        return f"its signature is not the one of {signer} ({error.said})"
    return None


class _Failed(BadInput):
    """A command ended with a failure; ``said`` is what it said."""

    kind = "command_failed"

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message)
        self.said = said


def _run(command: t.Sequence[str], option: str, stdin: t.BinaryIO | None = None) -> bytes:
    try:
        # A module's run_command knows no time limit.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            command,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            capture_output=True,
            timeout=LONGEST_COMMAND,
            check=False,
            # Never ask for a passphrase at the terminal and wait.
            start_new_session=True,
            env={**os.environ, "SSH_ASKPASS_REQUIRE": "never"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadInput(f"{option}: {command[0]} could not be run: {cut(error, 200)}.") from error
    if done.returncode != 0:
        said = cut((done.stderr or done.stdout).decode(errors="replace"), 200).rstrip(".")
        raise _Failed(f"{option}: {command[0]} ended with {done.returncode}: {said}.", said)
    return done.stdout

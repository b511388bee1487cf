# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading freeze calendars (iCalendar files), completely or not at all, and in bounded time.

An event that was overlooked would open a window that its author closed, so what cannot be read is an error and never a
smaller calendar (DESIGN, I10). What one file says is worked out once: as long as its content stays the same, the answer
is kept in this process.
"""

from __future__ import annotations

import collections
import hashlib
import os
import pathlib
import stat
import threading
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.content_lines import read_components
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.events import Event, read_events
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.recurrence import Budget, TooMuchError
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import mask

# All that programs write calendars to. What is no calendar for us (.vcs, .ifb) is refused when it is read.
SUFFIXES = (".ics", ".ical", ".icalendar", ".vcs", ".ifb")

MOST_FILES = 200

# Of all the calendars of a window: these limits keep every look at them within a second or two.
MOST_BYTES = 3 * 1024 * 1024

MOST_STEPS = 80_000

_KEPT = 64

Calendar = t.Sequence[Event]


class Read(t.NamedTuple):
    """A file that was read: the events of its calendars, and a digest of its content."""

    path: str
    digest: bytes
    calendars: t.Sequence[Calendar]


_known: collections.OrderedDict[bytes, t.Sequence[Calendar] | ValueError] = collections.OrderedDict()

_lock = threading.Lock()


def read_calendars(paths: t.Iterable[str], directory: str | None) -> list[Read]:
    """Read the calendars at ``paths``, each a file or a folder, in which all calendars are read, at any depth.

    Relative paths start at ``directory``, or at the working directory. Raise BadInput for a path that is not there, a
    folder without calendars, and a file that is not completely understood.
    """
    base = pathlib.Path(directory or ".").expanduser()
    found: list[Read] = []
    budget, left = Budget(MOST_STEPS), MOST_BYTES
    for path in paths:
        for file in _files(base / pathlib.Path(path).expanduser()):
            try:
                if len(found) >= MOST_FILES:
                    raise ValueError(f"there are more than {MOST_FILES} calendars")
                content = _content(file, left)
                left -= len(content)
                found.append(Read(str(file), *_events(content, budget)))
            except (OSError, ValueError) as error:
                raise unreadable(str(file), error) from error
    return found


def unreadable(path: str, error: Exception) -> BadInput:
    """Return the error for a calendar that is not understood."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    printable = mask("".join(letter if letter.isprintable() else " " for letter in reason))[:300].rstrip(".")
    # In full, because the end of a path tells calendars apart; `repr` escapes what does not print.
    end = "" if printable.endswith("?") else "."
    return BadInput(f"window_freeze {path!r} cannot be read, so no new work may start: {printable}{end}")


def _files(path: pathlib.Path) -> list[pathlib.Path]:
    """Return a path, or the calendars in it when it is a folder."""
    try:
        if not path.is_dir():
            return [path]
        files = sorted(_below(path))
    except (OSError, ValueError) as error:
        raise unreadable(str(path), error) from error
    if not files:
        raise unreadable(str(path), ValueError("the folder has no calendar (*.ics, *.ical) in it"))
    return files


def _below(folder: pathlib.Path) -> t.Iterator[pathlib.Path]:
    """Return the calendars in a folder and in the folders below it. Raise ValueError, OSError."""

    def refuse(error: OSError) -> t.NoReturn:
        raise error

    seen: set[str] = set()
    for place, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        # A link may lead back to a folder that was seen.
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        if len(seen) > 10 * MOST_FILES:
            raise ValueError(f"it has more than {10 * MOST_FILES} folders in it")
        yield from (pathlib.Path(place, name) for name in names if name.lower().endswith(SUFFIXES))


def _content(file: pathlib.Path, left: int) -> bytes:
    """Return what a file holds. Anything that is no file, such as a pipe, could be waited for without end."""
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("it is a folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "it is no file")
        content = stream.read(left + 1)
    if len(content) > left:
        raise ValueError(f"the calendars of the window are larger than {MOST_BYTES // 1024 // 1024} MiB together")
    return content


def _events(content: bytes, budget: Budget) -> tuple[bytes, t.Sequence[Calendar]]:
    """Return the digest of a file and its calendars, from memory where it was read before. Raise ValueError."""
    digest = hashlib.sha256(content).digest()
    with _lock:
        known = _known.get(digest)
    if known is None:
        try:
            known = [read_events(calendar, budget) for calendar in read_components(content)]
        except TooMuchError:
            # Other files may have used the time up, so this is no answer to keep.
            raise
        except ValueError as error:
            known = error
        with _lock:
            _known[digest] = known
            if len(_known) > _KEPT:
                _known.popitem(last=False)
    if isinstance(known, ValueError):
        raise ValueError(str(known))
    return digest, known

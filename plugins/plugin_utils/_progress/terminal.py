# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live view on a terminal: a few lines kept at its bottom, above which Ansible's own output scrolls.

The terminal itself keeps the lines apart (a scroll region), so nothing of Ansible's output has to be caught.
"""

from __future__ import annotations

import contextlib
import io
import os

# The callback looks whether rich is there before it starts this view.
with contextlib.suppress(ImportError):
    import rich.console
    import rich.table
    import rich.text
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._progress.stages import (
    KEPT_BACK,
    SETTLED,
    View,
    Watched,
    cells,
    limits,
    still,
)

_MOST_BATCHES = 4

_FEWEST_LINES = 10

_COLOURS = {
    "done": "green",
    "failed": "red",
    "unknown": "yellow",
    "refused": "magenta",
    "waiting": "bright_black",
    KEPT_BACK: "yellow",
}

# Columns of a row beside its bar.
_BESIDE = 28

_CELL_COLOURS = {"#": "green", "+": "cyan", "x": "red", "?": "yellow", "-": "yellow", ".": "bright_black"}

_SIGNS = {"done": "✓", "failed": "✕", "unknown": "?", "refused": "⊘", KEPT_BACK: "–"}


def render(watched: Watched, view: View, width: int) -> list[str]:
    """Return the lines of the view with terminal colours, each no longer than ``width``."""
    settled = sum(view.counts.get(stage, 0) for stage in SETTLED)
    overall = f"{settled} of {max(watched.total, len(view.stages))} finished"
    head = " · ".join([f"window {legible(str(watched.window_id))}", overall, *limits(watched, view)])
    console = rich.console.Console(
        file=io.StringIO(), force_terminal=True, width=max(20, width), color_system="standard", highlight=False
    )
    with console.capture() as captured:
        console.print(rich.text.Text(head, style="bold", overflow="ellipsis", no_wrap=True))
        console.print(_batches(watched, view, width))
        counts = rich.text.Text(overflow="ellipsis", no_wrap=True)
        for stage, number in view.counts.items():
            counts.append(f"{_SIGNS.get(stage, '●')} {number} {stage}   ", style=_COLOURS.get(stage, "cyan"))
        console.print(counts)
        console.print(rich.text.Text(still(view), style="bright_black", overflow="ellipsis", no_wrap=True))
    return captured.get().splitlines()


def _batches(watched: Watched, view: View, width: int) -> rich.table.Table:
    """Draw one bar for each batch, the last ones when there are many."""
    table = rich.table.Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(no_wrap=True, justify="right")
    batches = list(enumerate(watched.batches, 1))[-_MOST_BATCHES:]
    for number, names in batches:
        ended = sum(view.stages.get(name) in SETTLED for name in names)
        drawn = rich.text.Text(no_wrap=True)
        for cell in cells([view.stages.get(name, "waiting") for name in names], max(4, width - _BESIDE)):
            drawn.append(cell, style=_CELL_COLOURS[cell])
        table.add_row(f"batch {number}", drawn, f"{ended} of {len(names)}")
    begun = sum(map(len, watched.batches))
    if watched.total > begun:
        table.add_row("later", rich.text.Text("not begun", style="bright_black"), str(watched.total - begun))
    return table


class Terminal:
    """Keeps lines at the bottom of a terminal."""

    def __init__(self, handle: int) -> None:
        """Take the terminal's file descriptor."""
        self._handle = handle
        self._size = (0, 0)
        self._height = 0

    @property
    def width(self) -> int:
        """How many columns the terminal has now."""
        return os.get_terminal_size(self._handle).columns

    def show(self, lines: list[str]) -> None:
        """Draw the lines, one write for all of them; a terminal too low for them is left alone."""
        size = os.get_terminal_size(self._handle)
        if size.lines < _FEWEST_LINES + len(lines):
            self.restore()
            return
        text = ""
        if (size.columns, size.lines) != self._size or len(lines) != self._height:
            text += self._freed()
            self._size, self._height = (size.columns, size.lines), len(lines)
            # Room first; then the region, whose setting moves the cursor home, so the place is kept around it.
            text += "\n" * len(lines) + f"\x1b[{len(lines)}A\x1b7\x1b[1;{size.lines - len(lines)}r\x1b8"
        text += "\x1b7"
        for number, each in enumerate(lines):
            text += f"\x1b[{size.lines - len(lines) + number + 1};1H\x1b[2K{each}\x1b[0m"
        self._write(text + "\x1b8")

    def restore(self) -> None:
        """Restore the whole terminal."""
        self._write(self._freed())

    def _freed(self) -> str:
        """Return what ends the region and wipes its lines."""
        if not self._height:
            return ""
        first = self._size[1] - self._height + 1
        self._height = 0
        return f"\x1b7\x1b[r\x1b[{first};1H\x1b[J\x1b8"

    def _write(self, text: str) -> None:
        data = text.encode()
        while data:
            written = os.write(self._handle, data)
            data = data[written:]

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guides show: files to write, and commands to run with what they print.

A guide marks its blocks by the way it writes them. A block with a ``:caption:`` is a file of that name. A ``console``
block holds commands behind ``$`` and their output, in which ``...`` stands for anything. The comment ``.. fails: 2``
before a block says with which status its last command ends. Every other block has a comment ``.. not run: why``.
"""

from __future__ import annotations

import dataclasses
import re
import textwrap
import typing as t

_BLOCK = re.compile(r"^( *)\.\. code-block:: (\S+)\n((?:\1 +:.*\n)*)\n((?:(?:\1   .*)?\n)+)", re.MULTILINE)
_COMMENT = re.compile(r"\.\. (fails|not run): (.*)\n\n$")


@dataclasses.dataclass(frozen=True)
class File:
    """A file the reader writes."""

    path: str
    content: str


@dataclasses.dataclass(frozen=True)
class Command:
    """A command the reader runs: what it prints (``...`` is anything; empty says nothing about it), and its status."""

    line: str
    output: str = ""
    status: int = 0

    def prints(self, said: str) -> bool:
        """Whether a command's standard output is the documented one."""
        pattern = ".*".join(map(re.escape, self.output.strip().split("...")))
        return not self.output.strip() or re.fullmatch(pattern, said.strip(), re.DOTALL) is not None


class NotRun(t.NamedTuple):
    """A block that no test runs, and why."""

    language: str
    reason: str


Step: t.TypeAlias = "File | Command | NotRun"


def steps(guide: str) -> list[Step]:
    """Return what a guide (reStructuredText) makes its reader do, in order. Pure.

    Raises ValueError for a block that is neither a file nor commands nor excused.
    """
    found: list[Step] = []
    for block in _BLOCK.finditer(guide):
        _indent, language, options, body = block.groups()
        text = textwrap.dedent(body).strip("\n") + "\n"
        said = _COMMENT.search(textwrap.dedent(guide[: block.start()].rpartition("\n\n\n")[2]))
        kind, value = said.groups() if said else ("", "")
        caption = re.search(r":caption: (\S+)", options)
        if kind == "not run":
            found.append(NotRun(language, value))
        elif caption:
            found.append(File(caption[1], text))
        elif language == "console":
            found += _commands(text, int(value) if kind == "fails" else 0)
        else:
            raise ValueError(f"this {language} block is no file, has no commands and does not say why:\n{text}")
    return found


def _commands(text: str, status: int) -> list[Command]:
    """Split a console block at its prompts; only the last command may fail."""
    if not text.startswith("$ "):
        raise ValueError(f"this console block does not begin with a prompt:\n{text}")
    parts = [part.partition("\n") for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]]
    commands = [Command(line, output) for line, _newline, output in parts]
    return [*commands[:-1], dataclasses.replace(commands[-1], status=status)]

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that some tests run beside the product: a browser, a connection pooler, an Alertmanager.

``python -m tests.tools.programs`` says which of them are missing and which tests are left out without them. With
``--install`` it installs them from the distribution, where the user may. It ends with 0 when all are there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import typing as t


class Program(t.NamedTuple):
    """The names under which a program may be found, its Debian package, and what needs it."""

    names: tuple[str, ...]
    package: str
    needed_by: str


PROGRAMS = (
    Program(("chromium", "chromium-browser"), "chromium", "tests/browser"),
    Program(("pgbouncer",), "pgbouncer", "tests/integration/neighbours/journal"),
    Program(("prometheus-alertmanager", "alertmanager"), "prometheus-alertmanager", "the tests of window_alerts"),
    Program(("ssh-keygen",), "openssh-client", "the tests of signed audit trails"),
)
# Debian puts servers where only root looks.
_SYSTEM = ("/usr/sbin", "/usr/local/sbin")


def found(program: Program) -> str | None:
    """Return the path of a program, None when it is not on this machine."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_SYSTEM))
    return next(filter(None, (shutil.which(name, path=path) for name in program.names)), None)


def missing(programs: t.Iterable[Program] = PROGRAMS) -> list[Program]:
    """Return the programs that this machine does not have."""
    return [program for program in programs if found(program) is None]


def install(programs: t.Sequence[Program]) -> None:
    """Install the packages of programs with apt-get; what it says is said on."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = [program.package for program in programs]
    for command in (
        ["apt-get", "-qq", "update"],
        ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", *packages],
    ):
        print("+", " ".join(command), flush=True)
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)


def main(arguments: t.Sequence[str]) -> int:
    """Say what is missing, or install it; return 1 when something is still missing."""
    if "--install" in arguments and missing():
        if os.geteuid() == 0 and shutil.which("apt-get"):
            install(missing())
        else:
            print("Only root can install programs, on Debian and its relatives. Install what is missing by hand.")
    for program in missing():
        print(f"{program.names[0]} is missing (Debian package {program.package}): left out is {program.needed_by}")
    return int(bool(missing()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

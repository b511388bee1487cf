# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`ansible-test sanity` over what ships, without a container and with no download but Python packages.

`python -m tests.tools.sanity [ansible-test options]` builds the collection, unpacks it where ansible-test wants it,
runs every sanity test on every supported Python that this machine has, and ends with ansible-test's own status.
"""

from __future__ import annotations

import ast
import fcntl
import os
import re
import runpy
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import ansible_test

from tests.tools.interpreters import find_interpreters
from tests.tools.isolated import BUILD, ROOT, isolated_environment

_STAGE = BUILD / "sanity"
_COLLECTION = _STAGE / "ansible_collections/netfleet/maintenance"
_LOG = BUILD / "sanity.log"
_ANSIBLE_TEST = Path(ansible_test.__path__[0])
_OLDEST_PYTHON = (3, 10)

# ansible-test runs this as get-pip.py: it installs pip from the wheels that lie beside it.
_GET_PIP = """\
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "{wheel}"))
from pip._internal.cli.main import main

wanted = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
sys.exit(main(["install", "--no-index", "--find-links", here] + wanted))
"""


def main(options: list[str]) -> int:
    """Run the sanity tests with further ansible-test `options` and return the exit status."""
    ignored = sorted(ROOT.glob("tests/sanity/ignore*"))
    if ignored:
        print(f"sanity: {ignored[0].relative_to(ROOT)} must not exist: faults are mended, not ignored")
        return 1
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "sanity.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _run(options)


def _run(options: list[str]) -> int:
    """Stage the collection, run ansible-test on it and say how that went."""
    started = time.monotonic()
    environment = isolated_environment(os.environ) | {"ANSIBLE_COLLECTIONS_PATH": str(_STAGE)}
    home = Path(environment["HOME"])
    _hand_on_pip_settings(home)
    _prepare_pip_bootstrap(home / ".ansible/test/cache")
    _stage(environment)

    wanted = _supported_pythons()
    pythons = find_interpreters(wanted, environment["PATH"])
    # Real interpreters go before any shim, but after the virtual environment.
    first, rest = environment["PATH"].split(os.pathsep, 1)
    folders = dict.fromkeys(str(python.parent) for python in pythons.values())
    environment["PATH"] = os.pathsep.join([first, *folders, rest])

    # The long form of `--local`, which can name the target Pythons instead of insisting on every one.
    command = ["ansible-test", "sanity", "--color", "no", "--controller", "origin:python=default"]
    for python in pythons:
        command += ["--target-python", python]
    with _LOG.open("w") as log:
        status = subprocess.run(
            command + options,
            cwd=_COLLECTION,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode

    text = _LOG.read_text(errors="replace")
    ran = len(re.findall(r"^Running sanity test", text, re.MULTILINE))
    status = status or int(ran == 0)
    if status:
        # Each finding, and all that follows when ansible-test itself gives up.
        faults = re.findall(r"^ERROR: .*|^FATAL: [\s\S]*", text, re.MULTILINE)
        print("\n".join(faults) or text)
    absent = [python for python in wanted if python not in pythons]
    print(
        f"sanity: {'failed' if status else 'passed'}, {ran} checks, ansible-core {version('ansible-core')},"
        f" Python {' '.join(pythons)}, {time.monotonic() - started:.0f} s"
    )
    if absent:
        print(f"sanity: not on this machine, so not checked: Python {' '.join(absent)}")
    return status


def _supported_pythons() -> list[str]:
    """Return the Pythons ("3.12") that both this ansible-core and the collection support."""
    constants = runpy.run_path(str(_ANSIBLE_TEST / "_util/target/common/constants.py"))
    known: tuple[str, ...] = constants["REMOTE_ONLY_PYTHON_VERSIONS"] + constants["CONTROLLER_PYTHON_VERSIONS"]
    return [python for python in known if tuple(map(int, python.split("."))) >= _OLDEST_PYTHON]


def _stage(environment: dict[str, str]) -> None:
    """Build the collection and unpack what ships to the folder that ansible-test runs in."""
    shutil.rmtree(_STAGE, ignore_errors=True)
    _COLLECTION.mkdir(parents=True)
    build = ["ansible-galaxy", "collection", "build", "--force", "--output-path", str(_STAGE)]
    subprocess.run(build, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
    (artifact,) = _STAGE.glob("*.tar.gz")
    subprocess.run(["tar", "-xzf", str(artifact), "-C", str(_COLLECTION)], check=True)
    # ansible-test asks the nearest repository which files there are, and the project's own ignores this folder.
    if shutil.which("git"):
        subprocess.run(["git", "init", "--quiet", str(_COLLECTION)], env=environment, check=True)


def _hand_on_pip_settings(home: Path) -> None:
    """Write the user's pip settings (package index, certificates, cache) where the isolated pip reads them.

    ansible-test passes on neither the user's HOME nor the PIP_ variables.
    """
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    pairs = [line.split("=", 1) for line in listing.stdout.splitlines() if "=" in line]
    settings: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):
        settings |= {key.removeprefix(section): value for key, value in pairs if key.startswith(section)}
    lines = [f"{key} = {ast.literal_eval(value)}".replace("\n", "\n  ") for key, value in settings.items()]
    target = home / ".config/pip/pip.conf"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    target.write_text("\n".join(["[global]", *lines, ""]))


def _prepare_pip_bootstrap(cache: Path) -> None:
    """Put a stand-in for the get-pip.py that ansible-test would download into its `cache`, with the wheels it needs.

    Which versions it wants is read from ansible-test itself, so that a newer one finds what it asks for.
    """
    source = (_ANSIBLE_TEST / "_internal/python_requirements.py").read_text()
    table = re.search(r"default_packages = dict\((.*?)\)", source, re.DOTALL)
    wanted = dict(re.findall(r"(\w+)='([\d.]+)'", table[1])) if table else {}
    if "pip" not in wanted:
        raise SystemExit(f"sanity: cannot tell which pip ansible-core {version('ansible-core')} bootstraps")
    script = cache / f"get_pip_{wanted['pip'].replace('.', '_')}.py"
    if script.exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    wheels = [f"{name}=={number}" for name, number in wanted.items()]
    subprocess.run([*download, f"--dest={cache}", *wheels], check=True)
    script.write_text(_GET_PIP.format(wheel=f"pip-{wanted['pip']}-py3-none-any.whl"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

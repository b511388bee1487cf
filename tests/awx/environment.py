# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What points a playbook with modules of awx.awx to the stand-in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.awx.collection import awx_collections, fast_awx_collections
from tests.awx.standin import TOKEN, StandIn
from tests.integration.run import Commands


def awx_environment(ansible: Commands, awx: StandIn, *, fast: bool = True) -> dict[str, str]:
    """Return the environment of a run; ``fast`` has the modules run inside Ansible's worker."""
    collections = fast_awx_collections(ansible.home / "awx-collections") if fast else awx_collections()
    return standin_environment(awx, ansible.environment["ANSIBLE_COLLECTIONS_PATH"], collections)


def standin_environment(awx: StandIn, path: str, collections: Path) -> dict[str, str]:
    """Return what the modules in ``collections``, at the end of a collections ``path``, need to reach ``awx``. Pure."""
    return {
        "ANSIBLE_COLLECTIONS_PATH": f"{path}{os.pathsep}{collections}",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "CONTROLLER_HOST": awx.url,
        "CONTROLLER_OAUTH_TOKEN": TOKEN,
        # Ansible's client reads every certificate of the system for each request, also for one without TLS.
        "SSL_CERT_FILE": os.devnull,
    }

# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of hosts and groups made from remote text: none may mean more than the one thing it was made for."""

from __future__ import annotations

import collections
import hashlib
import re
import typing as t
import urllib.parse

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.paths import LONGEST_NAME
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

# Names that Ansible gives a meaning of its own: groups that always exist, and the controller itself.
RESERVED = frozenset({"all", "ungrouped", "localhost", "127.0.0.1"})

# No character that means something in a host pattern, a path or a command line, and no dot at an end.
_SAFE = re.compile(r"\w(?:[\w.-]*[\w-])?")

Label = tuple[str, str]


def why_unsafe(name: str) -> str | None:
    """Return the reason why a text cannot be an inventory name, or None when it can."""
    if not name:
        return "it is empty"
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        return f"it is longer than {LONGEST_NAME} bytes"
    if name in RESERVED:
        return "Ansible gives it a meaning of its own"
    if not _SAFE.fullmatch(name):
        return "it could be taken for a host pattern, a path or an option"
    return None


def renamed(name: str) -> str:
    """Percent-encode what is unsafe in a name; decoding gives the name back. Raises BadInput when that cannot help."""
    if not name or len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        raise BadInput(f"The name {shown(name)} cannot be an inventory name: {why_unsafe(name)}.")
    encoded = urllib.parse.quote(name, safe="", errors="surrogatepass").replace("~", "%7E")
    if name in RESERVED or encoded[0] in "-.":
        encoded = f"%{ord(encoded[0]):02X}{encoded[1:]}"
    if encoded[-1] == ".":
        encoded = encoded[:-1] + "%2E"
    return encoded


def group_names(labels: t.Iterable[Label]) -> tuple[dict[Label, str], list[str]]:
    """Return a group name to every label, a pair of kind and value such as ``("site", "LAX")``.

    What a group name cannot hold becomes an underscore. Where two values would so share a group, each gets a group of
    its own that ends with a fingerprint: a pattern written for one of them must never meet the other. Gives the names
    and the group names that were given up.
    """
    made: dict[str, list[Label]] = collections.defaultdict(list)
    for label in labels:
        made[re.sub(r"\W", "_", f"{label[0]}_{label[1]}")].append(label)
    names: dict[Label, str] = {}
    for name, sharing in made.items():
        for label in sharing:
            digest = hashlib.sha256(label[1].encode("utf-8", "surrogatepass")).hexdigest()
            names[label] = name if len(sharing) == 1 else f"{name}_{digest[:8]}"
    return names, sorted(name for name, sharing in made.items() if len(sharing) > 1)

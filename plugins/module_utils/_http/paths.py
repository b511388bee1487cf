# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as path segments of a URL: encoded once, refused where a path cannot carry them."""

from __future__ import annotations

import unicodedata
import urllib.parse

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

LONGEST_NAME = 255


def segment(name: str) -> str:
    """Percent-encode one name as one path segment.

    Takes any text and gives its encoded form. Raises BadInput for what a path cannot carry faithfully: an empty name,
    ``.`` and ``..`` (encoding does not change dots, so every library on the way may resolve them), a slash or
    backslash, control characters, broken Unicode, or more than 255 bytes.
    """
    problem = why_not_a_segment(name)
    if problem:
        raise BadInput(f"The name {shown(name)} cannot be part of a URL path: {problem}.")
    return urllib.parse.quote(name, safe="")


def why_not_a_segment(name: str) -> str | None:
    """Return the reason why a name cannot be one path segment, or None when it can."""
    if not name:
        return "it is empty"
    if name in (".", ".."):
        return "dots are resolved by every HTTP library on the way"
    if "/" in name or "\\" in name:
        return "it holds a slash, which servers and proxies take for the end of the segment"
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        return "it holds control characters"
    try:
        encoded = name.encode("utf-8")
    except UnicodeEncodeError:
        return "it is not valid Unicode"
    if len(encoded) > LONGEST_NAME:
        return f"it is longer than {LONGEST_NAME} bytes"
    return None

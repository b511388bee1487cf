# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remote text is never a template, whichever core reads it."""

from __future__ import annotations

import re
import typing as t

from ansible.release import __version__
from ansible.utils.version import LooseVersion

Value = t.TypeVar("Value")

# Every delimiter of a template holds a brace. The header that would change the delimiters begins with a number sign.
_PERHAPS_A_TEMPLATE = re.compile(r"[{}]|^\s*#")


if LooseVersion(__version__) < LooseVersion("2.19"):
    from ansible.utils.unsafe_proxy import wrap_var as _wrap

    def _mark(text: str) -> str:
        """These cores render every text that they were not told to leave alone."""
        return t.cast("str", _wrap(text)) if _PERHAPS_A_TEMPLATE.search(text) else text

else:
    from ansible.template import trust_as_template as _trust

    def _mark(text: str) -> str:
        """These cores render only text that is trusted, and show all other wrapped in ``__ansible_unsafe``.

        Text that cannot be a template is trusted, so that inventories look the same on all cores.
        """
        return text if _PERHAPS_A_TEMPLATE.search(text) else t.cast("str", _trust(text))


def untrusted(value: Value) -> Value:
    """Return a value from outside (a text, or lists and mappings of texts) in a form that Ansible never renders."""
    if isinstance(value, str):
        return t.cast("Value", _mark(value))
    if isinstance(value, list):
        return t.cast("Value", [untrusted(entry) for entry in value])
    if isinstance(value, dict):
        return t.cast("Value", {name: untrusted(entry) for name, entry in value.items()})
    return value

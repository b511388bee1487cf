# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and their cross-rules as one value that adds up, so nobody edits a shared dictionary."""

from __future__ import annotations

import dataclasses
import typing as t

Options = t.Mapping[str, t.Mapping[str, t.Any]]


@dataclasses.dataclass(frozen=True)
class Spec:
    """An argument specification in Ansible's own terms, plus the Python libraries the work needs."""

    options: Options = dataclasses.field(default_factory=dict)
    mutually_exclusive: tuple[tuple[str, ...], ...] = ()
    required_together: tuple[tuple[str, ...], ...] = ()
    required_one_of: tuple[tuple[str, ...], ...] = ()
    required_if: tuple[tuple[t.Any, ...], ...] = ()
    libraries: tuple[str, ...] = ()

    def __add__(self, other: Spec) -> Spec:
        """Return the specification that holds both; on the same option name the right one wins."""
        return Spec(
            options={**self.options, **other.options},
            mutually_exclusive=self.mutually_exclusive + other.mutually_exclusive,
            required_together=self.required_together + other.required_together,
            required_one_of=self.required_one_of + other.required_one_of,
            required_if=self.required_if + other.required_if,
            libraries=tuple(dict.fromkeys(self.libraries + other.libraries)),
        )

    def rules(self) -> dict[str, t.Any]:
        """Return the keyword arguments that AnsibleModule and ArgumentSpecValidator share."""
        return {
            "argument_spec": {name: dict(rule) for name, rule in self.options.items()},
            "mutually_exclusive": [list(group) for group in self.mutually_exclusive],
            "required_together": [list(group) for group in self.required_together],
            "required_one_of": [list(group) for group in self.required_one_of],
            "required_if": [list(group) for group in self.required_if],
        }

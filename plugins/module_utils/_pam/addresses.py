# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts inside the texts that PAM Core has for addresses: management addresses and the devices of sessions."""

from __future__ import annotations

import ipaddress
import re
import typing as t
import urllib.parse

if t.TYPE_CHECKING:
    from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row


_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?")


def host_of(address: str) -> str | None:
    """Return the host of a management address: an IP address, a host name, either with a port or path, or a URL.

    None when the text holds nothing that can be a host (docs/apis/senhasegura.md, 6.1: users write what they like).
    """
    text = address.strip()
    if is_ip(text):
        return text
    if text.count(":") > 1 and "://" not in text and "[" not in text:
        return None
    try:
        host = urllib.parse.urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return None
    # A URL's parser lowers the case of a host; DNS does not care, a reader may.
    found = re.search(re.escape(host), text, re.IGNORECASE)
    host = found[0] if found else host
    return host if is_ip(host) or _HOST.fullmatch(host) else None


def is_ip(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address and nothing else; one with a zone does not count."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def names_of_device(row: Row) -> set[str]:
    """Return every name under which a session may mention this device: its hostname and its address."""
    return {_plain(name) for name in (row["hostname"], row["ip"], host_of(row["ip"]) or "") if name}


def names_in_session(device: str) -> set[str]:
    """Return every host that the device of a session (``host:port``, docs/apis/senhasegura.md, 7) may mean."""
    host, colon, port = device.rpartition(":")
    names = {_plain(device)}
    if colon and port.strip().isdigit() and host:
        names.add(_plain(host))
    return names


def _plain(name: str) -> str:
    """Write a name the one way it is compared in: addresses in short form, all else in lower case."""
    text = name.strip().strip("[]").casefold()
    try:
        return ipaddress.ip_address(text).compressed
    except ValueError:
        return text

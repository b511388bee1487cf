# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the connection options that every system shares."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_options._connection``."""

    DOCUMENTATION = r"""
options:
  validate_certs:
    description:
      - Whether the server's certificate is checked. Turn it off only for a laboratory; every task
        then says so in a warning.
    type: bool
    default: true
  ca_path:
    description:
      - A file or folder with the certificate authorities to trust, instead of the ones that come with Python's certifi.
      - Without it, the environment variable E(REQUESTS_CA_BUNDLE) is honoured.
    type: path
  client_cert:
    description:
      - A client certificate (PEM) to show to the server.
    type: path
  client_key:
    description:
      - The private key (PEM) of O(client_cert), when it is not in the same file.
    type: path
  timeout:
    description:
      - The total number of seconds that one call may take, with everything it does - connecting, sending, reading the
        last byte of the answer, and the pauses and repeats of calls that may be repeated.
    type: float
    default: 30.0
requirements:
  - urllib3 >= 2.3
  - requests >= 2.32
"""

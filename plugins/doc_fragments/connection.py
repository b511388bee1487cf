# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the connection options that every system shares."""

from __future__ import annotations

import re


def nested(option: str, *pages: str) -> str:
    """Return the options of fragments as the suboptions of ``option``, none of them required."""
    lines = []
    for page in pages:
        body = page.partition("\noptions:\n")[2].partition("\nrequirements:")[0]
        lines += [line for line in body.splitlines() if line.strip() and line.strip() != "required: true"]
    return re.sub(r"O\((?=\w+\))", f"O({option}.", "\n".join(f"    {line}" for line in lines))


class ModuleDocFragment:
    """Options of ``_options._connection``."""

    DOCUMENTATION = r"""
options:
  allow_plain_http:
    description:
      - Whether credentials may be sent unencrypted, to an address that begins with C(http://). Without it such an
        address is refused, except on this machine itself (loopback). Every task then warns.
      - When not set, the system's environment variable is used, E(ZEQUENZE_ALLOW_PLAIN_HTTP),
        E(ORACLE_SDM_ALLOW_PLAIN_HTTP) or E(SENHASEGURA_ALLOW_PLAIN_HTTP).
    type: bool
    default: false
  validate_certs:
    description:
      - Whether the server's certificate is checked. Turn it off only for a laboratory. Every task then warns.
      - When not set, the system's environment variable is used. It is E(ZEQUENZE_VALIDATE_CERTS),
        E(ORACLE_SDM_VALIDATE_CERTS) or E(SENHASEGURA_VALIDATE_CERTS).
    type: bool
    default: true
  ca_path:
    description:
      - A file or folder with the certificate authorities to trust, instead of the ones that come with Python's
        certifi.
      - When not set, the system's environment variable is used. It is E(ZEQUENZE_CA_PATH),
        E(ORACLE_SDM_CA_PATH) or E(SENHASEGURA_CA_PATH).
      - Without either, the authorities in E(REQUESTS_CA_BUNDLE) are trusted in addition to certifi's.
    type: path
  client_cert:
    description:
      - A client certificate (PEM) to show to the server.
      - When not set, the system's environment variable is used. It is E(ZEQUENZE_CLIENT_CERT),
        E(ORACLE_SDM_CLIENT_CERT) or E(SENHASEGURA_CLIENT_CERT).
    type: path
  client_key:
    description:
      - The private key (PEM) of O(client_cert), when it is not in the same file.
      - When not set, the system's environment variable is used. It is E(ZEQUENZE_CLIENT_KEY),
        E(ORACLE_SDM_CLIENT_KEY) or E(SENHASEGURA_CLIENT_KEY).
    type: path
  timeout:
    description:
      - The total number of seconds that one call may take, with everything it does - connecting, sending, reading the
        last byte of the answer, and the pauses and repeats of calls that may be repeated.
    type: float
    default: 30.0
  trace:
    description:
      - A folder for a trace, to attach to the report of a bug. Every request and answer of the run is written to one
        file there as an HTTP archive (HAR 1.2), at most 64 MiB.
      - Credentials are redacted, those in records of devices too. Read the file before you give it away.
      - When not set, the environment variable E(NETFLEET_TRACE) is used.
    type: path
  trace_names:
    description:
      - Whether the trace shows names and addresses as they are, or V(pseudonyms) that are the same throughout a run.
      - When not set, the environment variable E(NETFLEET_TRACE_NAMES) is used.
    type: str
    choices: [plain, pseudonyms]
    default: plain
requirements:
  - urllib3 >= 2.7
  - requests >= 2.33
"""

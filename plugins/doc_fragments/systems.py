# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that reach all three systems of a window."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_window_systems.systems_options``."""

    DOCUMENTATION = r"""
options:
  zequenze:
    description:
      - How to reach Zequenze Control. The options are those of M(netfleet.maintenance.device_info).
    type: dict
    suboptions:
      validate_certs:
        description: Whether the server's certificate is checked. Turn it off only for a laboratory.
        type: bool
        default: true
      ca_path:
        description: A file or folder with the certificate authorities to trust.
        type: path
      client_cert:
        description: A client certificate (PEM) to show to the server.
        type: path
      client_key:
        description: The private key (PEM) of the client certificate, when it is not in the same file.
        type: path
      timeout:
        description: The total number of seconds that one call may take.
        type: float
        default: 30.0
      api_url:
        description:
          - Address of the API, up to and with C(/api/v1).
          - When not set, the environment variable E(ZEQUENZE_URL) is used.
        type: str
        default: https://control.zequenze.com/api/v1
      api_token:
        description:
          - API token.
          - When not set, the environment variable E(ZEQUENZE_TOKEN) is used.
        type: str
  oracle_sdm:
    description:
      - How to reach Oracle Session Delivery Manager. The options are those of M(netfleet.maintenance.device_lock_info).
    type: dict
    suboptions:
      validate_certs:
        description: Whether the server's certificate is checked. Turn it off only for a laboratory.
        type: bool
        default: true
      ca_path:
        description: A file or folder with the certificate authorities to trust.
        type: path
      client_cert:
        description: A client certificate (PEM) to show to the server.
        type: path
      client_key:
        description: The private key (PEM) of the client certificate, when it is not in the same file.
        type: path
      timeout:
        description: The total number of seconds that one call may take.
        type: float
        default: 30.0
      api_url:
        description:
          - Address of the server, for example C(https://sdm.example.com:8443).
          - When not set, the environment variable E(ORACLE_SDM_URL) is used.
        type: str
      username:
        description:
          - Account that takes and gives back the locks.
          - When not set, the environment variable E(ORACLE_SDM_USERNAME) is used.
        type: str
      password:
        description:
          - Password of the account.
          - When not set, the environment variable E(ORACLE_SDM_PASSWORD) is used.
        type: str
      api_version:
        description:
          - Version of the REST interface.
        type: str
        default: v1.3
  senhasegura:
    description:
      - How to reach senhasegura PAM Core. The options are those of M(netfleet.maintenance.pam_device_info).
    type: dict
    suboptions:
      validate_certs:
        description: Whether the server's certificate is checked. Turn it off only for a laboratory.
        type: bool
        default: true
      ca_path:
        description: A file or folder with the certificate authorities to trust.
        type: path
      client_cert:
        description: A client certificate (PEM) to show to the server.
        type: path
      client_key:
        description: The private key (PEM) of the client certificate, when it is not in the same file.
        type: path
      timeout:
        description: The total number of seconds that one call may take.
        type: float
        default: 30.0
      api_url:
        description:
          - Address of the appliance, for example C(https://vault.example.com).
          - When not set, the environment variable E(SENHASEGURA_URL) is used.
        type: str
      client_id:
        description:
          - Client of an OAuth 2.0 application.
          - When not set, the environment variable E(SENHASEGURA_CLIENT_ID) is used.
        type: str
      client_secret:
        description:
          - Secret of the client.
          - When not set, the environment variable E(SENHASEGURA_CLIENT_SECRET) is used.
        type: str
      tenant:
        description:
          - The tenant, on an appliance with several of them.
        type: str
      consumer_key:
        description:
          - Consumer key of an OAuth 1.0 application, which needs the next three options too.
          - When not set, the environment variable E(SENHASEGURA_CONSUMER_KEY) is used.
        type: str
      consumer_secret:
        description:
          - Secret of the consumer key.
          - When not set, the environment variable E(SENHASEGURA_CONSUMER_SECRET) is used.
        type: str
      token_key:
        description:
          - Token of the OAuth 1.0 authorization.
          - When not set, the environment variable E(SENHASEGURA_TOKEN_KEY) is used.
        type: str
      token_secret:
        description:
          - Secret of that token.
          - When not set, the environment variable E(SENHASEGURA_TOKEN_SECRET) is used.
        type: str
      api_prefix:
        description:
          - Prefix of the web service and of its token call.
        type: str
        choices: [/iso, /api]
        default: /iso
  systems:
    description:
      - The systems that are asked. By default Zequenze Control and Session Delivery Manager, which every window needs,
        and PAM Core where its address is known.
      - PAM Core is not asked for its list again where this run has read it within the last five minutes, for example to
        make its inventory. What Ansible has cached of an inventory is never used.
    type: list
    elements: str
    choices: [zequenze, oracle_sdm, senhasegura]
requirements:
  - urllib3 >= 2.3
  - requests >= 2.32
  - defusedxml
  - requests-oauthlib >= 1.3.1
"""

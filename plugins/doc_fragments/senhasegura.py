# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that reach senhasegura PAM Core."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_options.senhasegura_options``, and the environment variables of the inventory plugin."""

    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Address of the senhasegura (or Segura) appliance, for example C(https://vault.example.com). The prefix of the
        web service is added, see O(api_prefix).
      - When not set, the environment variable E(SENHASEGURA_URL) is used.
    type: str
    required: true
  client_id:
    description:
      - Client of an OAuth 2.0 application, the way to sign in that the vendor recommends. It needs O(client_secret)
        too.
      - One access token is fetched per run and shared by its tasks.
      - When not set, the environment variable E(SENHASEGURA_CLIENT_ID) is used.
      - Either this or O(consumer_key) is needed. When both are there, OAuth 2.0 is used.
    type: str
  client_secret:
    description:
      - Secret of O(client_id).
      - When not set, the environment variable E(SENHASEGURA_CLIENT_SECRET) is used.
    type: str
  tenant:
    description:
      - The tenant, on an appliance with several of them. It must be the subdomain of the tenant.
      - Only used with O(client_id).
    type: str
  consumer_key:
    description:
      - Consumer key of an OAuth 1.0 application. It needs O(consumer_secret), O(token_key) and O(token_secret) too.
      - When not set, the environment variable E(SENHASEGURA_CONSUMER_KEY) is used.
    type: str
  consumer_secret:
    description:
      - Secret of O(consumer_key). It signs the requests and is never sent.
      - When not set, the environment variable E(SENHASEGURA_CONSUMER_SECRET) is used.
    type: str
  token_key:
    description:
      - Token of the OAuth 1.0 authorization.
      - When not set, the environment variable E(SENHASEGURA_TOKEN_KEY) is used.
    type: str
  token_secret:
    description:
      - Secret of O(token_key). It signs the requests and is never sent.
      - When not set, the environment variable E(SENHASEGURA_TOKEN_SECRET) is used.
    type: str
  api_prefix:
    description:
      - Prefix of the web service and of its token call. The documentation shows V(/iso) up to version 3.32 and V(/api)
        later; current appliances are believed to answer on both.
    type: str
    choices: [/iso, /api]
    default: /iso
requirements:
  - requests-oauthlib >= 1.3.1
"""

    # For plugins: modules name the same variables in their argument specification.
    ENVIRONMENT = r"""
options:
  api_url:
    env:
      - name: SENHASEGURA_URL
  allow_plain_http:
    env:
      - name: SENHASEGURA_ALLOW_PLAIN_HTTP
  validate_certs:
    env:
      - name: SENHASEGURA_VALIDATE_CERTS
  ca_path:
    env:
      - name: SENHASEGURA_CA_PATH
  client_cert:
    env:
      - name: SENHASEGURA_CLIENT_CERT
  client_key:
    env:
      - name: SENHASEGURA_CLIENT_KEY
  trace:
    env:
      - name: NETFLEET_TRACE
  trace_names:
    env:
      - name: NETFLEET_TRACE_NAMES
  client_id:
    env:
      - name: SENHASEGURA_CLIENT_ID
  client_secret:
    env:
      - name: SENHASEGURA_CLIENT_SECRET
  consumer_key:
    env:
      - name: SENHASEGURA_CONSUMER_KEY
  consumer_secret:
    env:
      - name: SENHASEGURA_CONSUMER_SECRET
  token_key:
    env:
      - name: SENHASEGURA_TOKEN_KEY
  token_secret:
    env:
      - name: SENHASEGURA_TOKEN_SECRET
"""

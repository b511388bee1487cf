# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first Python that is new enough; `make PYTHON=python3.12 ...` chooses another for a new .venv.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo "$$p" && break; done)
PYTEST_ARGS ?= -q -n auto --maxprocesses 8 --dist loadfile

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Away from the user's settings; Ansible finds the source, or what `make install` built from it.
RUN := $(BIN)/python -m tests.tools.isolated
RUN_INSTALLED := NETFLEET_TEST_COLLECTIONS=.build/collections $(RUN)
export PIP_CACHE_DIR ?= $(CURDIR)/.build/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The plugins are checked under the name Ansible imports them by.
PLUGINS := $(if $(wildcard plugins/*/*.py),-p ansible_collections.netfleet.maintenance.plugins)

.PHONY: help venv link install lint ruff mypy yamllint ansible-lint sanity unit integration crash-slice crash test demo clean \
	distclean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(READY)  ## Set up .venv with everything the other targets need
	@:

$(READY): requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.10 or later is needed"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing the requirements into $(VENV) ($$($(BIN)/python --version))"
	@$(BIN)/python -m pip install -qq -r requirements.txt -r requirements-dev.txt
	@touch $@

link: $(READY)  ## Make the source importable as ansible_collections.netfleet.maintenance
	@$(BIN)/python -c 'from tests.tools.isolated import ensure_link; ensure_link()'

install: $(READY)  ## Build the collection and install it into .build/collections
	@rm -rf .build/dist
	@$(RUN) ansible-galaxy collection build --output-path .build/dist >/dev/null
	@$(RUN_INSTALLED) ansible-galaxy collection install .build/dist/*.tar.gz \
		--force --offline --no-deps --collections-path .build/collections >/dev/null

lint: ruff mypy yamllint ansible-lint sanity  ## Run every linter and ansible-test sanity

ruff: $(READY)  ## Check the Python style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

mypy: link  ## Check the types
	@$(BIN)/mypy $(PLUGINS) -p tests

yamllint: $(READY)  ## Check the YAML style
	@$(BIN)/yamllint --strict .

ansible-lint: link  ## Check roles and playbooks against the production profile
	@$(RUN) ansible-lint --profile production --offline --nocolor

sanity: $(READY)  ## Run ansible-test sanity, with no ignore file
	@$(BIN)/python -m tests.tools.sanity

unit: link  ## Run the unit tests
	@$(RUN) pytest $(PYTEST_ARGS) tests/unit

integration: link install  ## Run the integration tests against the installed collection
	@$(RUN_INSTALLED) pytest $(PYTEST_ARGS) tests/integration

crash-slice: link  ## Run a slice of the crash bench, a few minutes
	@$(RUN) pytest -q tests/crash

crash: link  ## Break a window at every point and run it again; print the whole matrix
	@$(RUN) python -m tests.crash

test: lint unit integration  ## Run everything: lint, unit and integration

demo: install  ## Run a maintenance window against the simulators
	@$(BIN)/python -m tests.tools.demo

clean:  ## Remove what the other targets made, but for .venv
	@rm -rf .ansible .build .collections tests/output
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean  ## Remove .venv too
	@rm -rf $(VENV)

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

.PHONY: help venv link install lint ruff mypy yamllint ansible-lint reuse changelog docs-lint importer sanity \
	unit integration docs molecule matrix matrix-ends cores hostile-table hostile crash-slice crash bench test browser demo site release clean distclean

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

lint: ruff mypy yamllint ansible-lint reuse changelog docs-lint site importer sanity  ## Run every linter and ansible-test sanity

ruff: $(READY)  ## Check the Python style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

mypy: link  ## Check the types
	@$(BIN)/mypy $(PLUGINS) -p tests

yamllint: $(READY)  ## Check the YAML style
	@$(BIN)/yamllint --strict .

ansible-lint: link  ## Check roles and playbooks against the production profile
	@$(RUN) ansible-lint --profile production --offline --nocolor

reuse: $(READY)  ## Check that every file says whose it is and under which licence
	@$(BIN)/reuse lint --quiet || $(BIN)/reuse lint

changelog: link  ## Check the changelog and its fragments
	@$(RUN) antsibull-changelog lint

docs-lint: link  ## Check the guides, and the documentation of every module, plugin and role
	@$(RUN) antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=all \
		--skip-rstcheck .

importer: $(READY)  ## Run galaxy-importer on the built collection
	@$(BIN)/python -m tests.tools.importer

sanity: $(READY)  ## Run ansible-test sanity, with no ignore file
	@$(BIN)/python -m tests.tools.sanity

unit: link  ## Run the unit tests
	@$(RUN) pytest $(PYTEST_ARGS) tests/unit

integration: link install  ## Run the integration tests against the installed collection
	@$(RUN_INSTALLED) pytest $(PYTEST_ARGS) tests/integration

docs: link install  ## Run the examples of the guides and of the pages against the simulators
	@$(RUN_INSTALLED) pytest $(PYTEST_ARGS) tests/docs

molecule: link  ## Run the molecule scenarios against the simulators
	@$(RUN) python -m tests.tools.scenarios

matrix: $(READY)  ## Run tests and sanity on every supported ansible-core, with the Pythons this machine has
	@$(BIN)/nox -t matrix

matrix-ends: $(READY)  ## Run a few of them on the oldest and the newest core this machine can run
	@$(BIN)/nox -t ends -- short

cores: $(READY)  ## Set up those two, for tests that need more than the core of .venv
	@$(BIN)/nox -t ends -- bare

# What carries a row of tests/hostile/catalogue.md, wherever it stands; the table comes last. Most of it waits for
# a deadline: more workers than cores.
ROWS := $(RUN) python -m pytest -q -n 6 --dist loadfile -p tests.hostile.table tests/hostile tests/unit tests/integration

hostile-table: link cores  ## Run every row of the catalogue of faults and print which test holds it
	@$(ROWS)

hostile: link cores  ## The same, and twenty thousand spoiled answers
	@FUZZ_CASES=20000 $(ROWS)

crash-slice: link  ## Run a slice of the crash bench, a few minutes
	@$(RUN) pytest -q -n auto --maxprocesses 4 --dist worksteal tests/crash

crash: link  ## Break a window at every point and run it again; print the whole matrix
	@$(RUN) python -m tests.crash $(CRASH_ARGS)

bench: link  ## Measure how fast it is beside what one would write without it; BENCH_ARGS=--quick for less
	@$(RUN) python -m tests.benchmarks $(BENCH_ARGS)

test: lint unit matrix-ends crash-slice integration hostile-table docs browser demo  ## Run what CI runs: all of these, not the long benches, molecule and the whole matrix

browser: link  ## Look at the report in a real browser, where Chromium is installed
	@$(RUN) pytest -q tests/browser

site: link  ## Build the documentation as a web site in .build/site; a warning of Sphinx fails
	@$(RUN) python -m tests.tools.site

release: $(READY)  ## Build the artifact of a release, the same bytes on every machine
	@$(BIN)/python -m tests.tools.release

demo: install  ## Run a maintenance window against the simulators
	@$(BIN)/python -m tests.tools.demo

clean:  ## Remove what the other targets made, but for .venv
	@rm -rf .ansible .build .collections tests/output
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean  ## Remove .venv too
	@rm -rf $(VENV)

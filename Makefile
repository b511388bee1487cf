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
LAB_READY := $(VENV)/.lab-ready
# Away from the user's settings; Ansible finds the source, or what `make install` built from it.
RUN := $(BIN)/python -m tests.tools.isolated
RUN_INSTALLED := NETFLEET_TEST_COLLECTIONS=.build/collections $(RUN)
# How many examples a property test tries.
export EXAMPLES ?= 30
export PIP_CACHE_DIR ?= $(CURDIR)/.build/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The plugins are checked under the name Ansible imports them by.
PLUGINS := $(if $(wildcard plugins/*/*.py),-p ansible_collections.netfleet.maintenance.plugins)

.PHONY: help venv programs link install test check lint dev ruff mypy yamllint ansible-lint reuse rooms messages changelog docs-lint importer \
	sanity unit smoke integration playbooks neighbours docs molecule matrix matrix-ends cores hostile-table hostile evidence crash-slice crash bench \
	browser demo lab site release image clean distclean

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

programs: $(READY)  ## Install what some tests need beside Python, with apt-get as root: a browser, a pooler, Alertmanager
	@$(BIN)/python -m tests.tools.programs --install

link: $(READY)  ## Make the source importable as ansible_collections.netfleet.maintenance
	@$(BIN)/python -c 'from tests.tools.isolated import ensure_link; ensure_link()'

# The simulators and Ansible, without what only developers need; a .venv that has everything will do as well.
$(LAB_READY): requirements.txt requirements-lab.txt
	@test -n "$(PYTHON)" || { echo "Python 3.10 or later is needed"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "Making $(VENV)"; $(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing Ansible, the collection's requirements and the simulators' server into $(VENV): a minute or two"
	@$(BIN)/python -m pip install -q -r requirements.txt -r requirements-lab.txt
	@touch $@

define INSTALL
	@echo "Building the collection and installing it into .build/collections"
	@rm -rf .build/dist
	@$(RUN) ansible-galaxy collection build --output-path .build/dist >/dev/null
	@$(RUN_INSTALLED) ansible-galaxy collection install .build/dist/*.tar.gz \
		--force --offline --no-deps --collections-path .build/collections >/dev/null
endef

install: $(READY)  ## Build the collection and install it into .build/collections
	$(INSTALL)

# Each runs to its end whatever the others say; the last lines say how each ended.
STEPS := $(BIN)/python -m tests.tools.steps
LINTERS := ruff mypy yamllint reuse changelog rooms messages ansible-lint docs-lint site importer sanity

test: $(READY)  ## Run the tests: unit, then one whole window, then integration
	@$(STEPS) unit smoke integration

check: $(READY)  ## Run everything else that CI runs: linters, playbooks, neighbours, both ends of the matrix, docs, faults, crashes
	@$(STEPS) $(LINTERS) / playbooks neighbours matrix-ends docs molecule hostile-table evidence crash-slice browser demo

lint: $(READY)  ## Run every linter and ansible-test sanity
	@$(STEPS) $(LINTERS) /

dev: link  ## Watch the files, and run the tests near each change
	@$(RUN) python -m tests.tools.dev

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

rooms: $(READY)  ## Check that rooms look downstairs only and that the map of CONTRIBUTING.md is current; WRITE=1 draws it
	@$(BIN)/python -m tests.tools.rooms $(if $(WRITE),--write)

messages: $(READY)  ## Write every message side by side into .build/messages.md, and check their words
	@$(BIN)/python -m tests.tools.messages

changelog: link  ## Check the changelog and its fragments
	@$(RUN) antsibull-changelog lint

docs-lint: link  ## Check the guides, and the documentation of every module, plugin and role
	@$(RUN) antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=all \
		--skip-rstcheck .

importer: $(READY)  ## Run galaxy-importer on the built collection
	@$(BIN)/python -m tests.tools.importer

sanity: $(READY)  ## Run ansible-test sanity, with no ignore file
	@$(BIN)/python -m tests.tools.sanity

PLAYBOOKS := tests/integration/playbooks
NEIGHBOURS := tests/integration/neighbours
# Notes how the tests ended that hold a row of tests/hostile/catalogue.md, for `make hostile-table`.
RECORD := -p tests.hostile.record --record

audit: $(READY)  ## Look for known advisories in the lower bounds and in constraints.txt, with pip-audit; needs the network
	@$(BIN)/python -m tests.tools.audit

unit: link  ## Run the unit tests
	@$(RUN) pytest $(PYTEST_ARGS) $(RECORD) unit tests/unit

smoke: link install  ## Run one whole window against the installed collection
	@$(RUN_INSTALLED) pytest -q $(RECORD) smoke -m smoke tests/integration

# A test waits for its window a third of its time, so there are more workers than cores; each has its own simulators.
integration: PYTEST_ARGS = -q -n $(shell echo $$(( $$(nproc 2>/dev/null || echo 2) * 3 / 2 ))) --maxprocesses 8 --dist worksteal
integration: link install  ## Run the tests of a window, locks, operations and inventory against the installed collection
	@$(RUN_INSTALLED) pytest $(PYTEST_ARGS) $(RECORD) integration -m "not smoke" --ignore=$(PLAYBOOKS) --ignore=$(NEIGHBOURS) \
		tests/integration

playbooks: link install  ## Run those of gates, rollouts, limits, the operator's playbooks, the registry, and what people are shown
	@$(RUN_INSTALLED) pytest $(PYTEST_ARGS) $(RECORD) playbooks $(PLAYBOOKS)

neighbours: link install  ## Run those with other programs: PostgreSQL, pgbouncer, AWX, ansible-runner, rulebooks, Git, chats
	@$(RUN_INSTALLED) pytest $(PYTEST_ARGS) $(RECORD) neighbours $(NEIGHBOURS)

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

hostile-table: link cores  ## Print which test holds each row of the catalogue of faults; runs what `make test` did not
	@$(RUN) python -m tests.hostile.table

hostile: link cores  ## The same, and twenty thousand spoiled answers
	@FUZZ_CASES=20000 EXAMPLES=300 $(RUN) python -m tests.hostile.table

evidence: link  ## Judge many random devices: never "done" without a boot; print the share of boots that stays unknown
	@EVIDENCE_DEVICES=$${EVIDENCE_DEVICES:-20000} $(RUN) pytest -q -s tests/unit/operation/test_evidence_of_random_devices.py

crash-slice: link  ## Run a slice of the crash bench, a few minutes
	@$(RUN) pytest -q -n auto --maxprocesses 4 --dist worksteal tests/crash

crash: link  ## Break a window at every point and run it again; print the whole matrix
	@$(RUN) python -m tests.crash $(CRASH_ARGS)

bench: link  ## Measure how fast it is beside what one would write without it; BENCH_ARGS=--quick for less
	@$(RUN) python -m tests.benchmarks $(BENCH_ARGS)

browser: link  ## Look at the report in a real browser, where Chromium is installed
	@$(RUN) pytest -q tests/browser

site: link  ## Build the documentation as a web site in .build/site; a warning of Sphinx fails
	@$(RUN) python -m tests.tools.site

release: $(READY)  ## Build the artifact of a release, the same bytes on every machine
	@$(BIN)/python -m tests.tools.release

# BASE_IMAGE=IMAGE@sha256:... is what it stands on, IMAGE=registry.example.com/netfleet-maintenance:0.2.0 what it is called.
image: $(READY)  ## Build the execution environment as IMAGE, on a BASE_IMAGE that is pinned by its digest; needs podman
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tests.tools.image "$(BASE_IMAGE)" "$(IMAGE)"

demo: $(LAB_READY)  ## Run a maintenance window against the simulators
	$(INSTALL)
	@$(BIN)/python -m tests.tools.demo

lab: $(LAB_READY)  ## Keep the simulators up to practise on, and print what to type
	$(INSTALL)
	@$(BIN)/python -m tests.tools.lab

clean:  ## Remove what the other targets made, but for .venv
	@rm -rf .ansible .build .collections tests/output
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean  ## Remove .venv too
	@rm -rf $(VENV)

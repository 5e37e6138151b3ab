# lbkit: everything a person types. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

LAB ?= l2
LABS := l2 bgp
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PB := lbkit/gobgp/pb/gobgp_pb2.py
LBKIT := $(BIN)/lbkit

## Labs (LAB=l2 or LAB=bgp)

lab-up: $(READY)  ## bring a lab up with lbkit in it; again: say so, or repair it
	$(LBKIT) lab up $(LAB)

lab-down: $(READY)  ## take a lab down, leaving nothing behind
	$(LBKIT) lab down $(LAB)

lab-status: $(READY)  ## show how a lab is
	$(LBKIT) lab status $(LAB)

lab-reload: $(READY)  ## bring changed lbkit code into a running lab
	$(LBKIT) lab reload $(LAB)

doctor: $(READY)  ## say what this host lacks for the labs, and the cure
	$(LBKIT) lab doctor

## Tests

test: check  ## checks, unit tests, and the suite in one lab after the other, measurements left out (replaces labs that are up; 70 minutes)
	failed=0; for lab in $(LABS); do \
	  LBKIT_REPLACE=1 $(BIN)/pytest conformance/ --lab $$lab --profile=-performance || failed=$$?; $(LBKIT) lab down $$lab; done; exit $$failed

conformance: $(READY)  ## the whole conformance suite against lbkit, in both labs, measurements included
	$(BIN)/pytest conformance/

report: $(READY)  ## judge saved runs again, and write their reports and one page of all (HISTORY="conformance/out/RUN …")
	$(BIN)/python -m conformance.suite.judge $(HISTORY)
HISTORY := conformance/out/latest

publish: $(READY)  ## publish runs in conformance/reports, each verdict that is no pass explained (RUNS="conformance/out/RUN …")
	$(BIN)/python -m conformance.reports.publish $(RUNS)

report-check: $(READY)  ## look at a report's page with a real browser, in both widths and schemes (PAGE=; installs Chromium)
	command -v chromium > /dev/null || { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; }
	$(BIN)/python -m conformance.suite.page.browser $(PAGE)
PAGE := conformance/out/latest/report.html

broken: $(READY)  ## targets broken on purpose, in the labs: exactly the cases named for each must fail (BROKEN="NAME …", or --list)
	$(BIN)/python -m conformance.broken.run $(BROKEN)
BROKEN :=

mutants: $(READY)  ## break the judge in a thousand small ways: its selftests must notice nine of ten (MUTANTS=--survivors)
	$(BIN)/python -m conformance.selftest.mutate $(MUTANTS)
MUTANTS :=

unit: $(READY)  ## hermetic tests: no network, no cluster; a minute on two cores
	$(BIN)/pytest -q -n auto --dist worksteal lbkit/tests conformance/selftest

live: $(READY)  ## operator commands against a lab that is up (it is left as it was)
	LBKIT_LIVE=$(LAB) $(BIN)/pytest lbkit/tests/live

engine: $(READY)  ## the BGP driver against a real GoBGP in network namespaces of their own (root; builds it once)
	LBKIT_ENGINE=1 $(BIN)/pytest lbkit/tests/engine

bench-controller: $(READY)  ## the controller beside MetalLB's in one lab, measured and judged; again: go on where it stopped (IDLE=10 minutes)
	$(BIN)/python -m conformance.bench.controller --lab=$(LAB) --idle=$(IDLE) $(BENCH)
IDLE := 10
BENCH :=

chaos-controller: $(READY)  ## kill the leading controller amid 500 creations and deletions, ROUNDS times; again: go on where it stopped
	$(BIN)/python -m conformance.chaos.controller --lab=$(LAB) --rounds=$(ROUNDS) --seed=$(SEED) $(CHAOS)
ROUNDS := 20
SEED := 1
CHAOS :=

chaos-speaker: $(READY)  ## lose the owner of layer-2 addresses, ROUNDS times in each of eight ways; again: go on where it stopped (half an hour)
	$(BIN)/python -m conformance.chaos.layer2.speaker --lab=$(LAB) --rounds=$(ROUNDS) --seed=$(SEED) $(CHAOS)

chaos-bgp: $(READY)  ## lose nodes and speakers under BGP, ROUNDS times in each of seven ways; again: go on where it stopped (an hour)
	$(BIN)/python -m conformance.chaos.bgp.nodes --rounds=$(ROUNDS) --seed=$(SEED) $(CHAOS)

soak: $(READY)  ## random faults for MINUTES: never two answers for an address, and always one again within a second
	$(BIN)/python -m conformance.chaos.layer2.soak --lab=$(LAB) --minutes=$(MINUTES) --seed=$(SEED) $(CHAOS)
MINUTES := 60

fuzz: $(READY)  ## a million random and mutated frames for each decoder (FRAMES=; about five minutes)
	$(BIN)/python -m lbkit.tests.packet.fuzz --frames $(FRAMES)
FRAMES := 1000000

simulate: $(READY)  ## RUNS random schedules of faults on simulated segments: one answers at a time, and always somebody (an hour)
	$(BIN)/python -m lbkit.tests.announcer.election.simulate --runs $(RUNS)
RUNS := 10000

wire: $(READY)  ## faults of real speakers in network namespaces, measured: who answers, and when (root; two minutes)
	LBKIT_WIRE=1 $(BIN)/pytest -q -s lbkit/tests/wire

property: $(READY)  ## the controller's property tests, long: 10,000 steps and more, and every mutant found (a few minutes)
	LBKIT_PROPERTY=long $(BIN)/pytest -rA lbkit/tests/controller/test_stateful.py

check: lint unit  ## what every commit must pass

lint: $(READY)  ## format, lint, types, structure
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy lbkit conformance
	$(BIN)/lint-imports

## Development

format: $(READY)  ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

golden: $(READY)  ## rewrite the golden files after a change that was meant; review them like code
	LBKIT_GOLDEN=write $(BIN)/pytest lbkit/tests conformance/selftest

lock: $(READY)  ## resolve the dependencies into the two lock files (UPGRADE=--upgrade takes newer ones)
	$(BIN)/pip-compile $(LOCK) $(UPGRADE) --all-extras --allow-unsafe --output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile $(LOCK) --constraint requirements.lock --output-file images/lbkit-runtime/requirements.lock pyproject.toml
	sed -i -e '/^# WARNING/,/^# Consider/d' -e '/^lbkit @/d' requirements.lock images/lbkit-runtime/requirements.lock
LOCK := --quiet --generate-hashes --strip-extras --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

clean:  ## remove what was made in the checkout (built parts are kept elsewhere: `lbkit lab parts`)
	rm -rf $(VENV) build *.egg-info conformance/out .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

proto: $(PB)  ## compile lbkit/gobgp/gobgp.proto (done by itself when it changes)

# The environment: made once, and again when the lock changes. Debian keeps venv in a package of its own.
$(VENV)/.pip:
	@python=$$(for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	  ! $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || { echo $$name; break; }; done); \
	if [ -z "$$python" ]; then echo "error: no Python 3.11 or newer on PATH. Cure: apt-get install python3 python3-venv" >&2; exit 2; fi; \
	if ! $$python -c 'import ensurepip' 2> /dev/null; then \
	  if [ "$$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then \
	    echo "error: $$python has no venv. Cure: install it (Debian: apt-get install python3-venv)" >&2; exit 2; fi; \
	  echo "  installing python3-venv"; apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; \
	fi; \
	rm -rf $(VENV); $$python -m venv $(VENV)
	@touch $@

$(VENV)/.dependencies: requirements.lock pyproject.toml | $(VENV)/.pip
	@echo "  installing the locked dependencies"
	@$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --no-deps --no-build-isolation --editable . 2> $(VENV)/editable.log \
	  || { cat $(VENV)/editable.log >&2; exit 1; }
	@touch $@

$(PB): lbkit/gobgp/gobgp.proto $(VENV)/.dependencies
	@$(BIN)/python -m grpc_tools.protoc -I lbkit/gobgp/pb=lbkit/gobgp --python_out=. --pyi_out=. --grpc_python_out=. \
	  lbkit/gobgp/pb/gobgp.proto
	@touch $@

$(READY): $(VENV)/.dependencies $(PB)
	@touch $@

help:  ## this list
	@awk 'BEGIN {FS = ":.*##"} /^## / {printf "\n%s\n", substr($$0, 4)} /^[a-z-]+:.*##/ {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: broken mutants publish proto wire property report report-check lab-up lab-down lab-status lab-reload doctor test conformance bench-controller chaos-controller unit live engine fuzz simulate check lint format golden lock clean help chaos-speaker soak

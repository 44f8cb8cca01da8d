# Everything runs in .venv, made from the hash-pinned locks; nothing is installed by hand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check format accuracy bench bench-large lock reports example clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(SETUP): requirements.lock requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); sys.exit(0 if ok else "Gaitkeeper needs Python 3.11, 3.12 or 3.13; say which with `make PYTHON=python3.12 ...`")'
	@echo 'Setting up $(VENV) from the locks (about a minute) ...'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -c requirements.lock -r requirements.lock -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(SETUP) ## set up, and run the nightly job on the bundled example log
	@$(BIN)/gaitkeeper demo; status=$$?; if [ $$status -gt 1 ]; then exit $$status; fi

test: $(SETUP) ## set up, and run the tests
	$(BIN)/python -m pytest tests/flows # on its own: Prefect's server threads outlive the run, and DuckDB says so on exit
	$(BIN)/python -m pytest tests/chaos tests --ignore=tests/flows --numprocesses=auto --dist=loadfile # the long ones first

check: $(SETUP) ## lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(SETUP) ## put the code in its shape
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

accuracy: $(SETUP) ## our facts against the devices' own totals, as a table
	$(BIN)/python tests/benchmarks/accuracy.py

chaos: $(SETUP) ## kill import, rebuild and sync N times at random moments, and compare (N=200 takes a quarter of an hour)
	$(BIN)/python tests/benchmarks/chaos.py $(or $(N),200)

bench: $(SETUP) ## speed, as ratios in one interleaved run
	$(BIN)/python tests/benchmarks/bench.py

bench-large: $(SETUP) ## 3,000 generated runs by one process, by two, and by a Dask cluster on this machine (some minutes)
	$(BIN)/python tests/benchmarks/bench_large.py

reports: $(SETUP) ## 300 generated clinician's reports: all render, and their text fits (some minutes)
	$(BIN)/python tests/benchmarks/reports.py

example: $(SETUP) ## write the synthetic example log again
	$(BIN)/python data/make_example.py

lock: ## pin again, for all platforms (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 requirements-dev.in -o requirements-dev.lock

clean: ## remove what was made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

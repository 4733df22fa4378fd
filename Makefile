# Everything a newcomer needs: `make demo` and `make test`. Both set up what is missing.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

export DO_NOT_TRACK := 1

.PHONY: help setup browser provider demo test lint format bench clean

help:  ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(READY)  ## .venv with every pinned package and the command `passport`

$(READY): requirements.lock requirements-installer.lock pyproject.toml
	@echo "setup: virtual environment in $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "setup: Python 3.11 is needed; name it with 'make PYTHON=/path/to/python3.11 setup'"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-installer.lock
	@echo "setup: $$(grep -c == requirements.lock) packages, each checked against its hash and compiled (1.5 GB, two minutes or so)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@echo "setup: done; the command is $(BIN)/passport"
	@touch $@

browser: $(READY)
	@deploy/ensure-chromium

PROVIDER := tests/pages/oidc_provider

provider: $(PROVIDER)/node_modules/.ready

$(PROVIDER)/node_modules/.ready: $(PROVIDER)/package-lock.json
	@deploy/ensure-provider $(PROVIDER)
	@touch $@

demo: setup  ## 60 simulated days of the network: dashboard on 8501, Dagster on 3000
	@$(BIN)/python deploy/demo.py

test: setup browser provider  ## the whole suite
	@echo "test: the whole suite, with an embedded PostgreSQL, Chromium and a login provider"
	@$(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder

lint: setup  ## style, types and SQL
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/sqlfmt --check --quiet dbt_project
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project

format: setup  ## bring Python and SQL into the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfmt --quiet dbt_project

bench: setup  ## the figures of docs/performance.md
	@$(BIN)/python -m benchmarks.whole_path

clean:  ## the virtual environment, caches and the demonstration
	rm -rf $(VENV) $(PROVIDER)/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis dist data/demo

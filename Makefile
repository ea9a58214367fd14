# The whole interface of a checkout. `make` alone prints this list.
#
# PYTHON chooses the interpreter that makes .venv: `make up PYTHON=python3.13`.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help up down test check bench lock

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := sandbox/snowflake_runtime
# Keyed by content and place, so switching branches or moving the tree reinstalls, and nothing else does.
STAMP := $(VENV)/.installed-$(shell { echo "$(CURDIR)"; cat requirements.lock pyproject.toml; } | cksum | cut -d' ' -f1)

# Answers "yes" when an interpreter is new enough and can make a virtual environment.
FITS = -c 'import sys; assert sys.version_info >= (3, 11); import venv, ensurepip' >/dev/null 2>&1

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-6s %s\n", $$1, $$2}' Makefile

up: $(STAMP) ## set up, then run the whole product against the local sandbox
	@$(BIN)/sandbox up

down: ## stop the sandbox; its state is kept
	@if [ -x $(BIN)/sandbox ]; then $(BIN)/sandbox down; else echo "nothing to stop: the sandbox has never been set up"; fi

test: $(STAMP) ## format, lint, types and every test
	@failed=; step() { echo "== $$1"; shift; "$$@" || failed="$$failed $${1##*/}"; }; \
	step "ruff check" $(BIN)/ruff check; \
	step "ruff format" $(BIN)/ruff format --check; \
	step "mypy" $(BIN)/mypy; \
	echo "== engine"; $(BIN)/python -u -c 'from sandbox.engine import obtain; print(obtain(print).pulumi)' \
	  || echo "no engine: the tests that need it are skipped, and say so"; \
	echo "== what Streamlit in Snowflake runs with"; $(BIN)/python -m sandbox.snowflake_runtime.packages \
	  || echo "not installed: the tests that need it are skipped, and say so"; \
	step "pytest" $(BIN)/pytest -m "not network" --numprocesses auto --dist loadfile --no-loadscope-reorder; \
	step "pytest, with networks of their own" $(BIN)/pytest -m network; \
	if [ -n "$$failed" ]; then echo "failed:$$failed"; exit 1; fi

check: $(STAMP) ## check apps.yaml and the stack files; no engine, no network, no account
	@$(BIN)/gatehouse check

bench: $(STAMP) ## measure what the README promises about speed
	@for bench in bench/*.py; do [ -e "$$bench" ] || continue; echo "== $$bench"; $(BIN)/python "$$bench" || exit 1; done

lock: $(STAMP) ## compile both requirements.lock again
	@$(BIN)/python -m pip install --quiet pip-tools
	@$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url \
	  --no-emit-find-links --no-emit-trusted-host --no-header --extra bench --extra sandbox --extra test \
	  -P pulumi==3.259.0 -o requirements.lock pyproject.toml
	@$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url \
	  --no-emit-find-links --no-emit-trusted-host --no-header \
	  -o $(RUNTIME)/requirements.lock $(RUNTIME)/requirements.in
	@git --no-pager diff --stat -- requirements.lock $(RUNTIME)/requirements.lock

$(STAMP):
	@if ! $(BIN)/python $(FITS); then \
	  python=$$(for name in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	    if "$$name" $(FITS); then echo "$$name"; break; fi; done); \
	  if [ -z "$$python" ]; then \
	    echo "Gatehouse needs Python 3.11 or newer with its venv module, and found none." >&2; \
	    echo "On Debian or Ubuntu: apt-get install python3-venv. Or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; \
	    exit 1; fi; \
	  echo "making $(VENV) with $$($$python --version)"; \
	  "$$python" -m venv --clear $(VENV) || exit 1; fi
	@echo "installing the locked packages into $(VENV) (once; a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@rm -f $(VENV)/.installed-*
	@touch $@

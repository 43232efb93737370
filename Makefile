# Nuanxin: everything from one checkout. Needs make and Python 3.11 or newer; `make help` lists the targets.

PY := .venv/bin/python
ARGS ?=

export PYTHONPATH := $(CURDIR)/src
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.PHONY: help run stop demo test check format bench clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

run: .venv/run.stamp  ## set up what is missing and serve on 127.0.0.1:8000
	@$(PY) -m nuanxin.config.cli run

stop: .venv/run.stamp  ## stop what a run, also a killed one, has started
	@$(PY) -m nuanxin.config.cli stop

demo: .venv/run.stamp  ## make the demo database anew
	@$(PY) -m nuanxin.config.cli demo

test: .venv/dev.stamp  ## all tests, in parallel; ARGS="..." goes to pytest
	@$(PY) -m nuanxin.config.cli messages
	@$(PY) -m nuanxin.config.browser
	$(PY) -m pytest -n auto --maxprocesses 4 --dist loadgroup $(ARGS)

check: .venv/dev.stamp  ## lint, formatting, types, floors, migrations
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

format: .venv/dev.stamp  ## put the sources in shape
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: .venv/dev.stamp  ## the figures of bench/; ARGS="..." goes to it
	$(PY) -m bench $(ARGS)

clean:  ## remove what was built; the data in var/ stay
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests bench -name __pycache__ -prune -exec rm -rf {} +
	find src -name '*.mo' -delete

# The virtual environment: made when missing (or when its Python is gone), filled again when a lock changes.

.venv/bin/python:
	@python=; for name in python3 python3.13 python3.12 python3.11; do \
	    if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$name; break; fi; \
	done; \
	if test -z "$$python"; then echo "Nuanxin needs Python 3.11 or newer; none was found on the PATH." >&2; exit 1; fi; \
	rm -rf .venv; \
	if ! $$python -m venv .venv >.venv.log 2>&1; then \
	    cat .venv.log >&2; rm -rf .venv .venv.log; \
	    echo "No virtual environment could be made. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	rm -f .venv.log

.venv/run.stamp: requirements.lock | .venv/bin/python
	@echo "Installing the locked packages ..."
	@$(PY) -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@

.venv/dev.stamp: requirements-dev.lock | .venv/bin/python
	@echo "Installing the locked packages for development ..."
	@$(PY) -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

# Two commands: `make run` does the main job on a simulated company, `make test` runs every check.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: run test types floors test-slow bench clean

run: $(VENV)/.installed
	@$(BIN)/tenure demo --serve-on-terminal

test: $(VENV)/.installed-test
	$(BIN)/ruff check src tests bench
	@$(MAKE) --no-print-directory -j 2 types floors
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

types:
	$(BIN)/mypy

floors:
	$(BIN)/lint-imports --no-cache

test-slow: $(VENV)/.installed-test
	TENURE_THOROUGH=1 $(BIN)/pytest -m 'slow or thorough' --durations=0

bench: $(VENV)/.installed-test
	$(BIN)/python -m bench

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Tenure needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV) || { echo "Could not make the environment $(VENV). On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing Tenure into $(VENV) (once; about a minute) ..."
	@$(PIP) install -e .
	@touch $@

$(VENV)/.installed-test: pyproject.toml | $(VENV)/bin/python
	@echo "Installing Tenure and what its tests need into $(VENV) ..."
	@$(PIP) install -e ".[test]"
	@touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) .tenure-demo build dist

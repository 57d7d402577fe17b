# `make run` and `make test` are all that is needed; both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-floor test-space lint format bench clean

run: $(VENV)/.run
	$(BIN)/ganplay app --open

test: $(VENV)/.test node_modules
	$(BIN)/python -m pytest

# All tests on the oldest torch that is supported, in an environment of its own.
test-floor:
	$(MAKE) test VENV=.venv-floor TORCH="torch==2.8.* torchvision==0.23.*"

# All tests on the newest torch that requirements.txt lets a Space have.
test-space:
	$(MAKE) test VENV=.venv-space TORCH="torch==2.11.* torchvision==0.26.*"

lint: $(VENV)/.lint node_modules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/audit.py
	@if command -v npm >/dev/null; then node_modules/.bin/tsc -p jsconfig.json && node_modules/.bin/eslint; else echo "npm is not installed: the page's scripts are not checked"; test -z "$$CI"; fi

format: $(VENV)/.lint node_modules
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	node_modules/.bin/eslint --fix

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .venv-floor .venv-space node_modules

# torch and torchvision come in one pip call into a fresh environment, so that they match.
$(VENV)/.run: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e .
	touch $@

$(VENV)/.test: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e ".[test]" $(TORCH)
	touch $@

$(VENV)/.lint: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e ".[test,lint]"
	touch $@

# What checks the page for accessibility, and its scripts for types; without npm both are skipped.
node_modules: package.json
	-command -v npm >/dev/null && npm install --silent --no-audit --no-fund --no-package-lock && touch $@

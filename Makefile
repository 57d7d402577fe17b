# `make run` and `make test` are all that is needed; both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint bench clean

run: $(VENV)/.run
	$(BIN)/ganplay app --open

test: $(VENV)/.test node_modules
	$(BIN)/python -m pytest

lint: $(VENV)/.lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks.toy_speed --quick
	$(BIN)/python -m benchmarks.arena --quick
	$(BIN)/python -m benchmarks.image_speed --quick
	$(BIN)/python -m benchmarks.live_view --quick
	$(BIN)/python -m benchmarks.explorer --quick
	$(BIN)/python -m benchmarks.sessions --quick
	$(BIN)/python -m benchmarks.diagnosis --quick
	$(BIN)/python -m benchmarks.cold_start --quick
	$(BIN)/python -m benchmarks.lessons --quick

clean:
	rm -rf $(VENV) node_modules

# torch and torchvision come in one pip call into a fresh environment, so that they match.
$(VENV)/.run: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e .
	touch $@

$(VENV)/.test: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e ".[test]"
	touch $@

$(VENV)/.lint: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e ".[test,lint]"
	touch $@

# What checks the page for accessibility; without npm that test is skipped.
node_modules: package.json
	-command -v npm >/dev/null && npm install --silent --no-audit --no-fund --no-package-lock && touch $@

# Every target makes its own .venv from the lock file; nothing else is needed but python3, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test slow rig e2e fidelity theorem lint types dogfood check docs bench clean

help:  ## what there is to make
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /	/'

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "envgen needs Python 3.11 or newer; set PYTHON=" >&2; exit 2; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)  ## a tour on a copy of this repository's own catalog
	$(BIN)/envgen demo

test: $(READY)  ## the tests, with small samples of the properties
	$(BIN)/pytest -q -n auto -m "not slow and not e2e"

slow: $(READY)  ## the large samples of the properties
	$(BIN)/pytest -q -n auto -m slow

rig: $(READY)  ## build or install the real servers of the end-to-end tests, once
	$(BIN)/python -m tests.rig

e2e: $(READY)  ## the end-to-end tests, on real servers; they skip, saying why, where those cannot be had
	@$(BIN)/python -m tests.rig || test $$? -eq 3
	$(BIN)/pytest -q -m e2e -n 0 --maxfail=3 --durations=10 tests/e2e

fidelity: $(READY)  ## docs/fidelity.md, measured anew on a real API server
	$(BIN)/python -m tests.fidelity --write

theorem: $(READY)  ## the large samples with fresh seeds; N=1000 pushes alone, SEED=7 from that seed on
	ENVGEN_SEED=$(or $(SEED),fresh) $(if $(N),ENVGEN_EXAMPLES_PUSHES=$(N)) \
	  $(BIN)/pytest -q -s -m slow $(if $(N)$(SEED),tests/test_theorem.py -k many)

lint: $(READY)  ## ruff, check and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)  ## mypy --strict
	$(BIN)/mypy

dogfood: $(READY)  ## this repository as its own user
	$(BIN)/envgen generate --check
	$(BIN)/envgen docs --check
	$(BIN)/envgen validate

check: lint types test dogfood  ## what every commit must pass

docs: $(READY)  ## the JSON Schemas that editors and programs read
	mkdir -p docs/schemas
	for name in platform system guard evidence status gpus history diff verdict; do $(BIN)/envgen schema $$name > docs/schemas/$$name.json || exit 1; done

bench: $(READY)  ## ratios against the named peers
	$(BIN)/python -m benchmarks

clean:  ## remove what make made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis dist

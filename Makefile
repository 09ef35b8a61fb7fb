# make movie IDEA="a race between a car and an airplane"     a film from a sentence
#   OUT=whale.mp4 names another file; its parts are kept beside it in whale.film
# make test                                                  every test but the long ones
# make proof                                                 the long ones

IDEA ?= a race between a car and an airplane
OUT ?= movie.mp4
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# OpenVINO is several times quicker on x86-64 and does not exist everywhere else.
MACHINE := $(shell uname -m)
BACKEND := $(if $(filter x86_64 amd64,$(MACHINE)),openvino,cpu)

.PHONY: movie test proof system-libraries clean
.DELETE_ON_ERROR:

# The idea reaches the program letter by letter: neither make nor the shell reads it.
override IDEA := $(value IDEA)
override OUT := $(value OUT)
export IDEA OUT

movie: $(VENV)/.movie
	@$(BIN)/moviefactory make "$$IDEA" -o "$$OUT"

test: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -m "not proof"

proof: $(VENV)/.test
	$(BIN)/pytest -m proof

# Says which system libraries the tests need and this machine lacks, as the one line that installs them.
system-libraries:
	@$(PYTHON) .ci/system_libraries.py

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "expected Python 3.11 or newer, but $$($(PYTHON) --version) came; name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { echo "expected Python with venv, but it is missing; on Debian and Ubuntu: apt-get install -y python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.movie: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[$(BACKEND)]'
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	@$(PYTHON) .ci/system_libraries.py
	$(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

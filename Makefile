# `make` alone lists the targets. A comment after ## is a target's line in that list.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PACKAGES ?= .venv-packages
REFERENCE ?= .venv-reference
CHECKOUTS ?= .venv-checkouts
OLDEST ?= .venv-oldest
NETWORK_TESTS = $(shell grep -l "parity.compared" tests/metrics/*.py)
# A folder laid out like a model hub, searched before any network; tests read it too when it is there.
export SIGHTSOUND_MIRROR ?= $(abspath $(wildcard ../shared/mirror))

.PHONY: help env packages demo test oldest quick quick-tests quick-bench lint style ruff ruff-format types format measure baseline gate typed reference clean

help:  ## this list
	@awk -F ':.*##' '/^[a-z-]+:.*##/ {printf "make %-10s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(VENV)/installed  ## the environment in .venv, with the tested versions of all packages

$(VENV)/installed: pyproject.toml constraints.txt
	@echo "environment 1/2: $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "environment 2/2: some 80 packages, about 440 MB where pip has none of them yet; pip says which one it is at"
	@$(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt \
		--editable '.[pocket,text,diffusion,dev]'
	@touch $@

packages: $(PACKAGES)/installed  ## .venv-packages: ours beside the packages that others measure with, for `bench audit`

$(PACKAGES)/installed: pyproject.toml constraints-packages.txt bench/audit/mend.py
	@echo "packages 1/3: $(PACKAGES), some 110 packages, about 2 GB"
	@$(PYTHON) -m venv $(PACKAGES)
	@$(PACKAGES)/bin/python -m pip install --disable-pip-version-check --constraint constraints-packages.txt \
		--editable '.[pocket,packages]'
	@echo "packages 2/3: what is compiled against CUDA is mended where PyTorch has none"
	@$(PACKAGES)/bin/python -m sightsound.bench.audit.mend
	@echo "packages 3/3: pip check"
	@$(PACKAGES)/bin/python -m pip check
	@touch $@

demo: env  ## the environment, weights and media, then a whole benchmark run
	@echo "demo 1/2: weights, music and pictures into the cache, about 660 MB the first time"
	@$(BIN)/bench assets fetch
	@echo "demo 2/2: bench run --model mozart --task image2music, about three minutes on two cores the first time"
	@$(BIN)/bench run --model mozart --task image2music

test: lint packages  ## both environments, style, types and the whole test suite
	$(BIN)/bench assets fetch
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

# What differs between versions of libraries: formulas, statistics, networks that a library loads, files, a whole run.
OLDEST_TESTS = $(addprefix tests/metrics/test_,pretrained.py checkpoint.py clap.py clip.py minilm.py roberta.py) \
	$(addprefix tests/bench/test_,store.py media.py flow.py front.py)

oldest: $(OLDEST)/installed  ## tests of metrics, store and flow with the oldest versions of all packages
	OMP_NUM_THREADS=1 $(OLDEST)/bin/python -m pytest -q -m "not slow and not downloads" tests/metrics tests/statistics
	OMP_NUM_THREADS=1 $(OLDEST)/bin/python -m pytest -q -k "not killed and not memory" $(OLDEST_TESTS)

$(OLDEST)/installed: pyproject.toml constraints-oldest.txt
	@echo "environment: $(OLDEST), about 300 MB where pip has none of it yet"
	@$(PYTHON) -m venv --clear $(OLDEST)
	@$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints-oldest.txt \
		--editable '.[pocket,text]' hypothesis pytest pytest-timeout
	@touch $@

quick: env typed  ## style, types and the tests that need no downloads, in about a minute
	@echo "quick: three things side by side, each speaks when it is done: tests, tests of the harness, style and types"
	@rm -rf build/quick-cache
	@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync=target --old-file=env quick-tests quick-bench style types

# An empty cache and no way to a registry: a test that needs a download fails here instead of fetching it.
QUICK = SIGHTSOUND_CACHE=$(CURDIR)/build/quick-cache SIGHTSOUND_MIRROR= PIP_NO_INDEX=1 HF_HUB_OFFLINE=1 \
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m "not slow and not downloads"

quick-tests: env
	@$(QUICK) --ignore=tests/bench tests

quick-bench: env
	@$(QUICK) tests/bench

lint: style types  ## style and types

style: ruff ruff-format

ruff: env
	$(BIN)/ruff check .

ruff-format: env
	$(BIN)/ruff format --check .

types: env typed
	$(BIN)/mypy

format: env  ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

measure: env  ## measure anew which tests `make quick` leaves out (tests/measured.csv)
	$(BIN)/bench assets fetch
	$(BIN)/python -m pytest -q --measure

# What `bench check` compares with: several seeds, so that it sees more. YAMNet is no package's, so the baseline does
# without it.
SEEDS ?= 0 1 2
baseline: env  ## results/baseline.csv and its values by example, made anew: make baseline REASON='a new composer'
	@test -n '$(REASON)' || { echo "make baseline: say why, REASON='...'"; exit 2; }
	@set -e; for seed in $(SEEDS); do \
		SIGHTSOUND_MIRROR= $(BIN)/bench run --model mozart --task image2music --seed $$seed --out runs/baseline$$seed; \
	done
	$(BIN)/bench check $(addprefix runs/baseline,$(SEEDS)) --update --reason '$(REASON)'

gate: env  ## a run held against results/baseline.csv, as a CI does it; JUnit XML in build/gate.xml
	SIGHTSOUND_MIRROR= $(BIN)/bench run --model mozart --task image2music --out runs/gate
	$(BIN)/bench check runs/gate --junit build/gate.xml

# The packages as they are installed, for tools that read the sources: links in the layout that setup.py states.
typed:
	@mkdir -p build/typed/sightsound
	@for part in bench metrics baselines results; do ln -sfn ../../../$$part build/typed/sightsound/$$part; done
	@for part in sightsound/*.py sightsound/py.typed; do ln -sf ../../../$$part build/typed/sightsound/; done

# The packages that define the metrics and the authors' networks, in an environment of their own (2 GB), ours beside
# them, and docs/parity.md from both. MERT's code needs an older transformers than the rest.
reference: env $(REFERENCE)/installed $(CHECKOUTS)  ## compare with the reference packages; writes docs/parity.md
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

clean:  ## remove the environment, builds and runs
	rm -rf $(VENV) $(OLDEST) build runs *.egg-info

# make demo   compile, verify and show the digits example (no root, no vendor tool)
# make test   the whole suite
# make fuzz   random networks on random cores for FUZZ_MINUTES, on from where the last run ended
# make formal all proofs, those of larger widths too
# make lowest the tests with the oldest versions of the packages that nef2hw works with
# make mapped cores as synthesis leaves them, simulated with models of the cells
# make lint   ruff and mypy
# make mutations  faults in the source one by one, and whether the tests notice (hours)
# make docs   the documentation as a site, build/site
#
# Everything that is installed or cached lives in .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
export YOWASP_CACHE_DIR ?= $(CURDIR)/$(VENV)/cache/yowasp
export NEF2HW_CACHE_DIR ?= $(CURDIR)/$(VENV)/cache/nef2hw

#: Tests that run at a time; each may hold a C++ compiler of a gigabyte.
JOBS ?= 2

#: How long `make fuzz` tries networks, and where it keeps what it found.
FUZZ_MINUTES ?= 10
FUZZ_FOLDER ?= build/fuzz

#: Oldest Nengo that is read.
OLDEST_NENGO := 3.1.0

DEMO_MODEL := examples/digits/model.npz
DEMO_INPUT := examples/digits/test_inputs.npz
DEMO_LABELS := examples/digits/test_labels.npy
DEMO_BUILD := build/digits-ulx3s_85f

.PHONY: demo test test-bitstream lowest mutations mapped lint docs examples clean fuzz formal
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# //p' Makefile

$(BIN)/python:
	@echo "creating $(VENV)"
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || ( \
	  rm -rf $(VENV) && $(PYTHON) -m venv --without-pip $(VENV) && \
	  $(PYTHON) -m pip --python $(VENV)/bin/python install --quiet pip setuptools ) || \
	  { echo "needs Python 3.10 or later with the venv module (Debian: apt install python3-venv)"; exit 1; }

$(VENV)/.tools: $(BIN)/python pyproject.toml constraints.txt
	@echo "installing the toolchain into $(VENV) (about 900 MB, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[toolchain,sim,plot]'
	@touch $@

$(VENV)/.dev: $(VENV)/.tools
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[toolchain,sim,plot,docs,keras,nengo,nir,dev]'
	@touch $@

demo: $(VENV)/.tools
	$(BIN)/nef2hw compile $(DEMO_MODEL) --board ulx3s --lanes 32 --neuron-lanes 1 --input $(DEMO_INPUT) --labels $(DEMO_LABELS) --hold 100 -o $(DEMO_BUILD)
	$(BIN)/nef2hw verify $(DEMO_BUILD) --input $(DEMO_INPUT) --hold 100 --steps 1000

test: $(VENV)/.dev
	$(BIN)/pytest --numprocesses $(JOBS) --dist loadfile $(PYTEST_OPTIONS)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info >= (3, 13))' && \
	  PYTHON=$(BIN)/python tests/frontends/nengo/run_with.sh $(OLDEST_NENGO) || \
	  { $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 13))' && \
	    echo "Nengo $(OLDEST_NENGO) needs NumPy 1, which this Python has not: left out"; }

$(VENV)/lowest/.dev: $(VENV)/.dev tests/lowest.py
	@mkdir -p build
	@$(BIN)/python -m tests.lowest > build/lowest.txt
	@$(PYTHON) -m venv --clear $(VENV)/lowest
	@$(VENV)/lowest/bin/python -m pip install --quiet --disable-pip-version-check -c build/lowest.txt -e '.[toolchain,sim,plot,keras,nengo,nir,dev]'
	@touch $@

lowest: $(VENV)/lowest/.dev
	$(VENV)/lowest/bin/pytest --numprocesses $(JOBS) --dist loadfile $(PYTEST_OPTIONS)

test-bitstream: $(VENV)/.dev
	$(BIN)/pytest -m bitstream

mutations: $(VENV)/.dev
	$(BIN)/python -m tests.mutations $(MUTATIONS)

fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.sim.fuzz run --minutes $(FUZZ_MINUTES) --folder $(FUZZ_FOLDER)

formal: $(VENV)/.dev
	$(BIN)/pytest -m 'formal or not formal' tests/formal --durations=0

mapped: $(VENV)/.dev
	$(BIN)/pytest -m synthesis tests/sim/test_mapped.py

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: $(VENV)/.dev
	$(BIN)/python docs/make_options.py
	$(BIN)/mkdocs build
	@echo "build/site/index.html"

examples: $(VENV)/.dev
	$(BIN)/python examples/digits/train.py
	$(BIN)/python examples/nef_channel/train.py
	$(BIN)/python examples/controller/train.py

clean:
	rm -rf build $(VENV)

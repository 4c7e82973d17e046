# From nothing to done: needs Python 3.11 or newer, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: claims test lint packaging soak bench lock clean

claims: $(READY)  ## train, measure and judge every claim
	$(BIN)/python -m pytest claims/ -n auto

test: $(READY)  ## the tests of the code
	$(BIN)/python -m pytest tests/ -n auto

lint: $(READY)  ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

packaging: $(READY)  ## the tests that build and install the project; they fetch packages
	$(BIN)/python -m pytest tests/packaging/ -m packaging -n 2 --dist loadgroup

soak: $(READY)  ## the long tests
	$(BIN)/python -m pytest tests/ -n auto -m slow

bench: $(READY)  ## the figures that README and docs quote
	$(BIN)/python -m benchmarks.suite
	$(BIN)/python -m benchmarks.engine
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.scaling judge

$(READY): requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	touch $@

lock:  ## write requirements.lock anew from pyproject.toml; torch stays at the version named here
	rm -rf .lock && $(PYTHON) -m venv .lock
	.lock/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0 '.[memo,test,lint]'
	{ echo "# Exact versions, by \`make lock\`. torch has no hash: its CPU and CUDA builds differ."; \
	  .lock/bin/python -m pip freeze | sed -e '/^memo-claims/d' -e 's/+cpu$$//'; } > requirements.lock
	rm -rf .lock build *.egg-info

clean:  ## caches and reports; the environment stays
	rm -rf .claims reports .pytest_cache .hypothesis

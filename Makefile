# make demo | test | lint | bench | images | clean: each sets up what it needs in .venv.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

# The Python that .venv is made from: the first that is new enough, or the one that is given.
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11
IS_NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for python in $(PYTHONS); do \
	$$python $(IS_NEW_ENOUGH) 2>/dev/null && echo $$python && exit; done; echo python3)

# Toolchains that `make test` brings. core: the few small ones that this machine lacks; all: every
# one that there are tests for, and then nothing may be skipped.
TOOLCHAINS ?= core
# More arguments: make test PYTEST="tests/test_bash.py -k interrupt", make bench BENCH="--help".
PYTEST ?=
BENCH ?=
NOTEBOOKS ?=
# Which of docker/images: make images IMAGES="c r"; none: all of them.
IMAGES ?=

.PHONY: help demo test lint bench images test-images clean
.DELETE_ON_ERROR:

help:
	@echo "make demo    run the notebooks of examples/ through their kernels"
	@echo "make test    run the tests (TOOLCHAINS=core or all, PYTEST=arguments)"
	@echo "make lint    check style and types"
	@echo "make bench   measure the kernels beside others (BENCH=arguments)"
	@echo "make images  make the images of docker/ (IMAGES=names); make test-images tests them"
	@echo "make clean   remove .venv and all that was made"

demo: $(VENV)/.demo
	@sh tools/toolchains.sh wheels $(BIN)/python
	@$(BIN)/kernel-runner install --sys-prefix
	@$(BIN)/python tools/demo.py $(NOTEBOOKS)

test: $(VENV)/.test
	@sh tools/toolchains.sh $(TOOLCHAINS) $(BIN)/python
	$(if $(filter all,$(TOOLCHAINS)),KERNEL_RUNNER_ALL=1) \
		$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST)

lint: $(VENV)/.lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(VENV)/.bench
	$(BIN)/python tools/bench $(BENCH)

images:
	@sh tools/images.sh build $(IMAGES)

test-images: images $(VENV)/.test
	@set -e; where=$$(sh tools/images.sh engine); set -- $$where; \
		KERNEL_RUNNER_ENGINE=$$1 CONTAINERS_CONF=$$2 \
		KERNEL_RUNNER_IMAGES="$$(sh tools/images.sh names $(IMAGES))" \
		$(BIN)/python -m pytest tests/test_images.py $(PYTEST)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# .venv/.EXTRA says that the package is installed there with this extra.
$(VENV)/.%: pyproject.toml | $(VENV)/.made
	@echo "installing kernel-runner[$*] into $(VENV)"
	@$(PIP) --editable '.[$*]'
	@touch $@

$(VENV)/.made:
	@$(PYTHON) $(IS_NEW_ENOUGH) 2>/dev/null || { echo "kernel_runner needs Python 3.11 or newer:\
 install one, or name it with make PYTHON=/path/to/python." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual\
 environments: apt-get install python3-venv (or what your system calls it) brings that." >&2; exit 1; }
	@echo "making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

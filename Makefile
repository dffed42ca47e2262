# Two commands do everything: `make demo` and `make test`. PYTHON is any Python 3.11 or later.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One process for each core, each with one thread: twice as fast on two cores as one process.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n logical

.PHONY: demo test check bench torture clean

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

demo: $(VENV)/installed ## stylize the sample and render a small print into demo/
	mkdir -p demo
	$(BIN)/tilebrush display samples/photo.jpg samples/style.jpg -o demo/display.png --force
	$(BIN)/tilebrush print samples/photo.jpg samples/style.jpg --run demo/run --size 1600x1200 \
	    --quality draft
	@echo "Look at demo/display.png and demo/run/print.jpg"

test: $(VENV)/installed ## the whole suite
	$(PYTEST)

check: $(VENV)/installed ## what CI runs: format, lint, types, layers, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST)

bench: $(VENV)/installed ## the figures of README and docs/
	$(BIN)/python -m benchmarks.run --out benchmarks/out

torture: $(VENV)/installed ## kills, faults, power cuts and damage by the thousand; Linux
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.torture --out benchmarks/out

clean: ## drop the environment and what demo and bench made
	rm -rf $(VENV) demo benchmarks/out

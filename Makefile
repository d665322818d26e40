# Needs Python 3.11 or newer; name another one with PYTHON=python3.12.
PYTHON ?= python3
VENV := .venv
MINUTES ?= 5
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help serve test test-avx2 bench bench-smoke attacks fuzz faults soak lint format examples openapi lock image clean

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

serve: $(VENV)/.service ## Install the service with its audit and start it on 127.0.0.1:8000
	$(BIN)/faceveil serve

test: $(VENV)/.dev $(VENV)/.clients $(VENV)/.packages ## Install what the tests need and run them all
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
		echo "No browser: the tests leave out the page in one (apt-get install chromium)." >&2
	@# A process a core: threads of theirs beside them would only wait for one another.
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/pytest -n auto -v --durations 20

test-avx2: $(VENV)/.dev ## Check what a processor with AVX2 and without VNNI computes (needs qemu-user)
ifeq ($(shell uname -m),x86_64)
	OPENBLAS_NUM_THREADS=1 TEST_AVX2_EMULATOR="qemu-x86_64 -cpu Haswell" \
		$(BIN)/pytest -v tests/model/test_avx2.py
else
	@echo "test-avx2 is for x86-64, where processors differ in it: nothing to check here."
endif

bench: $(VENV)/.dev ## Measure speed and memory here, beside other servers (needs wrk)
	$(BIN)/python -m benchmarks.serving --output docs/figures/performance.md

bench-smoke: $(VENV)/.dev ## Run the bench in its shortest form, to keep it alive
	$(BIN)/python -m benchmarks.serving --quick
	$(BIN)/python -m benchmarks.reliability.soak --minutes 0.2 --measure 3 --every 5
	$(BIN)/python -m benchmarks.reliability.faults --moments 1 --amount 5 --no-postgres \
		--only kill_the_server --only fill_the_disk --only cut_connections

attacks: $(VENV)/.dev ## Attack real servers, and measure the memory that they take
	$(BIN)/python -m benchmarks.reliability.attacks

fuzz: $(VENV)/.dev ## Send 20,000 broken inputs of every kind to a real server
	$(BIN)/python -m benchmarks.reliability.fuzz

faults: $(VENV)/.dev ## Kill, stop, fill and cut, and count what is lost
	$(BIN)/python -m benchmarks.reliability.faults

soak: $(VENV)/.dev ## Hold 80 % load for five minutes (MINUTES=60), and see whether it grows
	$(BIN)/python -m benchmarks.reliability.soak --minutes $(MINUTES)

lint: $(VENV)/.dev ## Check style, types, and which way imports go
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	for file in models/detector/*/make.py; do $(BIN)/mypy $$file || exit 1; done
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev ## Put the code into its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

examples: $(VENV)/.dev ## Make the files in examples/ and the picture in the README again
	$(BIN)/python -m examples.make
	$(BIN)/python -m examples.picture

openapi: $(VENV)/.service ## Write openapi.yaml anew from the application
	$(BIN)/faceveil openapi --output openapi.yaml

lock: $(VENV)/.dev ## Choose the newest versions of everything and pin them
	$(BIN)/uv pip compile -q -U --universal --no-header --no-annotate --no-emit-index-url \
		--generate-hashes pyproject.toml -o requirements/service.txt
	$(BIN)/uv pip compile -q -U --universal --no-header --no-annotate --no-emit-index-url \
		--generate-hashes --extra audit pyproject.toml -c requirements/service.txt \
		-o requirements/audit.txt
	$(BIN)/uv pip compile -q -U --universal --no-header --no-annotate --no-emit-index-url \
		--extra dev pyproject.toml training/pyproject.toml --no-emit-package faceveil \
		-c requirements/audit.txt -o requirements/dev.txt
	$(BIN)/uv pip compile -q -U --universal --no-header --no-annotate --no-emit-index-url \
		requirements/clients.in -o requirements/clients.txt
	$(BIN)/python requirements/aarch64.py

image: ## Build the container image
	docker build -t faceveil .

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "FaceVeil needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.service: requirements/audit.txt pyproject.toml | $(BIN)/pip
	@echo "Installing the service into $(VENV): some 60 packages, a minute" \
		"or two. This is done once; the next start takes seconds."
	$(BIN)/pip install --progress-bar on --require-hashes -r requirements/audit.txt
	$(BIN)/pip install -q --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml training/pyproject.toml | $(BIN)/pip
	@echo "Installing what the tests need into $(VENV), torch among it: gigabytes, some minutes."
	$(BIN)/pip install -q -c requirements/dev.txt -e '.[dev]' -e ./training
	@touch $@

# Makers of clients, apart from the rest: what they need is older than what the service takes.
$(VENV)/.clients: requirements/clients.txt | $(BIN)/pip
	$(PYTHON) -m venv $(VENV)/clients
	$(VENV)/clients/bin/pip install -q -r requirements/clients.txt
	@touch $@

# The npm packages, and with them what checks the page and the OpenAPI document.
$(VENV)/.packages: packages/package-lock.json | $(BIN)/pip
	@npm ci --silent --ignore-scripts --prefix packages || \
		echo "No npm, or no registry: the tests leave out the npm packages, TypeScript clients and axe-core." >&2
	@touch $@

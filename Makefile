# Needs Python 3.11 or newer; name another one with PYTHON=python3.12.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help serve test bench bench-smoke lint format openapi lock image clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

serve: $(VENV)/.service ## Install the service with its audit and start it on 127.0.0.1:8000
	$(BIN)/faceveil serve

test: $(VENV)/.dev ## Install what the tests need and run them all
	$(BIN)/pytest -n auto -v

bench: $(VENV)/.dev ## Measure speed and memory here, beside other servers (needs wrk)
	$(BIN)/python -m benchmarks.serving --output docs/performance.md

bench-smoke: $(VENV)/.dev ## Run the bench in its shortest form, to keep it alive
	$(BIN)/python -m benchmarks.serving --quick

lint: $(VENV)/.dev ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev ## Put the code into its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

openapi: $(VENV)/.service ## Write openapi.yaml anew from the application
	$(BIN)/faceveil openapi --output openapi.yaml

lock: $(VENV)/.dev ## Choose the newest versions of everything and pin them
	$(BIN)/uv pip compile -q -U --universal --no-header --no-annotate --no-emit-index-url \
		--generate-hashes pyproject.toml -o requirements/service.txt
	$(BIN)/uv pip compile -q -U --universal --no-header --no-annotate --no-emit-index-url \
		--generate-hashes --extra audit pyproject.toml -c requirements/service.txt \
		-o requirements/audit.txt
	$(BIN)/uv pip compile -q -U --universal --no-header --no-annotate --no-emit-index-url \
		--extra dev pyproject.toml -c requirements/audit.txt -o requirements/dev.txt

image: ## Build the container image
	docker build -t faceveil .

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "FaceVeil needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.service: requirements/audit.txt pyproject.toml | $(BIN)/pip
	$(BIN)/pip install -q --require-hashes -r requirements/audit.txt
	$(BIN)/pip install -q --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/pip
	$(BIN)/pip install -q -c requirements/dev.txt -e '.[dev]'
	@touch $@

# `make help` lists what there is. Everything sets itself up; nothing needs to be activated.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PY := .venv/bin/python
WORKERS ?= 2

.PHONY: help demo demo-reset test check bench soak conformance format migration sdl openapi picture clean

help:  ## Explain the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/.demo-ready: pyproject.toml uv.lock infra/setup/environment.sh
	@infra/setup/environment.sh demo

.venv/.dev-ready: pyproject.toml uv.lock infra/setup/environment.sh
	@infra/setup/environment.sh dev

demo: .venv/.demo-ready  ## Start everything, load a month of production the first time, trace a contaminated lot
	@exec $(PY) -m backend.demo

demo-reset: .venv/.demo-ready  ## Throw the demo's data away and start afresh
	@exec $(PY) -m backend.demo --reset

test: check  ## Everything: the static part, then the suite against real servers and a real browser
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal tests

check: .venv/.dev-ready  ## The static part: lint, types, layers, drift of migrations, GraphQL, OpenAPI
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache
	@$(PY) -m backend.revisions check
	@$(PY) -m backend.graphql.export --check
	@$(PY) -m mobile_api.export_openapi --check

bench: .venv/.dev-ready  ## Measure, with ratios against the limit in the same run (takes minutes)
	@$(PY) -m tests.benchmarks

soak: .venv/.dev-ready  ## What takes long: kills, floods, thousands of permutations
	@SUYUAN_SOAK=1 $(PY) -m pytest -n $(WORKERS) --timeout 3600 -m "soak or both" tests

conformance: .venv/.dev-ready  ## Play a folder of EPCIS documents against its expectations.csv: make conformance DATA=<folder>
	@test -n "$(DATA)" || { echo "Say which folder: make conformance DATA=<folder with expectations.csv>"; exit 2; }
	@$(PY) -m tests.conformance "$(DATA)"

format: .venv/.dev-ready  ## Format the code
	@.venv/bin/ruff check --quiet --fix . ; .venv/bin/ruff format --quiet .

migration: .venv/.dev-ready  ## Write a migration from what the tables' declarations changed: make migration NAME="what changes"
	@$(PY) -m backend.revisions write "$(NAME)"

sdl: .venv/.dev-ready  ## Write the GraphQL SDL
	@$(PY) -m backend.graphql.export

openapi: .venv/.dev-ready  ## Write the phones' OpenAPI
	@$(PY) -m mobile_api.export_openapi

picture: .venv/.dev-ready  ## Make the README's picture again, from a demo of its own
	@$(PY) -m tests.picture

clean:  ## Remove the environment and the demo's data
	@rm -rf .venv .suyuan

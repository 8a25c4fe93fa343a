# make run ARGS="..."   set everything up, then the universe of a folder (`ninepixel play ARGS`)
# make test             set everything up, then everything that CI checks
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
BIN := .venv/bin
ARGS ?=
PYTEST_ARGS ?=
WRITE ?=

.PHONY: help setup run test test-rllib peer-nmmo check soak policies bench doctor format sample dist clean

help: ## what there is to make
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: ## a virtual environment with everything in it (a second call takes no time)
	@scripts/setup.sh

run: setup ## the universe of a folder, in a window or headless: make run ARGS="~/Documents"
	@$(BIN)/ninepixel play $(ARGS)

test: setup ## everything that CI checks
	@scripts/check.sh $(PYTEST_ARGS)

test-rllib: ## the RLlib example, in an environment of its own (.venv-rllib): RLlib pins another gymnasium
	@scripts/test_rllib.sh $(PYTEST_ARGS)

peer-nmmo: ## an environment of its own (.venv-nmmo) for Neural MMO 2, which `ninepixel bench env` is measured beside
	@scripts/install_nmmo.sh

soak: setup ## the long tests: exactness over 100,000 ticks and the like
	@$(BIN)/python -m pytest -m soak -n 0 $(PYTEST_ARGS)

policies: setup ## train the shipped policies again, which takes hours (ARGS="--write" ships them)
	@$(BIN)/python scripts/policies.py $(ARGS)

bench: setup ## the README's table of figures, on this machine (WRITE=1 puts it into the README)
	@$(BIN)/python scripts/figures.py $(if $(WRITE),--write)

doctor: setup ## what this machine has, what it lacks and what mends it
	@$(BIN)/ninepixel doctor

format: setup ## lay the code out as CI wants it
	@$(BIN)/ruff check --fix && $(BIN)/ruff format

sample: setup ## make the bundled sample tree again from its seed
	@$(BIN)/python scripts/make_sample.py

dist: setup ## a wheel and an sdist in dist/
	@$(BIN)/python -m hatchling build -d dist

clean: ## take away everything that make made
	@rm -rf .venv .venv-rllib .venv-nmmo dist build .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	@find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

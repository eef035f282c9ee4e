# The first python3 that is new enough; `make lab PYTHON=/path/to/python3.12` names another.
PYTHON = $(shell for name in python3 python3.11 python3.12 python3.13 python3.14; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; \
	done || echo python3)
BIN := .venv/bin
# Tests wait more than they compute, so a few more of them than cores run side by side.
JOBS ?= 4

.DEFAULT_GOAL := help
# Where Python is told to write no compiled modules, each process of the tests compiles all of them.
test coverage: export PYTHONDONTWRITEBYTECODE =
.PHONY: help lab test coverage lint format bench live-grafana doctor clean

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

lab: .venv-lab ## Start the lab; Ctrl-C stops it
	@exec $(BIN)/slo-lab up --until-parent-ends

test: .venv-test ## Install what the tests need and run all of them (ARGS="-k name" for some)
	@$(BIN)/python -m tests.provision
	@exec $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

coverage: .venv-test ## Run the tests and say which lines none of them reaches
	@$(BIN)/python -m tests.provision
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)
	@$(BIN)/coverage combine -q
	@$(BIN)/coverage report --skip-covered

lint: .venv-test ## Check style and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

format: .venv-test ## Put the code into the house's format
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: .venv-test ## Measure; each number beside its aim
	@$(BIN)/python -m tests.provision
	@exec $(BIN)/python -m bench $(ARGS)

live-grafana: .venv-test ## Walk through a real Grafana (GRAFANA=its folder, or its address)
	@$(BIN)/python -m tests.provision
	@exec $(BIN)/python -m tests.real_grafana $(GRAFANA) $(ARGS)

doctor: .venv-lab ## Say what is up, what is not, and what to do
	@exec $(BIN)/slo-lab doctor

clean: .venv-lab ## Delete the learner's data (asks first)
	@exec $(BIN)/slo-lab clean

.PHONY: .venv-lab .venv-test
.venv-lab .venv-test: .venv-%:
	@command -v $(PYTHON) >/dev/null || { echo 'Python 3.11 or newer is needed, and there is no python3 here.' >&2; exit 1; }
	@$(PYTHON) stack/bootstrap.py $*

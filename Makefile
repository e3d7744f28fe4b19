# Everything is built inside the checkout: Python, uv, Node and all packages in .venv, the page in
# src/s4/picture/page. Stamps in .venv/.stamps keep repeated runs quick.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
STAMPS := .venv/.stamps
WEB_SOURCES := $(shell [ -d web ] && find web \( -name node_modules -o -name test-results \) -prune -o -type f -print)

# Somebody may have removed the built page while its stamp stayed.
ifeq ($(wildcard web/package.json)$(wildcard src/s4/picture/page/index.html),web/package.json)
REBUILD_PAGE := rebuild-page
endif

.PHONY: rebuild-page help setup web demo test test-slow fuzz lint format bench docs lock system-packages clean distclean

help: ## Show this list
	@echo "s4: an open safety-and-security platform for cities"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
	  || sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1: \2/p' $(MAKEFILE_LIST)

setup: $(STAMPS)/setup ## Build .venv with everything pinned, s4 included

$(STAMPS)/setup: pyproject.toml requirements/bootstrap.txt requirements/dev.txt scripts/setup
	@scripts/setup
	@mkdir -p $(STAMPS) && touch $@

web: $(STAMPS)/web ## Build the operators' page

$(STAMPS)/web: $(STAMPS)/setup scripts/web $(WEB_SOURCES) $(REBUILD_PAGE)
	@scripts/web
	@touch $@

demo: setup web ## Play the exercise city and open the picture
	@$(BIN)/s4 demo

test: setup web system-packages lint ## Check everything a change must pass (what CI runs)
	@echo "== Running the tests"
	@$(BIN)/pytest -n 3 -m "not slow and not alone"
	@$(BIN)/pytest -m "alone and not slow"
	@scripts/web-check test

test-slow: setup web system-packages ## Run the tests that take minutes each
	@$(BIN)/pytest -m slow

fuzz: setup ## Look for new examples that break a property: ROUNDS=5 passes, each with others
	@for round in $$(seq $(or $(ROUNDS),5)); do \
	  echo "== Round $$round"; \
	  S4_EXAMPLES=explore $(BIN)/pytest -q -n 2 -m "hypothesis and not slow and not alone"; \
	done

lint: setup web ## Check style, types and layers, change nothing
	@scripts/lint

format: setup ## Put the code into the house's style
	@$(BIN)/ruff check --quiet --fix . && $(BIN)/ruff format .

bench: setup web ## Run the benchmarks
	@$(BIN)/s4 bench

docs: setup ## Build the documentation into site/
	@echo "== Building the documentation into site/"
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

lock: ## Pin the packages anew from pyproject.toml (UPGRADE=1 takes newer versions)
	@[ -x $(BIN)/uv ] || scripts/setup
	@scripts/lock

system-packages: ## Install Chromium and PostgreSQL for the tests that need them, where possible
	@scripts/system-packages

clean: ## Remove what was built, keep .venv and node_modules
	@rm -rf src/s4/picture/page site dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .grimp_cache \
	  .import_linter_cache test-results $(STAMPS)/web
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## Remove everything that make has fetched or built
	@rm -rf .venv web/node_modules

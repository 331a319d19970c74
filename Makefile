# Two commands matter: `make run` and `make test`. `make` alone lists them all.
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh
.SHELLFLAGS := -euc
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8000
# Where pages look for the reader bridge; tests, which run side by side, let it listen elsewhere.
BRIDGE_PORT ?= 61161
ARGS ?=
# Tests wait as much as they work: one process more than there are processors.
JOBS ?= $(shell expr $$(nproc 2>/dev/null || echo 1) + 1)

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
FLASK := $(BIN)/python -m flask --app app
GUNICORN := $(BIN)/python -m gunicorn app:app --preload --workers 2 --threads 16 --worker-class gthread \
	--bind 127.0.0.1:$(PORT) --log-level warning --no-control-socket --graceful-timeout 2
BRIDGE := $(BIN)/python -m portal.bridge --port $(BRIDGE_PORT) --origin http://127.0.0.1:$(PORT) \
	--demo "$${INSTANCE_PATH:-instance}/demonstration-cards/cards"
FONTS := node_modules/@expo-google-fonts/noto-sans-tc
export PYTHON PORT
# Threads that share one heap cost a worker 15 MB less; they take turns anyway.
export MALLOC_ARENA_MAX := 2

.PHONY: help run test check bench fix lock ready tools clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

# ---------------------------------------------------------------- what people call

run: ready  ## build what is missing, then serve the demonstration on http://127.0.0.1:8000 (PORT=… elsewhere)
	@$(BIN)/python -c 'import socket; socket.create_server(("127.0.0.1", $(PORT)), reuse_port=False).close()' 2>/dev/null \
		|| { echo "port $(PORT) is taken; try: make run PORT=8001" >&2; exit 1; }
	@export PORTAL_DEMO=1; \
	$(FLASK) portal prepare; \
	$(GUNICORN) & web=$$! others=; \
	trap 'exit 130' INT TERM; trap 'kill $$web $$others 2>/dev/null' EXIT; \
	$(BRIDGE) & others="$$others $$!"; \
	[ -z "$${MAIL_SERVER:-}" ] || { $(FLASK) portal send-mail --watch & others="$$others $$!"; }; \
	wait $$web

test: tools  ## run every test; ARGS="-k word -m journey" goes to pytest
	@.ci/system-packages test || { echo '*** some tests have not what they need: see above ***' >&2; test "$${CI:-}" != true; }
	@$(MAKE) .venv/bridge || { echo '*** no tests with cards: the bridge could not be installed ***' >&2; test "$${CI:-}" != true; }
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

check: tools  ## format, lint, types, import contracts, templates, migrations = models
	@mkdir -p .cache
	@echo 'format';     $(BIN)/ruff format --check --quiet --output-format concise . || { echo 'make fix formats them' >&2; exit 1; }
	@echo 'lint';       $(BIN)/ruff check --quiet --output-format concise .
	@echo 'types';      $(BIN)/mypy --no-error-summary
	@echo 'imports';    $(BIN)/lint-imports --no-logo --cache-dir .cache/imports >.cache/imports.log || { cat .cache/imports.log; exit 1; }
	@echo 'templates';  $(BIN)/djlint --lint --quiet templates
	@$(BIN)/python -m tests.rig.templates
	@echo 'migrations'; $(BIN)/python -m tests.rig.migrations
	@echo 'all is well'

bench: tools  ## measure the portal beside a bare page on this machine; SCALE=… ARGS=… for more
	@$(BIN)/python -m tests.bench $(ARGS)

fix: tools  ## format the code and mend what the linter can
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

lock: .venv/bin/python  ## choose the newest versions of every package anew
	@test -x .cache/lock/bin/uv || { $(PYTHON) -m venv .cache/lock && .cache/lock/bin/pip -q install uv; }
	@for part in '' '-dev' '-bridge'; do \
		.cache/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
			--no-header --no-annotate $${part:+--extra $${part#-} -c requirements.lock} pyproject.toml -o requirements$$part.lock; \
	done
	@npm update --package-lock-only --ignore-scripts --loglevel=error

clean:  ## forget what was built (the database under instance/ stays)
	@rm -rf .venv node_modules static/vendor .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis

# ---------------------------------------------------------------- what they need

ready: .venv/runtime static/vendor/htmx.min.js
tools: .venv/tools static/vendor/htmx.min.js

.venv/bin/python:
	@.ci/system-packages run
	@echo 'making .venv'
	@$(PYTHON) -m venv .venv

.venv/runtime: requirements.lock | .venv/bin/python
	@echo 'installing the Python packages'
	@$(PIP) install --require-hashes -r $<
	@touch $@

.venv/tools: requirements-dev.lock .venv/runtime
	@echo 'installing the tools for development'
	@$(PIP) install --require-hashes -r $<
	@touch $@

.venv/bridge: requirements-bridge.lock .venv/tools
	@echo 'installing what the reader bridge needs'
	@$(PIP) install --require-hashes -r $<
	@touch $@

static/vendor/htmx.min.js: package-lock.json
	@command -v npm >/dev/null || .ci/system-packages run
	@echo 'fetching htmx and the font'
	@npm ci --ignore-scripts --loglevel=error >/dev/null
	@mkdir -p static/vendor/fonts
	@install -m 644 $(FONTS)/400Regular/NotoSansTC_400Regular.ttf $(FONTS)/700Bold/NotoSansTC_700Bold.ttf \
		$(FONTS)/LICENSE_FONT static/vendor/fonts
	@install -m 644 node_modules/htmx.org/dist/htmx.min.js static/vendor

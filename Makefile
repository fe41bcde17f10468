# What is done often, each step by its own name. `make help` lists them; `make test` is what CI runs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# A target folder given from outside holds for every step, also for those that cargo does not see.
override export CARGO_TARGET_DIR := $(shell realpath -m '$(or $(CARGO_TARGET_DIR),target)')
export GTM_COMPONENTS := $(CARGO_TARGET_DIR)/components
DEBUG_GTM := $(CARGO_TARGET_DIR)/debug/gtm
RELEASE_GTM := $(CARGO_TARGET_DIR)/release/gtm

PLUGINS := $(patsubst %/Cargo.toml,%,$(wildcard plugins/*/Cargo.toml))

# cargo-nextest runs the same tests side by side, where it is installed.
RUNNER = $(if $(shell cargo nextest --version 2>/dev/null),nextest run,test)

# Workspace crates are compiled by clippy-driver, which is rustc with clippy's lints: they are checked while they are built, so that
# their dependencies are not compiled a second time for checking alone.
LINTED = RUSTC_WORKSPACE_WRAPPER=$(shell rustup which clippy-driver 2>/dev/null || command -v clippy-driver) CLIPPY_ARGS=-Dwarnings

step = @printf '\n==> %s\n' '$(1)'
# build_components GTM,CRATE FOLDERS: each folder's component, under the folder's name. One half beside the other, because the last step
# of each runs on one core; each half in a target folder of its own, because cargo lets only one build into a folder.
define build_components
	@mkdir -p '$(GTM_COMPONENTS)'
	@export RUSTUP_TOOLCHAIN=$$(scripts/wasm-toolchain.sh | tail -n 1); \
	printf '%s\n' $(2) | awk '{half[NR % 2] = half[NR % 2] " " $$0} END {for (n in half) print n half[n]}' | \
	xargs -P 2 -L 1 $(SHELL) -euc 'for crate; do \
	  CARGO_TARGET_DIR="$(CARGO_TARGET_DIR)/plugins-$$0" "$(1)" plugin build "$$crate" -o "$(GTM_COMPONENTS)/$$(basename "$$crate").wasm"; \
	done'
endef

.PHONY: help
help: ## list what there is
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

.PHONY: toolchain
toolchain: ## a Rust toolchain that builds for wasm32
	$(call step,toolchain for wasm32)
	@scripts/wasm-toolchain.sh

.PHONY: demo
demo: toolchain ## build, make up a small company, pay its rebates, and serve the result (GTM_DEMO_NO_SERVE=1: do not serve)
	$(call step,host (release))
	cargo build --locked --release --package server
	$(call step,plugin components)
	$(call build_components,$(RELEASE_GTM),$(PLUGINS))
	$(call step,gtm demo)
	@'$(RELEASE_GTM)' demo

.PHONY: test
test: check-format toolchain deny components suite stories ## everything: format, lints, tests on SQLite and PostgreSQL, browser

.PHONY: check-format
check-format: ## is everything formatted?
	$(call step,format)
	cargo fmt --all --check

.PHONY: fmt
fmt: ## format everything
	cargo fmt --all

.PHONY: lint
lint: ## clippy alone, without warnings (`make test` lints what it builds)
	$(call step,clippy)
	cargo clippy --locked --workspace --all-targets -- -D warnings

.PHONY: deny
deny: ## licences, advisories, banned and doubled crates (cargo-deny)
	$(call step,dependencies)
	@if ! cargo deny --version >/dev/null 2>&1; then \
	  echo 'cargo-deny is not installed, so deny.toml was not checked: `cargo install cargo-deny --locked` gives it'; \
	elif cargo deny fetch db >/dev/null 2>&1; then \
	  cargo deny --locked --log-level error check; \
	else \
	  echo 'the advisory database cannot be fetched here, so advisories were not checked; licences, bans and sources are'; \
	  cargo deny --locked --log-level error check licenses bans sources; \
	fi

# Built as the tests are, so that the host, the tests and their dependencies are compiled once.
.PHONY: host
host:
	$(call step,host and tests (dev) through clippy)
	$(LINTED) cargo build --locked --workspace --all-targets

.PHONY: components
components: toolchain host ## the plugins as components
	$(call step,plugin components)
	$(call build_components,$(DEBUG_GTM),$(PLUGINS))

# What the tests look into files with: a database behind the host's back, documents against their schemas.
.PHONY: tools
tools:
	$(call step,tools)
	@command -v sqlite3 >/dev/null || scripts/debian-install.sh sqlite3
	@command -v xmllint >/dev/null || scripts/debian-install.sh libxml2-utils
	@command -v pdftotext >/dev/null || scripts/debian-install.sh poppler-utils

.PHONY: suite
suite: tools components ## unit, story, plugin and conformance tests on SQLite and PostgreSQL, and the examples in the documentation
	$(call step,tests on SQLite and PostgreSQL)
	@scripts/with-postgres.sh $(SHELL) -exc ' \
	  $(LINTED) cargo test --locked --workspace --doc --no-fail-fast; \
	  $(LINTED) cargo $(RUNNER) --locked --workspace --lib --bins --tests --no-fail-fast'

.PHONY: stories
stories: host ## the browser stories, with Debian's chromium
	$(call step,browser stories)
	@chromium=$$(scripts/browser.sh | tail -n 1); cd tests/browser; \
	GTM_BINARY='$(DEBUG_GTM)' GTM_CHROMIUM=$$chromium node --test

.PHONY: bench
bench: toolchain ## measure: kernel, whole run, statements, import, each beside its rivals (GTM_BENCH_LINES=1000000: a smaller set)
	$(call step,host (release))
	cargo build --locked --release --package server
	$(call step,plugin components)
	$(call build_components,$(RELEASE_GTM),$(PLUGINS))
	$(call step,benchmarks)
	@command -v sqlite3 >/dev/null || scripts/debian-install.sh sqlite3
	cargo bench --locked --package tests --bench gtm

.PHONY: clean
clean: ## remove what was built
	cargo clean
	rm -rf tests/browser/node_modules

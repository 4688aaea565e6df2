# The two commands a stranger needs are `make demo` and `make test`; both set up what they need.

BIN := .venv/bin
READY := .venv/.ready
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--custom-compile-command 'make lock'

.PHONY: demo test range setup docs lock clean help

help:  ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

demo: $(READY)  ## build a small labelled world, scan it, show the campaigns; leaves everything in .demo/
	$(BIN)/stillwatch demo --out .demo

test: $(READY)  ## lint, format, types, tests, the fast set of the range
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest $(PYTEST)
	$(BIN)/stillwatch range run --set fast

range: $(READY)  ## build, scan and score the full standard set, compare with its baseline (about a quarter of an hour)
	$(BIN)/stillwatch range run --set full $(RANGE)

setup: $(READY)  ## the environment in .venv, nothing else

$(READY): pyproject.toml requirements/dev.txt scripts/setup
	scripts/setup
	@touch $@

docs: $(READY)  ## write the pages and tables that come from the code anew
	$(BIN)/python scripts/evidence_page.py
	$(BIN)/python scripts/range_page.py
	$(BIN)/python scripts/limits_page.py

lock:  ## choose versions anew (needs uv); UPGRADE=1 takes the newest of everything
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv" >&2; exit 1; }
	$(COMPILE) $(if $(UPGRADE),--upgrade) --group dev --all-extras --output-file requirements/dev.txt pyproject.toml
	$(COMPILE) --constraint requirements/dev.txt --output-file requirements/run.txt pyproject.toml
	$(COMPILE) --constraint requirements/dev.txt --group build --output-file requirements/build.txt

clean:  ## remove everything made here
	rm -rf .venv .demo .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

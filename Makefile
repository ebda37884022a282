# Anlass: everything from a clean clone. `make` alone lists what there is.

# The first Python on PATH that is young enough; PYTHON=… names another.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
STACK := $(BIN)/python -m config.stack
# The typed Python client, written anew when the API's description or the generator changes.
CLIENT := clients/python/.written
# Settings for checks that need no service: nothing listens at these addresses.
UNSERVED := SECRET_KEY=checks DATABASE_URL=postgresql://nobody@127.0.0.1:1/none \
	BROKER_URL=sqs://none:none@127.0.0.1:1 REDIS_URL=redis://127.0.0.1:1/0

.DEFAULT_GOAL := help
.PHONY: help setup demo run test test-pure test-slow check fix openapi texts client test-api-fuzz cases bench profile migrations lock

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

setup: ## install everything into .venv and .stack, unless it is there
	@test -n "$(PYTHON)" || { echo "Anlass needs Python 3.11 or later: none on PATH. Give PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -I config/stack/install.py

demo: setup $(CLIENT) ## walk through the engine in a fresh stack (ORDERS=file.csv imports that too)
	@$(STACK) exec --root .stack/demo --fresh --processes -- \
		env PYTHONPATH=clients/python $(BIN)/python -m config.demo $(if $(ORDERS),--orders "$(ORDERS)")

run: setup ## run everything in this terminal until Ctrl-C
	@$(STACK) run

test: setup $(CLIENT) ## all tests but the slow ones, half of them beside the others
	@$(BIN)/python -m tests -m "not slow"

test-pure: setup ## the pure core's tests: no services, seconds
	@$(BIN)/python -m pytest tests/pure -p no:tests.plugin_stack -p no:django \
		-W ignore::pytest.PytestConfigWarning

test-slow: setup $(CLIENT) ## the proofs that take minutes
	@$(BIN)/python -m pytest -m slow

check: setup $(CLIENT) ## exactly what CI checks: format, rules, types, imports, migrations, texts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(UNSERVED) $(BIN)/mypy
	$(BIN)/lint-imports
	$(UNSERVED) $(BIN)/python manage.py check
	$(UNSERVED) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(UNSERVED) $(BIN)/python manage.py describe_api --check
	@$(UNSERVED) $(BIN)/python manage.py texts --check

openapi: setup ## write docs/api/openapi.json and the table of codes, as the code says
	@$(UNSERVED) $(BIN)/python manage.py describe_api

texts: setup ## write the catalogue of the admin's texts, as the code says, and compile it
	@$(UNSERVED) $(BIN)/python manage.py texts

client: setup $(CLIENT) ## write the typed Python client from docs/api/openapi.json into clients/python

# Anew from nothing: what the API no longer has would stay otherwise. No network is asked.
$(CLIENT): docs/api/openapi.json clients/python.yaml requirements-dev.txt | setup
	@rm -rf clients/python
	@$(BIN)/openapi-python-client generate --path docs/api/openapi.json --config clients/python.yaml \
		--meta setup --output-path clients/python --overwrite --fail-on-warning
	@touch $@

# Not throttled: what is tried is what the API answers, not how often.
test-api-fuzz: setup ## schemathesis against the running API (FUZZ="--only customers --seed 1")
	@API_REQUESTS_PER_SECOND=0 API_USAGE_REQUESTS_PER_SECOND=0 $(STACK) exec --root .stack/fuzz --fresh --processes -- \
		$(BIN)/python -m tests.schemathesis $(FUZZ)

fix: setup ## format, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

cases: setup ## write the legal cases as e-invoices and PDFs into .stack/cases
	@$(BIN)/python -m tests.documents .stack/cases

# Parts and sizes: see benchmarks/README.md. Statements are counted where the database can.
STATEMENTS := POSTGRES_SETTINGS="shared_preload_libraries=pg_stat_statements"

bench: setup ## measure (ONLY=month_end,burst CONTRACTS=1000000 BENCH="--billed-before")
	@$(STATEMENTS) $(STACK) exec --root .stack/bench --fresh --processes -- \
		$(BIN)/python -m benchmarks $(if $(CONTRACTS),--contracts $(CONTRACTS)) \
		$(if $(ONLY),--only $(ONLY)) $(BENCH)

profile: setup ## show where a worker's time goes at month end (CONTRACTS=20000)
	@$(STATEMENTS) $(STACK) exec --root .stack/profile --fresh -- \
		$(BIN)/python -m benchmarks.profile $(if $(CONTRACTS),--contracts $(CONTRACTS)) $(BENCH)

migrations: setup ## write the migrations that the models ask for
	@$(UNSERVED) $(BIN)/python manage.py makemigrations

# All versions with hashes, from the .in files. A version stays until its .in file asks for
# another; UPGRADE=1 takes the latest of the others.
lock: setup ## write requirements*.txt anew from requirements*.in
	@test -x .stack/venv-lock/bin/uv || { $(PYTHON) -m venv .stack/venv-lock && \
		.stack/venv-lock/bin/pip install --quiet uv==0.13.9; }
	@for name in requirements requirements-dev config/stack/requirements-servers config/stack/requirements-sqs; do \
		.stack/venv-lock/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 \
			--no-build --generate-hashes --no-header $(if $(UPGRADE),--upgrade) \
			--output-file $$name.txt $$name.in || exit 1; \
	done
	@{ echo "-r requirements.txt"; cat requirements-dev.txt; } > requirements-dev.new && \
		mv requirements-dev.new requirements-dev.txt

# Every target sets up what it needs in .venv; `make help` lists them.
PYTHON ?= python3
ENGINES ?= ministack dynamodb-local dynoxide
PYTHONS ?= 3.11 3.12 3.13 3.14
# Further options of pytest for the runs on the wheel.
SUITE ?=
REQUEST ?=
OLDEST_BOTO3 = 1.34.0
# The long searches. Coverage would triple their time, and the other tests cover all lines.
DEEP = tests/machine tests/model tests/races tests/house/test_forgotten.py tests/lifecycle/test_late_copies.py \
	tests/capacity/test_report.py tests/benchmarks
# What searches long, or looks at the checkout or at templates, does not depend on the Python or the boto3 that it runs on.
QUICKER = $(patsubst %,--ignore=%,$(DEEP) tests/house tests/capacity tests/examples tests/monitoring tests/table/test_service.py)
LOCK = .venv/publish/bin/python -m uv pip compile --quiet --universal --python-version 3.11 --upgrade \
	--generate-hashes --no-header --no-annotate

BIN = .venv/bin
PIP = -m pip --quiet --disable-pip-version-check install

.DEFAULT_GOAL := help
.PHONY: help demo test test-deep test-engines test-wheel test-pythons test-oldest check format soak capacity growth growth-publish layer test-layer cdk cdk-with-node publish-check lock prepare release docs bench bench-publish clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

demo: .venv/.demo ## tell a job's life, then run real requests, on an embedded AWS (REQUEST=file for one of your own)
	@$(BIN)/python examples/demo.py $(if $(REQUEST),--request "$(REQUEST)")

test: .venv/.test ## run the test suite on moto, with coverage
	@$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest --numprocesses auto --dist worksteal $(DEEP:%=--ignore=%) --ignore=tests/typing
	@$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

test-deep: .venv/.test ## run the long searches: model checker, state machine, races, forgotten steps, more examples
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(DEEP)
	JOBS_EXAMPLES=deep $(BIN)/python -m pytest --numprocesses auto --dist worksteal -m hypothesis $(DEEP:%=--ignore=%)

test-engines: .venv/.test ## run the suite on real engines (ENGINES="ministack dynoxide" for some, BRIEF=--brief for less)
	$(BIN)/python -m tests.engines $(BRIEF) $(ENGINES)

test-wheel: .venv ## run the test suite on the installed wheel, where the source cannot be imported
	$(BIN)/python -m release.suite -- $(QUICKER)

test-pythons: .venv ## the same on every other supported Python that this machine has
	@for version in $(PYTHONS); do \
		if $(BIN)/python -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$$version')"; then continue; fi; \
		for python in python$$version $$HOME/.pyenv/versions/$$version.*/bin/python none; do \
			$$python -c '' 2>/dev/null && break; done; \
		if [ $$python = none ]; then echo "SKIPPED: python$$version is not on this machine"; continue; fi; \
		$(BIN)/python -m release.suite --python $$python -- $(QUICKER) $(SUITE) || exit 1; done

test-oldest: .venv ## the same with the oldest supported boto3
	$(BIN)/python -m release.suite --with boto3==$(OLDEST_BOTO3) -- $(QUICKER) $(SUITE)

check: .venv/.lint ## check format, lint, types and the floors
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --quiet tests/typing
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tests.typing.completeness

format: .venv/.lint ## format the code
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

soak: .venv/.test ## run thousands of jobs with faults injected on a real engine (SOAK="--jobs 300" for a short run)
	$(BIN)/python -m tests.engines.install dynoxide
	$(BIN)/python -m benchmarks.soak $(SOAK)

capacity: .venv/.test ## print the capacity units that jobs consume (REQUEST=file for your own, CAPACITY=--write for the docs)
	$(BIN)/python -m benchmarks.capacity $(CAPACITY) $(if $(REQUEST),--request "$(REQUEST)")
	$(BIN)/python -m benchmarks.shards

growth: .venv/.test ## measure how cost grows with the table on a real engine (GROWTH=--quick for a short run, --million for a long one)
	$(BIN)/python -m tests.engines.install dynoxide
	$(BIN)/python -m benchmarks.growth $(GROWTH)

growth-publish: ## the same, and write the tables and charts of growth in costs.md
	@$(MAKE) --no-print-directory growth GROWTH="--json docs/explanation/costs/growth.json $(GROWTH)"
	$(BIN)/python -m benchmarks.capacity --write

layer: .venv/publish/.ready ## build the Lambda layers from the wheel, slim and full, into dist/ (LAYER=--with-boto3 for another)
	.venv/publish/bin/python layer/build.py $(LAYER)
	$(if $(LAYER),,.venv/publish/bin/python layer/build.py --full --constraint requirements/layer.txt)

test-layer: .venv/.test ## run the examples with the layer under AWS's runtime client, on every Python of this machine
	$(BIN)/python -m tests.engines.install ministack
	$(BIN)/python -m pytest tests/layer

cdk: ## synthesise the CDK example into dist/cdk.out, and check and test the constructs (needs Node)
	@if command -v node >/dev/null; then $(MAKE) --no-print-directory cdk-with-node; \
		else echo "SKIPPED: the CDK needs Node, which is not on this machine"; test -z "$$CI"; fi

cdk-with-node: .venv/cdk/.ready
	@ls dist/careervp-jobs-dal-layer-full-[0-9]*.zip >/dev/null 2>&1 || $(MAKE) --no-print-directory layer
	cd examples/cdk && CDK_OUTDIR=$(CURDIR)/dist/cdk.out $(CURDIR)/.venv/cdk/bin/python app.py
	.venv/cdk/bin/python -m pyright --project tests/cdk --pythonpath .venv/cdk/bin/python
	PATH="$(CURDIR)/.venv/cdk/bin:$$PATH" .venv/cdk/bin/python -m tests.typing.completeness --cdk
	.venv/cdk/bin/python -m coverage run --rcfile tests/cdk/coverage.toml -m pytest --confcutdir=tests/cdk tests/cdk
	.venv/cdk/bin/python -m coverage report --rcfile tests/cdk/coverage.toml

publish-check: .venv/publish/.ready ## build, publish and install on loopback, and show what dependency confusion does
	.venv/publish/bin/python -m release.check
	.venv/publish/bin/python -m pytest --confcutdir=tests/packaging tests/packaging

prepare: .venv ## write the version and the changelog's heading (VERSION=X.Y.Z)
	@$(BIN)/python -m release.prepare $(VERSION)

release: .venv/publish/.ready ## build what a release consists of into dist/
	.venv/publish/bin/python -m release.build

lock: .venv/publish/.ready ## choose the versions, with hashes, of what tests the wheel, and builds and publishes a release
	$(LOCK) --group publish --output-file requirements/publish.txt
	$(LOCK) pyproject.toml --output-file requirements/layer.txt
	$(LOCK) pyproject.toml --group test --output-file requirements/test.txt

.venv/publish/.ready: requirements/publish.txt | .venv
	@echo "Setting up .venv/publish ..."
	@$(BIN)/python -m venv .venv/publish
	@.venv/publish/bin/python $(PIP) --upgrade pip
	@.venv/publish/bin/python $(PIP) --require-hashes --requirement requirements/publish.txt
	@touch $@

.venv/cdk/.ready: pyproject.toml | .venv
	@echo "Setting up .venv/cdk ..."
	@$(BIN)/python -m venv .venv/cdk
	@.venv/cdk/bin/python $(PIP) --upgrade pip
	@.venv/cdk/bin/python $(PIP) --editable '.[cdk]' --group cdk
	@touch $@

docs: .venv/.docs .venv/.test ## build the documentation, execute its examples, and search it as its readers do
	@rm -rf docs/_build
	$(BIN)/sphinx-build -q -E -W -n -b html docs docs/_build/html
	$(BIN)/sphinx-build -q -W -b doctest docs docs/_build/doctest
	JOBS_SITE=docs/_build/html $(BIN)/python -m pytest --quiet tests/site
	@echo "docs/_build/html/index.html"

bench: .venv/.demo ## measure the library beside its peers, then capacity, shards and, briefly, growth (BENCH=--quick for a short run)
	-@$(BIN)/python -m tests.engines.install dynoxide
	$(BIN)/python -m benchmarks $(BENCH)
	$(BIN)/python -m benchmarks.capacity
	$(BIN)/python -m benchmarks.shards
	-$(BIN)/python -m benchmarks.growth --quick

bench-publish: ## the same, and write the tables and pictures of performance.md and costs.md, except growth
	@$(MAKE) --no-print-directory bench BENCH="--publish $(BENCH)"
	$(BIN)/python -m benchmarks.capacity --write

clean: ## remove what the targets made, but not the engines
	rm -rf .venv .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache dist docs/_build

.venv:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else 0'
	@$(PYTHON) -m venv .venv

.venv/.docs: .venv/.demo
.venv/.%: pyproject.toml | .venv
	@echo "Setting up .venv for $* ..."
	@$(BIN)/python $(PIP) --upgrade pip
	@$(BIN)/python $(PIP) --editable . --group $*
	@touch $@

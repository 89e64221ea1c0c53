"""The package as a whole: its door, what it imports, and that its names are typed."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

import careervp_jobs_dal
from benchmarks import stub

ROOT = Path(__file__).parents[2]
SHIPPED = Path(str(careervp_jobs_dal.__file__)).resolve().parent


def test_what_is_tested_is_the_checkout_or_where_it_has_no_source_the_installed_wheel() -> None:
    source = ROOT / "careervp_jobs_dal"
    installed = Path(sysconfig.get_path("purelib")) / "careervp_jobs_dal"

    assert careervp_jobs_dal.__file__ is not None
    assert Path(careervp_jobs_dal.__file__).resolve().parent == (source if source.exists() else installed).resolve()


def test_the_public_names_are_sorted_and_all_there() -> None:
    assert careervp_jobs_dal.__all__ == sorted(careervp_jobs_dal.__all__)
    assert dir(careervp_jobs_dal) == careervp_jobs_dal.__all__
    for name in careervp_jobs_dal.__all__:
        assert getattr(careervp_jobs_dal, name) is not None


def test_a_type_checker_sees_the_names_that_are_there() -> None:
    tree = ast.parse((SHIPPED / "__init__.py").read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module != "typing"]
    seen = {alias.name: node.module for node in imports for alias in node.names if alias.asname == alias.name}

    rooms = {name: f"careervp_jobs_dal.{room}" for name, room in careervp_jobs_dal._ROOMS.items()}
    assert seen == rooms | {"__version__": "careervp_jobs_dal.version"}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        careervp_jobs_dal.no_such_name  # noqa: B018


IMPORTS = {
    "import careervp_jobs_dal": {"careervp_jobs_dal"},
    "from careervp_jobs_dal import *; JobsRepository('jobs'); UpdateExpression().set('a', 1).to_kwargs()": {
        "careervp_jobs_dal"
    },
    """
from careervp_jobs_dal import JobsRepository
repository = JobsRepository("jobs")
repository.dynamodb.meta.client.meta.events.register_first(
    "before-send.dynamodb", lambda **_: (_ for _ in ()).throw(KeyboardInterrupt)
)
try:
    repository.update_job_status("vpr-1", "COMPLETED")
except KeyboardInterrupt:
    pass
""": {"boto3", "botocore", "careervp_jobs_dal", "certifi", "dateutil", "jmespath", "s3transfer", "six", "urllib3"},
}


@pytest.mark.parametrize(("code", "expected"), IMPORTS.items(), ids=["import", "names", "call"])
def test_nothing_more_is_imported_than_is_needed(code: str, expected: set[str]) -> None:
    packages = {module.partition(".")[0] for module in modules_of(code)}

    assert packages - sys.stdlib_module_names - {"__mp_main__"} <= expected
    assert "careervp_jobs_dal" in packages


LIFE = """
from datetime import timedelta
from careervp_jobs_dal import JobsRepository
repository = JobsRepository("jobs", transport="direct")
repository.connect().unwrap()
job_id = repository.submit_job("key-1", {"text": "a" * 5000}).unwrap().job_id
repository.find_status(job_id).unwrap()
claim = repository.claim_job(job_id, lease=timedelta(minutes=5)).unwrap()
claim = repository.renew_claim(claim, lease=timedelta(minutes=5)).unwrap()
repository.complete_job(claim, cost_usd=0.5).unwrap()
repository.update_job_status(job_id, "COMPLETED", result_key="reports/1").unwrap()
assert repository.get_job(job_id)["result_key"] == "reports/1"
assert not repository.create_job(repository.find_job(job_id).unwrap())
"""
SLOW = {"asyncio", "email", "encodings.idna", "http", "http.client", "pathlib", "ssl", "urllib.parse", "urllib.request"}
"""What the standard library has, costs a cold start much, and a job's life needs not."""


def test_a_whole_life_on_the_direct_way_imports_no_boto3_no_powertools_and_nothing_slow() -> None:
    with stub.running() as address:
        modules = modules_of(LIFE, AWS_ENDPOINT_URL_DYNAMODB=address)

    assert {module.partition(".")[0] for module in modules} - sys.stdlib_module_names == {"careervp_jobs_dal"}
    assert not modules & SLOW


def modules_of(code: str, **settings: str) -> set[str]:
    """Run a program, and list the modules that it has imported."""
    listing = f"import sys; before = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before))"
    environment = {**os.environ, **settings}
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True, env=environment)
    assert not done.stderr  # Python ends without a complaint
    return set(done.stdout.split())


START = """
    aws aws.backend aws.bounded aws.connection aws.credential aws.direct_error aws.environment aws.expectation
    aws.failure aws.fork aws.gateway aws.log aws.polling aws.resource aws.route aws.shortcut aws.time_out
    aws.transaction aws.transport aws.user_agent
    codec codec.attribute_value codec.fingerprint codec.packing codec.values expressions
    job job.attribute job.index job.instant job.invalid_input job.line job.misspelling job.nonce job.record job.request
    job.snapshot job.status job.transition job.validation job.verb
    plans plans.backoff plans.cancellation plans.condition plans.contract plans.ending plans.field plans.guard
    plans.history plans.lease plans.lookup plans.plan plans.refusal plans.requeue plans.statement plans.submission
    repository result version
"""
"""What a cold start loads of the library, and pays for: a new name here wants a reason."""
MORE = {"boto3": "", "direct": "aws.direct aws.http_answer aws.selection aws.signature aws.socket_pool"}


@pytest.mark.parametrize("way", MORE)
def test_a_start_loads_these_modules_of_the_library_and_no_others(way: str) -> None:
    code = "from careervp_jobs_dal import JobsRepository; JobsRepository('jobs').connect().unwrap()"

    modules = modules_of(code, JOBS_TRANSPORT=way)
    ours = {module.partition(".")[2] for module in modules if module.startswith("careervp_jobs_dal.")}

    assert ours == {*START.split(), *MORE[way].split()}


def test_a_worker_loads_what_it_was_asked_for_and_nothing_slow() -> None:
    with stub.running() as address:
        code = LIFE.partition("claim = ")[0] + "from careervp_jobs_dal import JobWorker\nJobWorker(repository, print)"
        modules = modules_of(code, AWS_ENDPOINT_URL_DYNAMODB=address)

    assert {module.partition(".")[0] for module in modules} - sys.stdlib_module_names == {"careervp_jobs_dal"}
    assert not modules & SLOW
    assert not modules & {f"careervp_jobs_dal.worker.{name}" for name in ("dead_letter", "heartbeat", "result_store")}


def test_the_runtime_dependencies_are_boto3_and_powertools() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    names = {requirement.partition(">")[0] for requirement in project["dependencies"]}
    assert names == {"boto3", "aws-lambda-powertools"}

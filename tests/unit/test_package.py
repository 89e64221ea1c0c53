"""The package as a whole: its door, what it imports, and that its names are typed."""

from __future__ import annotations

import ast
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

import careervp_jobs_dal

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
    listing = f"import sys; before = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before))"

    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)

    packages = {module.partition(".")[0] for module in done.stdout.split()}
    assert packages - sys.stdlib_module_names - {"__mp_main__"} <= expected
    assert "careervp_jobs_dal" in packages


START = """
    aws aws.backend aws.connection aws.credential aws.environment aws.exchange aws.expectation aws.failure aws.gateway
    aws.loader aws.log aws.polling
    codec codec.attribute_value codec.fingerprint codec.packing codec.values expressions
    job job.attribute job.index job.instant job.invalid_input job.line job.misspelling job.nonce job.record job.snapshot
    job.status job.transition job.validation job.verb
    plans plans.backoff plans.condition plans.contract plans.ending plans.field plans.guard plans.lease plans.lookup
    plans.plan plans.refusal plans.statement plans.submission
    repository result version
"""
"""What a cold start loads of the library, and pays for: a new name here wants a reason."""


def test_a_start_loads_these_modules_of_the_library_and_no_others() -> None:
    listing = """
import sys
from careervp_jobs_dal import JobsRepository
JobsRepository("jobs").connect().unwrap()
print(*(name.partition(".")[2] for name in sys.modules if name.startswith("careervp_jobs_dal.")))
"""
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)

    assert sorted(done.stdout.split()) == sorted(START.split())


def test_the_runtime_dependencies_are_boto3_and_powertools() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    names = {requirement.partition(">")[0] for requirement in project["dependencies"]}
    assert names == {"boto3", "aws-lambda-powertools"}

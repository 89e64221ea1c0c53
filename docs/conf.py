"""The documentation: built by `sphinx-build -W -n -b html docs docs/_build/html`, checked with `-b doctest`."""

from __future__ import annotations

import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if find_spec("careervp_jobs_dal") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from careervp_jobs_dal.version import __version__

sys.path.insert(0, str(Path(__file__).resolve().parent / "extensions"))

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = str(Path(__file__).resolve().parents[1])

project = "careervp-jobs-dal"
author = "CareerVP"
copyright = "CareerVP"  # noqa: A001  # Sphinx asks for this name
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "fence",
    "joint",
    "link",
    "menu",
    "picture",
    "searchword",
    "summary",
]
exclude_patterns = ["_build", "_menu.md", "reference/_menu.md"]
autodoc_mock_imports = ["aws_cdk", "constructs"]  # the CDK is large, and needs Node
default_role = "code"  # docstrings write `name`
nitpicky = True
nitpick_ignore = [
    ("py:class", name)
    for name in (
        "AbstractContextManager",
        "AbstractSet",
        "ConditionBase",
        "Delay",
        "DynamoDBServiceResource",
        "EphemeralMetrics",
        "Event",
        "Handler",
        "Hook",
        "Metrics",
        "P",
        "Path",
        "Projection",
        "Role",
        "Severity",
        "T_co",
        "Table",
        "UUID",
        "Work",
        "_Success",
        "careervp_jobs_dal.kind.P",
        "careervp_jobs_dal.kind.R",
        "careervp_jobs_dal.kind.Submitter",
        "collections.abc.Callable",
        "collections.abc.Mapping",
        "datetime",
        "datetime.datetime",
        "datetime.timedelta",
        "Random",
        "random.Random",
        "timedelta",
    )
]

# The CDK's own.
nitpick_ignore_regex = [
    ("py:class", r"Construct|CfnResource|(aws_cdk\..+|dynamodb|iam|kms|lambda_|sns|sqs)\.\w+"),
]

myst_heading_anchors = 4

add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_use_ivar = True
napoleon_use_rtype = False
smartquotes_action = "D"  # dashes only: quotes in docstrings are code
python_maximum_signature_line_length = 60

# Every example on every page runs against an AWS inside the process, with this table and this repository.
doctest_global_setup = f"""
ROOT = {ROOT!r}
import os
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
os.environ["POWERTOOLS_LOG_LEVEL"] = "CRITICAL"  # some examples are failures

from datetime import timedelta
from moto import mock_aws
aws = mock_aws()
aws.start()

from careervp_jobs_dal import *
import boto3
from careervp_jobs_dal.testing import *
repository = JobsRepository(create_table("jobs", optional_indexes=True).unwrap())
import asyncio
jobs = AsyncJobsRepository.of(repository)

lambda_context = LambdaContext()

class s3:
    put_object = staticmethod(lambda **_: None)

    @staticmethod
    def get_paginator(_):
        class Pages:
            paginate = staticmethod(lambda **_: [{{}}])

        return Pages

class sqs:
    @staticmethod
    def send_message_batch(*, Entries, **_):
        return {{"Successful": [{{"Id": entry["Id"]}} for entry in Entries]}}

def only_vpr_1():
    repository.table.delete_item(Key={{"job_id": "vpr-1"}})
    repository.create_job({{
        "job_id": "vpr-1",
        "status": "PENDING",
        "created_at": "2026-02-03T13:05:32Z",
        "idempotency_key": "user-1/application-7",
    }}).unwrap()
"""
doctest_global_cleanup = "aws.stop()"


def begin_anew(_app: object, _what: str, _name: str, _obj: object, _options: object, lines: list[str]) -> None:
    """Each docstring's example finds the job as if no other example had run."""
    first = next((number for number, line in enumerate(lines) if line.startswith(">>>")), None)
    if first is not None:
        lines[first:first] = [".. testcode::", "   :hide:", "", "   only_vpr_1()", ""]


def name_functions(
    _app: object, _what: str, _name: str, _obj: object, _options: object, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """A function that is a default is shown by its name."""
    return signature and re.sub(r"<function (\w+)>", r"\1", signature), returns


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-signature", name_functions)
    app.connect("autodoc-process-docstring", begin_anew)


html_theme = "furo"
pygments_dark_style = "github-dark"  # furo's own underlines names as if they were links
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_search_scorer = str(Path(__file__).with_name("scorer.js"))

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

"""Every example in a docstring is executed, with a repository that holds one job."""

from __future__ import annotations

import doctest
import os
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import boto3
import pytest

import careervp_jobs_dal
from careervp_jobs_dal import AsyncJobsRepository, JobKind, JobRequest, JobsRepository, JobWorker, create_table, testing

# The CDK is not installed here.
CDK = "careervp_jobs_dal.infrastructure.cdk"
MODULES = [
    module.name for module in walk_packages(careervp_jobs_dal.__path__, "careervp_jobs_dal.") if module.name != CDK
]
EXAMPLES = [
    example
    for module in MODULES
    for example in doctest.DocTestFinder(exclude_empty=True).find(import_module(module))
    if example.examples
]


@dataclass
class LetterRequest:
    """The payload of a kind."""

    company: str


class S3:
    """A client that takes every object."""

    def put_object(self, **_: object) -> None: ...

    def get_paginator(self, _: str) -> S3:
        return self

    def paginate(self, **_: object) -> list[dict[str, Any]]:
        return [{}]


class Sqs:
    """A client that takes every message."""

    def send_message_batch(self, *, Entries: list[dict[str, Any]], **_: object) -> dict[str, Any]:  # noqa: N803
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


@pytest.fixture
def table_name() -> str:
    return create_table("jobs-of-examples", optional_indexes=True).unwrap()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_gives_what_it_says(
    repository: JobsRepository, job: dict[str, Any], example: doctest.DocTest
) -> None:
    repository.create_job(job).unwrap()
    example.globs |= {"repository": repository, "timedelta": timedelta, "lambda_context": testing.LambdaContext()}
    example.globs["jobs"] = AsyncJobsRepository.of(repository)
    example.globs |= {name: getattr(testing, name) for name in testing.__all__} | {"boto3": boto3, "os": os}
    example.globs |= {
        "JobKind": JobKind,
        "JobRequest": JobRequest,
        "JobWorker": JobWorker,
        "LetterRequest": LetterRequest,
        "s3": S3(),
        "sqs": Sqs(),
    }

    outcome = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(example)

    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.parametrize("name", [*careervp_jobs_dal.__all__, *testing.__all__])
def test_every_public_method_has_an_example(name: str) -> None:
    room = getattr(testing if name in testing.__all__ else careervp_jobs_dal, name)
    if not isinstance(room, type) or issubclass(room, Exception | str | dict) or getattr(room, "_is_protocol", False):
        return
    with_example = {example.name.partition(f".{name}.")[2] for example in EXAMPLES}
    methods = {key for key in dir(room) if callable(vars(room).get(key)) and not key.startswith("_")}

    assert methods <= with_example, "give it an example in its docstring"

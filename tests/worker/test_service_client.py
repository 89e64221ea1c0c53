"""A client of another service is made on first use, once in each process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from careervp_jobs_dal.aws import service_client
from careervp_jobs_dal.aws.service_client import ServiceClient


def test_threads_share_one_client_that_is_made_on_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    make = boto3.client

    def counted(*arguments: object, **options: object) -> object:
        made.append(make(*arguments, **options))  # type: ignore[call-overload]
        return made[-1]

    monkeypatch.setattr(boto3, "client", counted)
    client = ServiceClient("sqs", connect_timeout=1)
    assert made == []

    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda _: client.get(), range(8)))

    assert len(made) == 1
    assert all(each is made[0] for each in got)
    assert got[0].meta.config.connect_timeout == 1


def test_a_forked_child_makes_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    client = ServiceClient("sqs")
    first = client.get()

    monkeypatch.setattr(service_client, "fork_count", lambda: 1)

    assert client.get() is not first
    assert client.get() is client.get()


def test_a_client_that_cannot_be_made_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client = ServiceClient("sqs")
    with monkeypatch.context() as without:
        without.delenv("AWS_DEFAULT_REGION")
        with pytest.raises(Exception, match="region"):
            client.get()

    assert client.get().meta.region_name == "eu-west-1"

"""The queue and the bucket of these tests are moto's, also where the tables are on another engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from moto import mock_aws


@pytest.fixture(autouse=True)
def queue_and_bucket(aws_environment: None, endpoint_url: str | None) -> Iterator[None]:
    with mock_aws() if endpoint_url else nullcontext():
        yield

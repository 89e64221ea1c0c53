"""An answer is checked before it is timed: a contender that does less than the others is found out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from benchmarks.contenders.child import WORKLOADS, differs, verify
from benchmarks.records import ENDING, SMALL_ID, deep_record, record


class Honest:
    """A table in a dict."""

    def __init__(self) -> None:
        self.table = {one["job_id"]: one for one in (record(SMALL_ID), deep_record(), record("vpr-0f6b1c9a-updated"))}

    def get(self, job_id: str) -> Any:
        return self.table[job_id]

    def update(self, job_id: str) -> Any:
        self.table[job_id] = {**self.table[job_id], **ENDING}
        return self.table[job_id]

    def create(self, job: dict[str, Any]) -> Any:
        self.table[job["job_id"]] = job
        return job

    submit = create

    def life(self, job: dict[str, Any]) -> Any:
        return self.create({**job, "status": "COMPLETED", **ENDING})

    once = life

    def plain(self, answer: Any) -> dict[str, Any]:
        return dict(answer)


@pytest.mark.parametrize("work", WORKLOADS)
def test_the_right_answer_is_right(work: str) -> None:
    assert verify(Honest(), work) is None


@pytest.mark.parametrize("work", ["create", "submit", "life"])
def test_a_write_that_stores_less_is_found(work: str) -> None:
    class Forgetful(Honest):
        def create(self, job: dict[str, Any]) -> Any:
            super().create({**job, "input_data": {}})
            return job

        submit = create

    assert verify(Forgetful(), work) == "wrong or missing: input_data"


def test_an_update_that_returns_the_old_record_is_found() -> None:
    class Late(Honest):
        def update(self, job_id: str) -> Any:
            return self.table[job_id]

    assert verify(Late(), "update") == "wrong or missing: result_key"


def test_a_life_that_does_not_end_is_found() -> None:
    class Endless(Honest):
        def life(self, job: dict[str, Any]) -> Any:
            return self.create(job)

    assert verify(Endless(), "life") == "wrong or missing: status"


def test_a_read_that_leaves_the_request_out_is_found() -> None:
    class Partial(Honest):
        def get(self, job_id: str) -> Any:
            return {name: value for name, value in self.table[job_id].items() if name != "input_data"}

    assert verify(Partial(), "get deep") == "wrong or missing: input_data"


def test_numbers_are_compared_by_value_and_deeply() -> None:
    stored = {"cost": 0.0123, "use": {"parts": [1, 2.5]}, "done": True}
    decimals = {"cost": Decimal("0.0123"), "use": {"parts": [Decimal(1), Decimal("2.5")]}, "done": True}
    assert differs(decimals, stored) is None
    assert differs({**decimals, "use": {"parts": [1, 3]}}, stored) == "wrong or missing: use"

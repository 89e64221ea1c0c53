"""Ids of jobs that are typed in part: the first characters of an id stand for the job, where only one begins so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from careervp_jobs_dal.cli.text import visible
from careervp_jobs_dal.job.index import ACTIVE_JOBS, USER_JOBS
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.result import Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.result import Answer

T = TypeVar("T")

SHORTEST = 4
"""The fewest characters that are taken for the beginning of an id."""
_MOST_NAMED = 10
_CUT_MARKS = "…~"
_WHOLE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Called(NamedTuple, Generic[T]):
    """Answer of a call for a job, and the id for which it was called."""

    job_id: str
    answer: Answer[T]


def by_prefix(
    call: Callable[[str], Answer[T]], job_id: str, jobs: JobsRepository, user_id: str | None = None
) -> Called[T]:
    """Call with an id as it is typed; where no job has it, call with the only id that begins so.

    A search reads the keys of an optional index: a user's jobs, or the unfinished and the failed ones of anybody.
    """
    answer = call(job_id)
    beginning = job_id.rstrip(_CUT_MARKS)
    if answer.code is not ResultCode.NOT_FOUND or len(beginning) < SHORTEST or _WHOLE_ID.fullmatch(job_id):
        return Called(job_id, answer)
    from careervp_jobs_dal.operations.missing_index import is_index_missing
    from careervp_jobs_dal.operations.prefix import find_ids
    from careervp_jobs_dal.repository import backend_of

    found = backend_of(jobs).gateway.sweep(Verb.LIST, find_ids(beginning, user_id))
    index = (ACTIVE_JOBS if user_id is None else USER_JOBS).name
    if found.data is None:
        if not is_index_missing(found):
            return Called(job_id, Result.failure(str(found.error), found.code))
        return Called(job_id, _hinted(answer, f"to find it by its first characters, the table needs the index {index}"))
    if not found.data:
        whose = "no unfinished or failed job's" if user_id is None else "none of the user's"
        return Called(job_id, _hinted(answer, f"{whose} id begins so"))
    if len(found.data) > 1:
        return Called(job_id, Result.failure(_ambiguous(beginning, found.data), ResultCode.VALIDATION_ERROR))
    return Called(found.data[0], call(found.data[0]))


def _hinted(answer: Answer[T], hint: str) -> Answer[T]:
    return Result.failure(f"{answer.error} ({hint})", answer.code)


def _ambiguous(beginning: str, ids: list[str]) -> str:
    more = f" and {len(ids) - _MOST_NAMED:,} more" if len(ids) > _MOST_NAMED else ""
    named = ", ".join(map(visible, ids[:_MOST_NAMED]))
    return f"{len(ids):,} jobs have ids that begin with {visible(beginning)}: {named}{more}"

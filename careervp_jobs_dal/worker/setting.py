"""Checks of a worker's settings, so that a slip shows when the worker is made, and not with each message."""

from __future__ import annotations

from datetime import timedelta
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import TYPE_CHECKING, Any
from uuid import UUID

from careervp_jobs_dal.job.validation import check_max_attempts
from careervp_jobs_dal.plans.lease import LONGEST_LEASE
from careervp_jobs_dal.worker.retry_delay import is_delay

if TYPE_CHECKING:
    from collections.abc import Iterable

_CALLS = ("claim_job", "renew_claim", "complete_job", "fail_job", "release_claim")
_LONGEST_INVOCATION = timedelta(minutes=15)
_RUNS_LATER = (iscoroutinefunction, isasyncgenfunction, isgeneratorfunction)


def check_repository(repository: object) -> None:
    """Check for a repository whose calls need not be awaited.

    Raises:
        ValueError: it is none.
    """
    calls = [getattr(repository, name, None) for name in _CALLS]
    _expect(not any(map(_runs_later, calls)), "repository must be a JobsRepository, not one for asyncio")
    is_one = not isinstance(repository, type) and all(map(callable, calls))
    _expect(is_one, "repository must be a JobsRepository")


def check_work(work: object, span: object = None) -> None:
    """Check for a function that does its work when called, and its span.

    Raises:
        ValueError: the work is no function, or one of `async def` or with `yield`; or the span is no function.
    """
    _expect(span is None or callable(span), "span must be a function of a claim that returns a context manager")
    _expect(callable(work), "work must be a function that takes a claim")
    later = _runs_later(work) or _runs_later(type(work).__call__)
    _expect(not later, "work must do its work when it is called: no async def, no yield; try asyncio.run within it")


def check_failing(permanent: object, retry_delay: object, on_error: object) -> None:
    """Check the settings of failed attempts.

    Raises:
        ValueError: one has no valid value; the message names it.
    """
    is_tuple = isinstance(permanent, tuple) and all(map(_is_exception, permanent))
    _expect(is_tuple, "permanent must be a tuple of exception classes, such as (ValueError,)")
    _expect(
        callable(retry_delay) or is_delay(retry_delay),
        "retry_delay must be a timedelta from 0 to 366 days, or a function of the attempt that returns one",
    )
    _expect(on_error is None or callable(on_error), "on_error must be a function of a claim and an exception")


def check_claiming(lease: object, heartbeat: object, min_remaining: object) -> None:
    """Check the times of a claim.

    Raises:
        ValueError: one is no such time, or the lease is too short for the heartbeat.
    """
    days = LONGEST_LEASE.days
    for name, value in (("lease", lease), ("heartbeat", heartbeat)):
        _expect(
            value is None or _is_time(value, LONGEST_LEASE), f"{name} must be a timedelta above 0, at most {days} days"
        )
    if isinstance(lease, timedelta) and isinstance(heartbeat, timedelta):
        _expect(lease >= 2 * heartbeat, "lease must be at least twice the heartbeat, or one lost beat loses the job")
    _expect(
        _is_time(min_remaining, _LONGEST_INVOCATION),
        "min_remaining must be a timedelta above 0, at most 15 minutes, the longest time of an invocation",
    )


def check_options(max_attempts: object, worker_id: object = None, adopt_unleased: object = False) -> None:
    """Check the options of `claim_job`.

    Raises:
        ValueError: one has no valid value; the message names it.
    """
    check_max_attempts(max_attempts)
    _expect(worker_id is None or isinstance(worker_id, str | UUID), "worker_id must be text or a UUID")
    _expect(isinstance(adopt_unleased, bool), "adopt_unleased must be True or False")


def check_queue(job_id_of: object, queue_url: object, sqs: object) -> None:
    """Check the settings of the queue.

    Raises:
        ValueError: one has no valid value; the message names it.
    """
    _expect(callable(job_id_of), "job_id_of must be a function from a message's body to a job's id")
    is_url = isinstance(queue_url, str) and queue_url.startswith(("https://", "http://"))
    _expect(queue_url is None or is_url, "queue_url must be the queue's whole address, https://…")
    _expect(sqs is None or has_methods(sqs, ["change_message_visibility"]), "sqs must be a boto3 client of SQS")


def check_store(results: object) -> None:
    """Check a store of results.

    Raises:
        ValueError: it is none.
    """
    _expect(results is None or has_methods(results, ["put"]), "results must have a method put, as S3Results has")


def check_public_error(public_error: object) -> None:
    """Check a text for users.

    Raises:
        ValueError: it is anything else.
    """
    _expect(public_error is None or isinstance(public_error, str), "public_error must be text")


def has_methods(value: object, names: Iterable[str]) -> bool:
    """Tell whether an object has methods of these names."""
    return all(callable(getattr(value, name, None)) for name in names)


def _expect(holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(rule)


def _runs_later(function: Any) -> bool:
    """Tell whether a call only makes a coroutine or a generator."""
    return any(check(function) for check in _RUNS_LATER)


def _is_exception(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Exception)


def _is_time(value: object, longest: timedelta) -> bool:
    return isinstance(value, timedelta) and timedelta(0) < value <= longest

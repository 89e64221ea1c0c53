"""`JobKind`: one kind of job, written once, for those who submit it and for those who work on it.

    submitter                                              worker
      LETTER.submit(jobs, key, request) --> table --> queue --> JobWorker(jobs, LETTER.work(write_the_letter))
                                                                  |-- payload_of: is it one of this kind?
                                                                  |-- write_the_letter(request, claim)

The kind's name begins the key and stands in the record, so that kinds can share a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from careervp_jobs_dal.codec.payload import PayloadCodec, codec_of
from careervp_jobs_dal.job.attribute import INPUT_DATA, KIND
from careervp_jobs_dal.job.invalid_input import InvalidPayloadError, OtherKindError
from careervp_jobs_dal.job.record import DEFAULT_MAX_ATTEMPTS
from careervp_jobs_dal.job.request import JobRequest

if TYPE_CHECKING:
    from careervp_jobs_dal.job.record import Claim

P = TypeVar("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Submitter(Protocol[R_co]):
    """Repository, with or without asyncio, that submits jobs."""

    def submit_job(self, idempotency_key: str, input_data: Mapping[str, Any], **options: Any) -> R_co:
        """Create a job, or find it."""
        ...


class JobKind(Generic[P]):
    """Kind of job, with the type of its payload.

    A type checker then knows the payload where the job is submitted, and where it is done.

    Args:
        name: the kind's name, stored as `kind`.
        payload: the type of the payload: a dataclass, a TypedDict or a pydantic model; or a `PayloadCodec`.
        prefix: the text that each key begins with; without it, the name and a colon.
        max_attempts: the number of claims that a job can have, at least 1.

    Raises:
        TypeError: the payload is of no such type, or has a part that the table cannot give back.

    Attributes:
        name: the kind's name.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class LetterRequest:
    ...     company: str
    >>> LETTER = JobKind("letter", LetterRequest)
    >>> request = LetterRequest("Acme")
    >>> submission = LETTER.submit(repository, "application-7", request).unwrap()
    >>> submission.job["idempotency_key"], submission.job["input_data"]
    ('letter:application-7', {'company': 'Acme'})
    >>> work = LETTER.work(lambda request, claim: {"text": f"To {request.company}"})
    >>> worker = JobWorker(repository, work)
    >>> worker.process(submission.job_id, timedelta(minutes=5))
    <ResultCode.SUCCESS: 'SUCCESS'>
    >>> repository.find_job(submission.job_id).unwrap()["text"]
    'To Acme'
    """

    def __init__(
        self,
        name: str,
        payload: type[P] | PayloadCodec[P],
        *,
        prefix: str | None = None,
        max_attempts: int = DEFAULT_MAX_ATTEMPTS,
    ) -> None:
        self.name = name
        self._codec = codec_of(payload)
        self._prefix = f"{name}:" if prefix is None else prefix
        self._max_attempts = max_attempts

    def key(self, key: str) -> str:
        """Return a key as this kind stores it.

        >>> JobKind("letter", LetterRequest).key("application-7")
        'letter:application-7'
        """
        # Anything else is for `submit_job` to refuse.
        return f"{self._prefix}{key}" if isinstance(key, str) and key else key

    def submit(self, jobs: Submitter[R], key: str, payload: P, *, user_id: str | None = None, **options: Any) -> R:
        """Submit a job of this kind by `submit_job`.

        Args:
            jobs: the repository; the answer of an `AsyncJobsRepository` is to be awaited.
            key: the idempotency key, without the kind's prefix.
            payload: the payload.
            user_id: the user of the job.
            **options: the other options of `submit_job`, and further attributes.

        Returns:
            The answer of `submit_job`.

        Raises:
            InvalidPayloadError: the payload is not of the kind's type; nothing was sent.
            Exception: of a `PayloadCodec` or a model, when it makes the dict.

        >>> LETTER = JobKind("letter", LetterRequest)
        >>> request = LetterRequest("Acme")
        >>> LETTER.submit(repository, "application-6", request).unwrap().created
        True
        """
        attributes = {KIND: self.name, "max_attempts": self._max_attempts, **options}
        return jobs.submit_job(self.key(key), self._dumped(payload), user_id=user_id, **attributes)

    def request(
        self,
        key: str,
        payload: P,
        *,
        user_id: str | None = None,
        fields: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> JobRequest:
        """Make the request for a job of this kind, for `submit_jobs`.

        Args:
            key: as in `submit`.
            payload: the payload.
            user_id: the user of the job.
            fields: further attributes.
            **options: the other attributes of `JobRequest`.

        Raises:
            InvalidPayloadError: the payload is not of the kind's type.
            TypeError: an option is none of `JobRequest`.
            Exception: of a `PayloadCodec` or a model, when it makes the dict.

        >>> LETTER = JobKind("letter", LetterRequest)
        >>> requests = [LETTER.request(f"application-{n}", LetterRequest("Acme"), user_id="user-1") for n in (20, 21)]
        >>> [result.unwrap().job["kind"] for result in repository.submit_jobs(requests)]
        ['letter', 'letter']
        """
        options = {"max_attempts": self._max_attempts, **options}
        attributes = {KIND: self.name, **(fields or {})}
        return JobRequest(self.key(key), self._dumped(payload), user_id=user_id, fields=attributes, **options)

    def _dumped(self, payload: P) -> Mapping[str, Any]:
        try:
            return self._codec.dump(payload)
        except InvalidPayloadError as refused:
            raise refused.within(f".{INPUT_DATA}") from None

    def payload_of(self, job: Mapping[str, Any]) -> P:
        """Return the payload of a job's record, such as `claim.job`.

        A record that names no kind may be of this one.

        Raises:
            OtherKindError: the job is of another kind.
            InvalidPayloadError: its `input_data` is no payload of this one.

        >>> LETTER = JobKind("letter", LetterRequest)
        >>> LETTER.payload_of({"kind": "letter", "input_data": {"company": "Acme"}})
        LetterRequest(company='Acme')
        >>> LETTER.payload_of({"kind": "letter", "input_data": {}})
        Traceback (most recent call last):
        careervp_jobs_dal.job.invalid_input.InvalidPayloadError: input_data.company: is missing
        """
        if job.get(KIND, self.name) != self.name:
            raise OtherKindError(f"the job is no {self.name}").within(f".{KIND}")
        stored = job.get(INPUT_DATA)
        if not isinstance(stored, Mapping):
            raise InvalidPayloadError("must be a dict").within(f".{INPUT_DATA}")
        try:
            return self._codec.load(stored)
        except InvalidPayloadError as refused:
            raise refused.within(f".{INPUT_DATA}") from None
        except Exception as error:
            # The text of the exception may quote a value.
            raise InvalidPayloadError(f"refused with {type(error).__name__}").within(f".{INPUT_DATA}") from None

    def work(self, function: Callable[[P, Claim], R]) -> Callable[[Claim], R]:
        """Make the work of a `JobWorker` of a function that takes payload and claim.

        `JobWorker` fails a job at once, whose payload is none of this kind, and leaves a job of another kind alone.

        >>> LETTER = JobKind("letter", LetterRequest)
        >>> work = LETTER.work(lambda request, claim: {"text": f"To {request.company}"})
        >>> JobWorker(repository, work).process("no such job", timedelta(minutes=5))
        <ResultCode.NOT_FOUND: 'NOT_FOUND'>
        """
        if iscoroutinefunction(function):
            return self._work_later(function)

        @wraps(function)
        def work(claim: Claim) -> R:
            return function(self.payload_of(claim.job), claim)

        return work

    def _work_later(self, function: Callable[[P, Claim], Any]) -> Callable[[Claim], Any]:
        @wraps(function)
        async def work(claim: Claim) -> Any:
            return await function(self.payload_of(claim.job), claim)

        return work

    def __repr__(self) -> str:
        return f"JobKind({self.name!r})"

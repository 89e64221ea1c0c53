"""The driver of plans: it sends their requests, and turns every failure into a code.

    repository        gateway                         DynamoDB
      | -- plan ------> | ---- request -----------------> |
      |                 | <--- clash with another writer  |  sent again, after a backoff
      |                 | ---- the same request --------> |
      |                 | <--- refusal, with the record - |
      |                 |  the plan reads it: "was it my own first copy?"
      | <-- Result ---- |

All requests of a plan, with their retries, share one deadline. A request that would come too late is not sent; the plan
is told so for an optional request, and may answer with the part that it has. Log lines carry ids, codes and the frames
of an exception, never a value.
"""

from __future__ import annotations

import random
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Never, TypeVar

from careervp_jobs_dal.aws.direct_error import DIRECT_ERRORS
from careervp_jobs_dal.aws.expectation import checked, require_job
from careervp_jobs_dal.aws.failure import (
    CLASHES,
    Failure,
    GarbledAnswerError,
    SendError,
    aws_error_code,
    aws_response,
    diagnose,
    is_cancelled,
    is_condition_failure,
    leaves_doubt,
    misconfigured,
)
from careervp_jobs_dal.aws.log import frames_of, write_line
from careervp_jobs_dal.aws.transaction import cancellation_code, refusals
from careervp_jobs_dal.codec.attribute_value import read_stored
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.snapshot import CorruptRecordError
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.plans.backoff import MOST_CLASH_TRIES, RETRIES
from careervp_jobs_dal.plans.plan import MOST_AT_ONCE, Plan, Reply, Request, Sweep
from careervp_jobs_dal.plans.refusal import corrupt, invalid
from careervp_jobs_dal.result import Answer, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from careervp_jobs_dal.aws.observer import ObservedCall, Observer
    from careervp_jobs_dal.aws.route import Route
    from careervp_jobs_dal.aws.transport import Delivery, Transport

T = TypeVar("T")

_OVERDUE = Failure(ResultCode.UNAVAILABLE, "The deadline passed between two requests", "TimeoutError")
_LATE = Reply({}, late=True)
_WRITES = frozenset({"delete_item", "put_item", "transact_write_items", "update_item"})


class Gateway:
    """Driver of the plans for one table, each with a deadline in seconds."""

    def __init__(self, route: Route, table_name: str, deadline: float, observer: Observer | None = None) -> None:
        self._route = route
        self._table_name = table_name
        self._deadline = deadline
        self._observer = observer

    def run(self, verb: Verb, plan: Plan[T]) -> Answer[T]:
        """Send the requests of a plan, one after the other, until it answers."""
        try:
            return self._watched(verb, partial(self._follow, verb, plan))
        except SendError as failed:
            return failed.failure.result()

    def read(self, verb: Verb, plan: Plan[T | None], *, none_on_aws_error: bool) -> T | None:
        """Run a plan for a caller that gets data alone, without a `Result`.

        A failure is raised as boto3 raised it, and one to read the answer as an error of botocore. With
        `none_on_aws_error`, an error that DynamoDB answered gives None.
        """
        try:
            result = self._watched(verb, partial(self._follow, verb, plan))
        except SendError as failed:
            if none_on_aws_error and aws_response(failed.error) is not None:
                return None
            raise _as_raised(failed) from None
        if not result:
            raise _unreadable(result.error)
        return result.data

    def sweep(self, verb: Verb, sweep: Sweep[T]) -> Answer[T]:
        """Run the plans of a sweep, each with its own deadline, until it answers.

        The plans of a list run side by side, in threads that end with the sweep.
        """
        from careervp_jobs_dal.aws.crew import Crew

        answer: Any = None
        with Crew(MOST_AT_ONCE) as crew:
            while True:
                try:
                    asked = sweep.send(answer)
                except StopIteration as answered:
                    result: Answer[T] = answered.value
                    return result
                except (InvalidInputError, OverflowError) as refused:
                    return self.refuse(verb, _as_refusal(refused))
                run = partial(self.run, verb)
                answer = crew.each(run, asked) if isinstance(asked, list) else run(asked)

    def refuse(self, verb: Verb, error: InvalidInputError) -> Answer[Never]:
        """Answer a call whose arguments were refused before there was a plan."""
        return self.run(verb, _raising(error))

    def connect(self) -> Answer[None]:
        """Make the client, or the direct connection, now."""
        return self._watched(Verb.CONNECT, self._connected)

    def _connected(self, _: ObservedCall | None) -> Answer[None]:
        try:
            self._route.connect()
        except Exception as error:
            return self._failed(Verb.CONNECT, None, error, self._diagnosed(error, unsent=True)).failure.result()
        return Result.success(None)

    def _watched(self, verb: Verb, follow: Callable[[ObservedCall | None], Answer[T]]) -> Answer[T]:
        return follow(None) if self._observer is None else self._observer.watch(verb, follow)

    def _follow(self, verb: Verb, plan: Plan[T], call: ObservedCall | None) -> Answer[T]:
        give_up_at = time.monotonic() + self._deadline
        job_id = None
        doubtful = False
        try:
            request = next(plan)
            in_time = True
            while True:
                job_id = request.job_id
                if in_time:
                    sending = _Sending(request, give_up_at, doubtful=doubtful)
                    reply = self._send(verb, sending, call)
                    # A record shows whether a first copy was carried out; a refusal without one leaves it open.
                    doubtful = sending.doubtful and reply.refused and reply.item is None
                elif request.optional:
                    reply = _LATE
                else:
                    failure = _OVERDUE.in_doubt(job_id) if doubtful else _OVERDUE
                    raise self._failed(verb, job_id, TimeoutError(), failure)
                request = plan.send(reply)
                in_time = time.monotonic() + request.pause <= give_up_at
        except StopIteration as answered:
            result: Answer[T] = answered.value
            return result
        except (InvalidInputError, OverflowError) as refused:
            return invalid(_as_refusal(refused))
        except CorruptRecordError as attribute:
            result = corrupt(job_id, attribute)
            self._log(verb, job_id, attribute, Failure(result.code, "", type(attribute).__name__))
            return result

    def _send(self, verb: Verb, sending: _Sending, call: ObservedCall | None) -> Reply:
        request = sending.request
        if request.pause:
            time.sleep(random.uniform(0, request.pause))  # noqa: S311  # no secret depends on it
        parameters = request.parameters if call is None else call.begin(request)
        try:
            reply = sending.send(self._route.transport(request.operation), parameters)
        except CorruptRecordError:
            raise
        except Exception as error:
            failure = self._diagnosed(error, unsent=sending.unsent)
            if request.shrinkable and failure.code is ResultCode.ITEM_TOO_LARGE and not sending.doubtful:
                return Reply({}, too_large=True)
            failure = failure.in_doubt(request.job_id) if sending.doubtful else failure
            raise self._failed(verb, request.job_id, error, failure) from error
        if call is not None:
            call.end(request, reply)
        return reply

    def _diagnosed(self, error: Exception, *, unsent: bool) -> Failure:
        place = self._route.place
        return misconfigured(error, place) if unsent else diagnose(error, place=place)

    def _failed(self, verb: Verb, job_id: str | None, error: Exception, failure: Failure) -> SendError:
        self._log(verb, job_id, error, failure)
        return SendError(error, failure)

    def _log(self, verb: Verb, job_id: str | None, error: Exception, failure: Failure) -> None:
        """Write one log line.

        The message repeats the extra fields, because some log handlers drop those.
        """
        frames = frames_of(error)
        ids = {"table": self._table_name, "job_id": job_id, "request_id": failure.request_id}
        codes = {"code": failure.code, "error_code": failure.error_code}
        message = (
            f"{verb} failed: {failure.code} ({failure.error_code}), table {self._table_name}, job {job_id},"
            f" request {failure.request_id}, at {frames}"
        )
        write_line("error", message, {"verb": verb, **codes, **ids, "frames": frames})


class _Sending:
    """Request on its way, with all copies that the transport and this class send.

    Attributes:
        request: the request.
        unsent: whether there was no client that could send it.
        doubtful: whether a copy of a write may have been carried out, although no answer says so.
    """

    def __init__(self, request: Request, give_up_at: float, *, doubtful: bool) -> None:
        self.doubtful = doubtful
        self.unsent = False
        self.request = request
        self._writes = request.operation in _WRITES
        self._give_up_at = give_up_at
        self._resent = False

    def send(self, transport: Transport, parameters: Mapping[str, Any]) -> Reply:
        """Send, and send again after a clash with another writer, until the deadline."""
        longest, tries = 0.0, 0
        while True:
            delivery = transport.send(self.request, parameters, self._give_up_at)
            self.unsent = delivery.unsent
            self._resent = self._resent or delivery.resent
            try:
                return self._reply(delivery)
            except CorruptRecordError:
                raise
            except Exception as error:
                self._note_doubt(not delivery.unsent and (delivery.doubtful or leaves_doubt(error)))
                longest, tries = RETRIES.after(longest), tries + 1
                # Full jitter, so that two writers that clashed once do not meet again.
                pause = random.uniform(0, longest)  # noqa: S311  # no secret depends on it
                late = tries == MOST_CLASH_TRIES or time.monotonic() + pause > self._give_up_at
                if late or not _is_clash(error):
                    raise
            # DynamoDB rejects a write that meets a transaction; no retry mode of botocore sends it again.
            time.sleep(pause)
            self._resent = True

    def _reply(self, delivery: Delivery) -> Reply:
        """Read the answer, or the refusal of a write's condition; raise any other failure."""
        error = delivery.error
        if error is None:
            return Reply(checked(self.request, delivery.answer or {}, examined=delivery.examined))
        response = aws_response(error)
        if response is None or not is_condition_failure(response):
            raise error
        self._note_doubt(delivery.doubtful)
        found = self._refusals(response) if is_cancelled(response) else self._refusing_item(response.get("Item"))
        return Reply(found, refused=True, resent=self._resent)

    def _note_doubt(self, doubtful: bool) -> None:
        self.doubtful = self.doubtful or (self._writes and doubtful)

    def _refusals(self, response: Mapping[str, Any]) -> dict[str, Any]:
        """Read the refusals of a transaction's writes; the first write's record is the reply's own."""
        try:
            refused = list(refusals(response, self.request.parameters))
        except ValueError:
            self._note_doubt(True)
            raise GarbledAnswerError from None
        found = [None if each is None else self._refusing_item(each[1], each[0]) for each in refused]
        return {**(found[0] or {}), "Refusals": found}

    def _refusing_item(self, stored: Any, job_id: str | None = None) -> dict[str, Any]:
        """Read the record in a refusal, which boto3 leaves in DynamoDB's JSON."""
        if not stored:
            return {}
        try:
            item = read_stored(stored)
            require_job(item, job_id or self.request.job_id)
        except (AttributeError, GarbledAnswerError):
            self._note_doubt(True)
            raise GarbledAnswerError from None
        return {"Item": item}


def _is_clash(error: Exception) -> bool:
    response = aws_response(error)
    if response is None or aws_error_code(response) not in CLASHES:
        return False
    return not is_cancelled(response) or cancellation_code(response).retryable


def _as_raised(failed: SendError) -> Exception:
    """Return the exception that boto3 would raise."""
    if isinstance(failed.error, DIRECT_ERRORS):
        return failed.error.as_botocore()
    return _unreadable(failed.failure.text) if failed.homemade else failed.error


def _unreadable(text: str | None) -> Exception:
    from careervp_jobs_dal.aws.unreadable import UnreadableAnswerError

    return UnreadableAnswerError(error=text)


def _as_refusal(error: InvalidInputError | OverflowError) -> InvalidInputError:
    """Make a refusal of the error for a sum that leaves the calendar."""
    if isinstance(error, InvalidInputError):
        return error
    return InvalidInputError("a time lies outside the years 1 to 9999")


def _raising(error: InvalidInputError) -> Plan[Never]:
    raise error
    yield  # makes the function a generator, as every plan is

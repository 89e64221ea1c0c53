"""The command `submit`: it creates a job from a file, or finds the one that its key has already."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.command import Command, add_queue, count
from careervp_jobs_dal.cli.delivery import deliver
from careervp_jobs_dal.cli.exits import Exit, StopError, unwrap, usage
from careervp_jobs_dal.cli.grid import pairs
from careervp_jobs_dal.cli.session import repository, sender
from careervp_jobs_dal.job.attribute import STATUS
from careervp_jobs_dal.job.record import DEFAULT_MAX_ATTEMPTS

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from careervp_jobs_dal.cli.screen import Screen

_MAX_ATTEMPTS = f"claims there can be (default: {DEFAULT_MAX_ATTEMPTS})"


def _configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--key", required=True, metavar="KEY", help="the idempotency key: the same key finds the same job")
    add("--input", required=True, metavar="FILE", help="a file with a JSON object, - for standard input")
    add("--user", metavar="USER_ID", help="whose job it is")
    add("--application", metavar="ID", help="stored as application_id")
    add("--max-attempts", type=count, default=DEFAULT_MAX_ATTEMPTS, metavar="N", help=_MAX_ATTEMPTS)
    add("--replace-failed", action="store_true", help="begin anew where the earlier job is FAILED")
    add_queue(parser)


def _run(options: Namespace, screen: Screen) -> Exit:
    payload = _parsed(_read(options.input), "The input" if options.input == "-" else options.input)
    jobs, send = repository(options), sender(options)
    submission = unwrap(
        jobs.submit_job(
            options.key,
            payload,
            user_id=options.user,
            application_id=options.application,
            max_attempts=options.max_attempts,
            replace_failed=options.replace_failed,
        )
    )
    trouble = deliver(send, submission.job_id) if submission.should_enqueue else None
    enqueued = submission.should_enqueue and trouble is None
    document = {
        "job_id": submission.job_id,
        "status": submission.job[STATUS],
        "created": submission.created,
        "should_enqueue": submission.should_enqueue,
        "enqueued": enqueued,
        "queue_error": trouble if send else None,
    }
    words = ("created", "yes" if submission.created else "no, it was there already")
    lines = [("job_id", submission.job_id), ("status", submission.job[STATUS]), words]
    screen.show(document, pairs([*lines, ("queue", _queue(enqueued=enqueued, trouble=trouble))], screen))
    if send and trouble:
        # The table has the job, and the message is missing: the key makes the command safe to repeat.
        text, fix = "The job is stored, and its id was not sent", "mend the queue, then repeat the command"
        raise StopError(f"{text}: {trouble}", Exit.WORLD, "QUEUE_ERROR", fix=fix)
    return Exit.OK


def _queue(*, enqueued: bool, trouble: str | None) -> str:
    if enqueued:
        return "sent"
    return f"to be sent: {trouble}" if trouble else "not needed, a worker has it or it is finished"


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise usage(f"Cannot read {path}: {reason}") from None


def _parsed(text: bytes, name: str) -> dict[str, Any]:
    """Parse the payload; the message of an error shows no part of it."""
    try:
        payload = json.loads(text)
    except json.JSONDecodeError as error:
        raise usage(f"{name} is not JSON: {error.msg}, line {error.lineno} column {error.colno}") from None
    except (ValueError, RecursionError):
        raise usage(f"{name} is not JSON that can be read") from None
    if not isinstance(payload, dict):
        raise usage(f"{name} holds no JSON object")
    return payload


SUBMIT = Command(
    "submit",
    "create a job, or find the one its key has",
    "Payloads are hidden from the screen. $JOBS_ID_SECRET must be the service's, or the ids differ.",
    (
        "submit --key application-7 --user user-1 --input request.json",
        "submit --key application-7 --input - --queue-url https://sqs.eu-west-1.amazonaws.com/123456789012/jobs",
    ),
    _configure,
    _run,
)

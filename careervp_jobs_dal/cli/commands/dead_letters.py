"""The commands `dead-letters list` and `dead-letters redrive`, for the messages that the workers' queue gave up."""

from __future__ import annotations

from argparse import Namespace
from contextlib import contextmanager
from datetime import timedelta
from shlex import quote
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.aws.environment import (
    DEAD_LETTER_QUEUE_URL_VARIABLE,
    QUEUE_URL_VARIABLE,
    dead_letter_queue_url_from_environment,
    queue_url_from_environment,
)
from careervp_jobs_dal.cli.command import Command, add_dry_run, add_yes, count, duration
from careervp_jobs_dal.cli.duration import say_briefly, say_duration
from careervp_jobs_dal.cli.exits import Exit, StopError, interrupted, unwrap, usage
from careervp_jobs_dal.cli.grid import Column, grid
from careervp_jobs_dal.cli.invocation import aws_invocation, invocation
from careervp_jobs_dal.cli.outcome import may_be_more, plural
from careervp_jobs_dal.cli.pace import Pace
from careervp_jobs_dal.cli.session import operator, repository, settings, told_settings
from careervp_jobs_dal.job.attribute import STATUS
from careervp_jobs_dal.job.status import JobStatus

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from careervp_jobs_dal.aws.client import QueueError
    from careervp_jobs_dal.aws.dead_letter_queue import DeadLetterQueue, Letter, Redrive
    from careervp_jobs_dal.cli.screen import Screen

_DEFAULT_LIMIT = 100
_EVERY = timedelta(seconds=2)
_PATIENCE = timedelta(minutes=15)
_UNDER_WAY = ("RUNNING", "CANCELLING")
_GOES_ON = "SQS goes on with it"
_MOST_PER_SECOND = 500  # SQS's limit
_ABSENT = "none"
_COLUMNS = (
    Column("JOB", cut="id"),
    Column("STATUS", status=True),
    Column("SENT"),
    Column("RECEIVED"),
    Column("TIMES"),
    Column("REMARK", cut="fold"),
)


def _add_queues(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--dead-letter-queue-url",
        metavar="URL",
        help=f"the dead-letter queue (default: ${DEAD_LETTER_QUEUE_URL_VARIABLE})",
    )
    add("--queue-url", metavar="URL", help=f"or the queue that it belongs to (default: ${QUEUE_URL_VARIABLE})")


def _configure_list(parser: ArgumentParser) -> None:
    _add_queues(parser)
    help_limit = f"messages to look at (default: {_DEFAULT_LIMIT})"
    parser.add_argument("--limit", type=count, default=_DEFAULT_LIMIT, metavar="N", help=help_limit)


def _configure_redrive(parser: ArgumentParser) -> None:
    _add_queues(parser)
    help_rate = f"messages a second, at most {_MOST_PER_SECOND} (default: SQS chooses)"
    parser.add_argument("--max-per-second", type=count, metavar="N", help=help_rate)
    help_timeout = "how long to show the progress, which SQS goes on with (default: 15m)"
    parser.add_argument("--timeout", type=duration, default=_PATIENCE, metavar="TIME", help=help_timeout)
    add_dry_run(parser, would="sent back", do="send them back")
    add_yes(parser)


def _list(options: Namespace, screen: Screen) -> Exit:
    jobs = repository(options)
    with _told_queue():
        letters = _opened(options).look(options.limit)
    read = {letter.message_id: _job_of(letter) for letter in letters}
    ids = [job_id for job_id, _ in read.values() if job_id]
    batch = unwrap(operator(jobs).get_jobs(ids))
    statuses: dict[str, str | None] = {job_id: str(job[STATUS]) for job_id, job in batch.jobs.items()}
    statuses |= dict.fromkeys(batch.missing, _ABSENT)
    now = jobs.clock()
    document = [_document(letter, *read[letter.message_id], statuses) for letter in letters]
    screen.show({"dead_letters": document}, _lines(document, letters, now, options, screen))
    return Exit.OK


def _job_of(letter: Letter) -> tuple[str | None, str | None]:
    """Read the job's id in any form of AWS, or return why not."""
    from careervp_jobs_dal.worker import message

    forms = (
        message.job_id_from_json,
        message.job_id_from_sns,
        message.job_id_from_eventbridge,
        message.job_id_from_pipes,
    )
    refusals = []
    for read in forms:
        try:
            return read(letter.body), None
        except message.InvalidMessageError as refused:
            refusals.append(str(refused))
    return None, refusals[0]


def _document(
    letter: Letter, job_id: str | None, trouble: str | None, statuses: dict[str, str | None]
) -> dict[str, Any]:
    return {
        "message_id": letter.message_id,
        "job_id": job_id,
        "status": statuses.get(job_id) if job_id else None,
        "sent_at": letter.sent_at and letter.sent_at.isoformat(),
        "first_received_at": letter.received_at and letter.received_at.isoformat(),
        "receives": letter.receives,
        "unreadable": trouble,
    }


def _lines(
    document: list[dict[str, Any]], letters: Sequence[Letter], now: datetime, options: Namespace, screen: Screen
) -> Iterator[str]:
    if not document:
        yield "No dead letters."
        return
    rows = [_row(one, letter, now) for one, letter in zip(document, letters, strict=True)]
    yield from grid(_COLUMNS, rows, screen)
    if len(letters) == options.limit:
        yield ""
        yield may_be_more(options.limit)
    yield from _next_steps(document, options)


def _row(one: dict[str, Any], letter: Letter, now: datetime) -> list[object]:
    ages = [say_briefly(now - instant) if instant else "" for instant in (letter.sent_at, letter.received_at)]
    remark = f"message {letter.message_id}: {one['unreadable']}" if one["unreadable"] else ""
    return [one["job_id"], one["status"], *ages, letter.receives, remark]


def _next_steps(document: list[dict[str, Any]], options: Namespace) -> Iterator[str]:
    failed = list(dict.fromkeys(one["job_id"] for one in document if one["status"] == JobStatus.FAILED))
    active = [one for one in document if one["status"] in (JobStatus.PENDING, JobStatus.PROCESSING)]
    if failed or active:
        yield ""
    if failed:
        yield f"{plural(len(failed), 'job')} FAILED: {invocation(options, 'retry', *failed, queue=True)}"
    if active:
        yield f"{plural(len(active), 'message')} of unfinished jobs: {_redrive_words(options)}"


def _redrive_words(options: Namespace) -> str:
    given = {"--dead-letter-queue-url": options.dead_letter_queue_url, "--max-per-second": _rate(options)}
    named = [f"{option} {quote(str(value))}" for option, value in given.items() if value]
    return invocation(options, " ".join(["dead-letters redrive", *named, "--no-dry-run"]), queue=True)


def _rate(options: Namespace) -> int | None:
    rate: int | None = getattr(options, "max_per_second", None)
    return rate


def _redrive(options: Namespace, screen: Screen) -> Exit:
    if options.max_per_second is not None and options.max_per_second > _MOST_PER_SECOND:
        raise usage(f"--max-per-second: SQS takes at most {_MOST_PER_SECOND}")
    with _told_queue():
        queue = _opened(options)
        number = queue.count()
        if options.dry_run or not number:
            document = {"dry_run": options.dry_run, "messages": number, "moved": 0, "status": None}
            remark = [f"Nothing was changed: {_redrive_words(options)} sends them back."] if number else []
            screen.show(document, [f"About {plural(number, 'message')} would be sent back.", *remark])
            return Exit.OK
        question = f"Send about {plural(number, 'message')} back to the queues that they came from?"
        screen.confirm(question, yes=options.yes)
        queue.start_redrive(options.max_per_second)
        task = _followed(queue, options, screen)
    screen.show(
        {"dry_run": False, "messages": number, "moved": task.moved, "status": task.status},
        [f"{plural(task.moved, 'message')} sent back."],
    )
    return Exit.OK


def _followed(queue: DeadLetterQueue, options: Namespace, screen: Screen) -> Redrive:
    """Show the progress of a redrive until it ends.

    Raises:
        StopError: it did not end well, or not in time, or Ctrl-C was pressed.
    """
    look = _look_words(queue, options)
    try:
        task = _end_of(queue, options, screen)
    except KeyboardInterrupt:
        raise interrupted(f", but {_GOES_ON}", fix=look) from None
    screen.unlive()
    moved = plural(task.moved, "message")
    if task.status in _UNDER_WAY:
        text = f"{moved} sent back in {say_duration(options.timeout)}, and {_GOES_ON}"
        raise StopError(text, Exit.NO, "TIMEOUT", fix=look)
    if task.status != "COMPLETED":
        text = f"The redrive is {task.status} after {moved}: {task.reason or 'no reason is given'}"
        raise StopError(text, Exit.WORLD, "QUEUE_ERROR", fix="mend the cause, and run the command again")
    return task


def _end_of(queue: DeadLetterQueue, options: Namespace, screen: Screen) -> Redrive:
    """Follow a redrive until it or the time ends; return its state."""
    pace = Pace(_EVERY, options.timeout)
    task = queue.redrive()
    while task.status in _UNDER_WAY and not pace.over:
        if screen.is_terminal:
            screen.live([f"{task.moved:,} of {task.total or '?'} messages sent back; Ctrl-C does not stop SQS"])
        pace.pause(screen.check_reader)
        task = queue.redrive()
    return task


def _look_words(queue: DeadLetterQueue, options: Namespace) -> str:
    """Write the command of `aws` that shows a redrive.

    The endpoint of the options is left out, because it is DynamoDB's.
    """
    at = Namespace(profile=options.profile, region=queue.arn.split(":")[3])
    looking = aws_invocation(at, f"aws sqs list-message-move-tasks --source-arn {quote(queue.arn)}")
    return f"look at it: {looking}; its TaskHandle stops it: aws sqs cancel-message-move-task"


def _opened(options: Namespace) -> DeadLetterQueue:
    """Open the dead-letter queue of the options or the environment.

    Raises:
        StopError: none is named, or the queue has none.
    """
    from careervp_jobs_dal.aws.dead_letter_queue import DeadLetterQueue

    address = options.dead_letter_queue_url
    if address is None and options.queue_url is None:
        address = dead_letter_queue_url_from_environment()
    if address is not None:
        with told_settings("--dead-letter-queue-url"):
            return DeadLetterQueue(address, settings(options))
    source = options.queue_url or queue_url_from_environment()
    if source is None:
        names = f"pass --dead-letter-queue-url or --queue-url, or set {DEAD_LETTER_QUEUE_URL_VARIABLE}"
        raise usage(f"No queue: {names}")
    with told_settings("--queue-url"):
        found = DeadLetterQueue.of(source, settings(options))
    if found is None:
        raise StopError("The queue has no dead-letter queue", Exit.NO, "NOT_FOUND", fix="set its RedrivePolicy")
    return found


@contextmanager
def _told_queue() -> Iterator[None]:
    """Turn a failure of SQS into one of the command."""
    from careervp_jobs_dal.aws.client import QueueError

    try:
        yield
    except QueueError as error:
        raise StopError(str(error), Exit.WORLD, _code(error), fix=_fix(error)) from None


def _code(error: QueueError) -> str:
    return "ACCESS_DENIED" if "AccessDenied" in error.error_code else "QUEUE_ERROR"


def _fix(error: QueueError) -> str:
    if "AccessDenied" in error.error_code:
        return "allow the operator the actions of SQS that docs/reference/iam.md lists"
    if "NonExistentQueue" in error.error_code:
        return "compare the queue's address and the region"
    return "mend the cause, and run the command again"


LIST_DEAD_LETTERS = Command(
    "dead-letters list",
    "show the messages that the workers' queue gave up, and their jobs",
    "Looking hides a message for a moment, and counts as a receive. No body is shown.",
    (
        "dead-letters list --queue-url https://sqs.eu-west-1.amazonaws.com/123456789012/jobs",
        "dead-letters list --limit 10 --json",
    ),
    _configure_list,
    _list,
)
REDRIVE = Command(
    "dead-letters redrive",
    "send all dead letters back to the workers (dry run by default)",
    "SQS moves them (StartMessageMoveTask). A worker does no finished job again; `retry` begins a FAILED one anew.",
    (
        "dead-letters redrive",
        "dead-letters redrive --max-per-second 10 --no-dry-run --yes",
    ),
    _configure_redrive,
    _redrive,
)

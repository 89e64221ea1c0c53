"""Each public call has one verb, the same in events, log lines, the command line and the docs, refused or not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from careervp_jobs_dal import JobEvent, JobRequest, JobsOperator, JobsRepository, create_table
from careervp_jobs_dal.cli.commands import COMMANDS
from careervp_jobs_dal.job.verb import Verb
from tests.conftest import Clock
from tests.faults import Faults

DOCS = Path(__file__).parents[2] / "docs"
AGE = timedelta(hours=1)
LEASE = timedelta(minutes=5)
BAD: Any = object()
WITHOUT_AN_EVENT = {"transport", "clock", "dynamodb", "idempotency_index", "table", "table_name"}
DEAD_LETTERS = {"dead-letters list", "dead-letters redrive"}
VIEWS = {"show", "watch", "demo", "table export", "alarms", "dashboard", "init", "completion"} | DEAD_LETTERS
"""Commands that show something in more than one way, write files, or go to a queue.

Every other command is called like its verb.
"""

Jobs = JobsRepository
Operator = JobsOperator


class PublicCall(NamedTuple):
    """One method, its verb, and how it is called well and badly."""

    verb: Verb
    well: Callable[[Any, dict[str, Any]], Any]
    badly: Callable[[Any, dict[str, Any]], Any] | None


REPOSITORY = {
    "connect": PublicCall(Verb.CONNECT, lambda jobs, _: jobs.connect(), None),
    "create_job": PublicCall(
        Verb.CREATE, lambda jobs, job: jobs.create_job(job), lambda jobs, _: jobs.create_job({"job_id": ""})
    ),
    "get_job": PublicCall(Verb.GET, lambda jobs, _: jobs.get_job("vpr-1"), lambda jobs, _: jobs.get_job(None)),
    "get_job_by_idempotency_key": PublicCall(
        Verb.GET_BY_IDEMPOTENCY_KEY,
        lambda jobs, _: jobs.get_job_by_idempotency_key("key"),
        lambda jobs, _: jobs.get_job_by_idempotency_key(None),
    ),
    "update_job_status": PublicCall(
        Verb.UPDATE,
        lambda jobs, _: jobs.update_job_status("vpr-1", "PROCESSING"),
        lambda jobs, _: jobs.update_job_status("vpr-1", "DONE"),
    ),
    "update_job": PublicCall(
        Verb.UPDATE, lambda jobs, _: jobs.update_job("vpr-1", {}), lambda jobs, _: jobs.update_job("vpr-1", BAD)
    ),
    "submit_job": PublicCall(
        Verb.SUBMIT, lambda jobs, _: jobs.submit_job("key", {}), lambda jobs, _: jobs.submit_job("", {})
    ),
    "submit_jobs": PublicCall(
        Verb.SUBMIT,
        lambda jobs, _: jobs.submit_jobs([JobRequest("key", {})]),
        lambda jobs, _: jobs.submit_jobs([JobRequest("", {})]),
    ),
    "claim_job": PublicCall(
        Verb.CLAIM,
        lambda jobs, _: jobs.claim_job("vpr-1", lease=LEASE),
        lambda jobs, _: jobs.claim_job("vpr-1", lease=BAD),
    ),
    "renew_claim": PublicCall(
        Verb.RENEW,
        lambda jobs, _: jobs.renew_claim(claimed(jobs), lease=LEASE),
        lambda jobs, _: jobs.renew_claim(BAD, lease=LEASE),
    ),
    "complete_job": PublicCall(
        Verb.COMPLETE,
        lambda jobs, _: jobs.complete_job(claimed(jobs)),
        lambda jobs, _: jobs.complete_job(BAD),
    ),
    "fail_job": PublicCall(
        Verb.FAIL,
        lambda jobs, _: jobs.fail_job(claimed(jobs), "it broke"),
        lambda jobs, _: jobs.fail_job(BAD, "it broke"),
    ),
    "release_claim": PublicCall(
        Verb.RELEASE,
        lambda jobs, _: jobs.release_claim(claimed(jobs)),
        lambda jobs, _: jobs.release_claim(BAD),
    ),
    "cancel_job": PublicCall(
        Verb.CANCEL, lambda jobs, _: jobs.cancel_job("vpr-1"), lambda jobs, _: jobs.cancel_job("")
    ),
    "find_job": PublicCall(Verb.FIND, lambda jobs, _: jobs.find_job("vpr-1"), lambda jobs, _: jobs.find_job("")),
    "find_status": PublicCall(
        Verb.FIND_STATUS,
        lambda jobs, _: jobs.find_status("vpr-1"),
        lambda jobs, _: jobs.find_status("vpr-1", fields=BAD),
    ),
    "wait_for_job": PublicCall(
        Verb.FIND_STATUS,  # its looks have events of their own
        lambda jobs, _: jobs.wait_for_job("vpr-1", timedelta(0)),
        None,
    ),
}
OPERATOR = {
    "list_jobs": PublicCall(
        Verb.LIST, lambda jobs, _: jobs.list_jobs(user_id="user-1"), lambda jobs, _: jobs.list_jobs(user_id="")
    ),
    "iter_jobs": PublicCall(
        Verb.LIST,
        lambda jobs, _: list(jobs.iter_jobs(user_id="user-1")),
        lambda jobs, _: list(jobs.iter_jobs(user_id="")),
    ),
    "get_jobs": PublicCall(
        Verb.GET_JOBS, lambda jobs, _: jobs.get_jobs(["vpr-1"]), lambda jobs, _: jobs.get_jobs("vpr-1")
    ),
    "list_overdue": PublicCall(
        Verb.LIST_OVERDUE,
        lambda jobs, _: jobs.list_overdue(older_than=AGE),
        lambda jobs, _: jobs.list_overdue(older_than=BAD),
    ),
    "list_failed": PublicCall(
        Verb.LIST_FAILED,
        lambda jobs, _: jobs.list_failed(since=datetime(2026, 1, 1, tzinfo=UTC)),
        lambda jobs, _: jobs.list_failed(since=BAD),
    ),
    "recover_jobs": PublicCall(
        Verb.RECOVER,
        lambda jobs, _: jobs.recover_jobs(older_than=AGE),
        lambda jobs, _: jobs.recover_jobs(older_than=AGE, limit=0),
    ),
    "retry_job": PublicCall(Verb.RETRY, lambda jobs, _: jobs.retry_job("vpr-1"), lambda jobs, _: jobs.retry_job("")),
    "purge_jobs": PublicCall(
        Verb.PURGE,
        lambda jobs, _: jobs.purge_jobs(older_than=AGE),
        lambda jobs, _: jobs.purge_jobs(older_than=AGE, status="PENDING"),
    ),
    "erase_user": PublicCall(
        Verb.ERASE_USER, lambda jobs, _: jobs.erase_user("user-1"), lambda jobs, _: jobs.erase_user("")
    ),
    "stats": PublicCall(Verb.STATS, lambda jobs, _: jobs.stats(), None),
    "verify_table": PublicCall(
        Verb.VERIFY_TABLE,
        lambda jobs, _: jobs.verify_table(),
        lambda jobs, _: jobs.verify_table(optional_indexes=["no such index"]),
    ),
}
CALLS = [
    (room, name, call) for room, calls in ((Jobs, REPOSITORY), (Operator, OPERATOR)) for name, call in calls.items()
]
REFUSED = [each for each in CALLS if each[2].badly is not None]


def claimed(jobs: JobsRepository) -> Any:
    """A claim, made without an event."""
    return JobsRepository(jobs.table_name, clock=jobs.clock).claim_job("vpr-1", lease=LEASE).unwrap()


@pytest.fixture
def table_name() -> str:
    return create_table(f"verbs-{uuid4().hex}", optional_indexes=True).unwrap()


@pytest.fixture
def events() -> list[JobEvent]:
    return []


@pytest.fixture
def rooms(table_name: str, clock: Clock, events: list[JobEvent]) -> dict[type, Any]:
    watched = JobsRepository(table_name, clock=clock, on_event=events.append)
    return {Jobs: watched, Operator: JobsOperator(watched)}


@pytest.mark.parametrize(("room", "name", "call"), CALLS, ids=[name for _, name, _ in CALLS])
def test_a_call_is_told_under_its_verb(
    rooms: dict[type, Any],
    repository: JobsRepository,
    events: list[JobEvent],
    job: dict[str, Any],
    room: type,
    name: str,
    call: PublicCall,
) -> None:
    if name != "create_job":
        repository.create_job(job).unwrap()

    call.well(rooms[room], job)

    assert {event.verb for event in events} == {call.verb}


@pytest.mark.parametrize(("room", "name", "call"), REFUSED, ids=[name for _, name, _ in REFUSED])
def test_a_refused_call_is_told_once_under_its_verb_and_nothing_is_sent(
    rooms: dict[type, Any], events: list[JobEvent], job: dict[str, Any], room: type, name: str, call: PublicCall
) -> None:
    assert call.badly is not None
    call.badly(rooms[room], job)

    assert [(event.verb, event.requests) for event in events] == [(call.verb, 0)]


def test_a_refused_wait_is_told_once(rooms: dict[type, Any], events: list[JobEvent]) -> None:
    rooms[Jobs].wait_for_job("vpr-1", BAD)

    assert [(event.verb, event.requests) for event in events] == [(Verb.WAIT, 0)]


def test_each_public_method_and_each_verb_stands_here() -> None:
    for room, calls in ((Jobs, REPOSITORY), (Operator, OPERATOR)):
        public = {name for name in dir(room) if not name.startswith("_")} - WITHOUT_AN_EVENT
        assert public == set(calls), f"a new method of {room.__name__} has its calls in this file"
    told = {call.verb for _, _, call in CALLS}

    # `create_table` has no repository, and so no hook; a wait is told by its looks.
    assert set(Verb) - told == {Verb.CREATE_TABLE, Verb.WAIT}


def test_a_log_line_names_the_verb(
    repository: JobsRepository, faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    faults.answer("AccessDeniedException")

    repository.claim_job("vpr-1", lease=LEASE)

    assert caplog.records[0].getMessage().startswith(f"{Verb.CLAIM} failed: ACCESS_DENIED")
    assert caplog.records[0].__dict__["verb"] is Verb.CLAIM


def test_a_command_is_called_like_its_verb() -> None:
    named = {
        "_".join(reversed(command.words.replace("-", "_").split()))
        for command in COMMANDS
        if command.words not in VIEWS
    }

    assert named <= set(Verb), "name the command after its verb, or list it in VIEWS"


def test_the_docs_list_each_verb() -> None:
    row = next(
        line
        for line in (DOCS / "reference" / "configuration.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| `verb` |")
    )

    listed = re.findall("`([a-z_]+)`", row.partition("|")[2])[1:]
    assert listed == [str(verb) for verb in Verb], "list it in docs/reference/configuration.md"

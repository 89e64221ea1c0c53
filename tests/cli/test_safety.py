"""Nothing that a record or an answer holds can steer a terminal, forge a line, or break JSON."""

from __future__ import annotations

import io
import json
import re
import sys
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from careervp_jobs_dal import JobsOperator, JobsRepository, Recovery, Result, ResultCode
from careervp_jobs_dal.cli import main, session
from careervp_jobs_dal.cli.text import visible
from careervp_jobs_dal.job import attribute
from careervp_jobs_dal.job.record import JobRecord
from careervp_jobs_dal.operations.batch import JobBatch
from careervp_jobs_dal.operations.listing import JobPage

OWN_ESCAPES = re.compile(r"\x1b\[\d*[mA]|\r\x1b\[2K|\x1b\[A")
EVIL = "\x1b[31m\r\n\x00\x07\x7f\x85\x9b31m\u061c\u200b\u200e\u202e\u2066\u2028\ufeff\u3164\ufe0f\U000e0100\ud800"
TEXTS = st.one_of(st.text(st.characters(exclude_categories=())), st.sampled_from([EVIL, *EVIL]))
NAMES = sorted(value for name, value in vars(attribute).items() if name.isupper() and isinstance(value, str))
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), st.binary(), st.sets(TEXTS), st.floats(allow_nan=False)),
    lambda values: st.one_of(st.lists(values, max_size=3), st.dictionaries(TEXTS, values, max_size=3)),
    max_leaves=6,
)
INSTANTS = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
ENTRIES = st.lists(
    st.fixed_dictionaries({"attempt": st.integers(0, 4), "error": TEXTS, "claim_id": TEXTS, "at": INSTANTS})
)
STATUSES = st.sampled_from(["PENDING", "PROCESSING", "COMPLETED", "FAILED"])
RECORDS = st.builds(
    lambda own, others: others | own,
    st.fixed_dictionaries(
        {"job_id": TEXTS, "status": STATUSES},
        optional={
            **{name: st.one_of(INSTANTS, VALUES) for name in NAMES if name.endswith("_at")},
            **dict.fromkeys(("user_id", "error", "claimed_by", "kind"), TEXTS),
            "attempt": st.integers(0, 4),
            "max_attempts": st.integers(1, 4),
            "progress": st.one_of(st.floats(0, 1), TEXTS),
            "errors": st.one_of(ENTRIES, VALUES),
        },
    ),
    st.dictionaries(TEXTS, VALUES, max_size=4),
)
WORST: dict[str, Any] = {
    "job_id": EVIL,
    "status": "FAILED",
    "user_id": EVIL,
    "error": EVIL,
    "claimed_by": EVIL,
    "errors": [{"attempt": 1, "error": EVIL, "claim_id": EVIL, "at": "2026-02-03T13:05:32Z"}],
    EVIL: {EVIL: [EVIL]},
}
COMMANDS = (
    ("show", "vpr-1"),
    ("show", "vpr-1", "--show-input"),
    ("list", "--user", "user-1"),
    ("list", "--overdue", "15m"),
    ("watch", "vpr-1", "--timeout", "2s"),
    ("watch", "vpr-1", "vpr-2", "--timeout", "2s"),
    ("cancel", "vpr-1", "--yes"),
    ("retry", "vpr-1", "--yes"),
    ("recover", "--older-than", "15m", "--yes"),
    ("list", "--status", "FAILED", "--since", "1h", "--errors"),
    ("retry", "--failed", "--since", "1h", "--dry-run"),
)


class World:
    """Answers of the library, made of one record and one text."""

    def __init__(self, record: dict[str, Any], text: str) -> None:
        self.record, self.text = record, text

    def answers(self, patch: pytest.MonkeyPatch) -> None:
        record, text = JobRecord(self.record), self.text
        ids = (record["job_id"], text)
        refusal = Result.failure(text, ResultCode.ALREADY_FINISHED, record=record)
        found = Result.success(record)
        twice = iter([found, Result.success(JobRecord({**record, "job_id": text}))] * 2)
        patch.setattr(JobsRepository, "find_job", lambda *_, **__: next(twice))
        patch.setattr(JobsRepository, "cancel_job", lambda *_, **__: refusal)
        patch.setattr(JobsOperator, "retry_job", lambda *_, **__: refusal)
        page = JobPage([record], text, complete=False, unread=ids)
        patch.setattr(JobsOperator, "list_jobs", lambda *_, **__: Result.success(page))
        last = JobPage([record], None, complete=True, unread=ids)
        patch.setattr(JobsOperator, "list_failed", lambda *_, **__: Result.success(last))
        patch.setattr(JobsOperator, "list_overdue", lambda *_, **__: Result.success([record]))
        batch = JobBatch({record["job_id"]: record}, ids, ())
        patch.setattr(JobsOperator, "get_jobs", lambda *_, **__: Result.success(batch))
        recovery = Recovery(put_back=ids, waiting=ids, failed=ids, held=ids, unread=ids, to_enqueue=ids)
        patch.setattr(JobsOperator, "recover_jobs", lambda *_, **__: Result.success(recovery))


def outputs(command: tuple[str, ...], world: World, *, terminal: bool) -> tuple[str, str]:
    """What one run writes on standard output and standard error."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        world.answers(patch)
        patch.setattr(session, "resource", lambda _: None)
        patch.setattr(JobsRepository, "__init__", lambda self, *_, **__: None)
        patch.setattr(JobsRepository, "table_name", "jobs", raising=False)
        patch.setattr(JobsRepository, "clock", lambda _: datetime(2026, 2, 3, 14, tzinfo=UTC), raising=False)
        patch.setattr(JobsOperator, "__init__", lambda *_: None)
        patch.setattr(out, "isatty", lambda: terminal)
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setattr(time, "sleep", lambda _: None)
        patch.setenv("TERM", "xterm")
        main(["--table", "jobs", *command])
    written = []
    for stream in (out, err):
        stream.flush()
        assert isinstance(stream.buffer, io.BytesIO)
        written.append(stream.buffer.getvalue().decode())
    return written[0], written[1]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(record=RECORDS, text=TEXTS)
@example(record=WORST, text=EVIL)
def test_no_character_of_a_record_steers_a_terminal(
    command: tuple[str, ...], record: dict[str, Any], text: str
) -> None:
    out, err = outputs(command, World(record, text), terminal=True)

    assert out or err
    for line in [*OWN_ESCAPES.sub("", out).split("\n"), *err.split("\n")]:
        assert visible(line) == line


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(record=RECORDS, text=TEXTS)
@example(record=WORST, text=EVIL)
def test_whatever_a_record_holds_json_stays_json(command: tuple[str, ...], record: dict[str, Any], text: str) -> None:
    out, err = outputs((*command, "--json"), World(record, text), terminal=True)

    documents = out.splitlines() if command[0] == "watch" else [out]
    assert all(isinstance(json.loads(document), dict) for document in documents if document)
    assert all(isinstance(json.loads(line), dict) for line in err.splitlines())
    assert all(line.isascii() and line.isprintable() for line in [*out.split("\n"), *err.split("\n")])


@given(st.text(st.characters(exclude_categories=())))
def test_a_line_shows_each_character_once(text: str) -> None:
    shown = visible(text)

    assert shown.isprintable()
    assert visible(shown) == shown
    assert shown.encode() is not None  # no lone surrogate is left
    assert (shown == text) or not text.isprintable() or re.search(r"\\u|\\U", shown)

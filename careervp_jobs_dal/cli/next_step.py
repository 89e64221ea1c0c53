"""The next step for a job: its state in a sentence, and the command that an operator types now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from careervp_jobs_dal.cli.duration import say_clock, say_duration, write_duration
from careervp_jobs_dal.cli.invocation import invocation
from careervp_jobs_dal.cli.state import PATIENCE, State, since
from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, JOB_ID
from careervp_jobs_dal.job.instant import parse_instant

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping
    from datetime import datetime

RECOVER: Final = f"recover --older-than {write_duration(PATIENCE)}"
_WORDS = {
    State.WAITING: ("waiting{since}", "a worker takes it with its message; follow it"),
    State.PAUSING: ("pausing until {at}{until}", "nothing to do, no worker may take it before"),
    State.OVERDUE: ("overdue{since}", "is a worker running? Send the messages of overdue jobs again"),
    State.RUNNING: ("running", "nothing to do; follow it"),
    State.CANCELLING: ("cancelling{since}", "its worker is told when it renews its lease; follow it"),
    State.STUCK: ("stuck{since}, when its lease lapsed", "bring it back"),
    State.UNLEASED: ("PROCESSING without a lease", "if no worker is at it, bring it back"),
    State.COMPLETED: ("completed", "nothing to do"),
    State.FAILED: ("failed", "try it again"),
    State.CANCELLED: ("cancelled", "to do it after all"),
    State.EXPIRED: ("expired", "DynamoDB deletes it within a few days"),
    State.UNKNOWN: ("its status is not one of the library's", "correct the record"),
}
_COMMANDS = {
    State.WAITING: "watch",
    State.OVERDUE: RECOVER,
    State.RUNNING: "watch",
    State.CANCELLING: "watch",
    State.STUCK: RECOVER,
    State.UNLEASED: f"{RECOVER} --adopt-unleased",
    State.FAILED: "retry",
    State.CANCELLED: "retry",
}
_UNSEEN = "no sweep sees it, because it was not made by submit_job: send its id to the queue"


class NextStep(NamedTuple):
    """Next step for a job: a sentence, and the command to type, if any."""

    words: str
    command: str | None

    def document(self) -> dict[str, Any]:
        """Return the step for a machine."""
        return {"words": self.words, "command": self.command}


def next_step(job: Mapping[str, Any], state: State, now: datetime, options: Namespace) -> NextStep:
    """Tell the next step, with the options of the present command.

    >>> from argparse import Namespace
    >>> from datetime import UTC, datetime
    >>> next_step({"job_id": "vpr-1"}, State.FAILED, datetime.now(UTC), Namespace(table="jobs"))
    NextStep(words='failed: try it again', command='careervp-jobs retry vpr-1 --table jobs')
    """
    head, rest = _WORDS[state]
    begun = head.format(**_times(job, state, now))
    words, command = f"{begun}: {rest}", _COMMANDS.get(state)
    if command is None:
        return NextStep(words, None)
    if not command.startswith(RECOVER):
        return NextStep(words, invocation(options, command, str(job[JOB_ID])))
    if ACTIVE_SHARD not in job:
        return NextStep(f"{begun}: {_UNSEEN}", None)
    return NextStep(words, invocation(options, command))


def _times(job: Mapping[str, Any], state: State, now: datetime) -> dict[str, str]:
    """Return the instants of the words, with their distances."""
    instant = parse_instant(since(job, state))
    if instant is None:
        return {"since": "", "at": "", "until": ""}
    clock = say_clock(instant, now)
    distance = say_duration(abs(now - instant))
    return {"since": f" since {clock} ({distance} ago)", "at": clock, "until": f" (in {distance})"}

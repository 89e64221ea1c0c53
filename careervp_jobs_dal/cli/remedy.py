"""The remedy of each error: the command that mends it, or the next step in words."""

from __future__ import annotations

import json
import re
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from careervp_jobs_dal.cli.invocation import aws_invocation, invocation
from careervp_jobs_dal.infrastructure.aws_command import add_index
from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from careervp_jobs_dal.aws.failure import Place
    from careervp_jobs_dal.job.index import Index

_DENIED_ACTION = re.compile(r"perform: ([a-z]+:[A-Za-z]+)")
_CALLER = re.compile(r"arn:(?P<partition>[a-z-]+):[a-z]+::(?P<account>\d{12}):")
_LOG_IN = "log in (aws sso login, aws configure), or pass --profile"


class Case(NamedTuple):
    """Error to be mended, with options, place, job and missing index."""

    text: str
    options: Namespace
    place: Place
    job_id: str | None = None
    missing: Index | None = None

    def on_job(self, words: str, *, queue: bool = False) -> str:
        """Write a command about the job."""
        return invocation(self.options, words, self.job_id or "JOB_ID", queue=queue)


def remedy(code: str, case: Case) -> str | None:
    """Return the command or the step that mends an error; None without one.

    >>> from argparse import Namespace
    >>> from careervp_jobs_dal.aws.failure import Place
    >>> remedy("ALREADY_EXISTS", Case("The table exists", Namespace(table="jobs"), Place("jobs")))
    'careervp-jobs table verify --table jobs'
    """
    mend = _REMEDIES.get(code)
    return mend(case) if mend else None


def _set_up(case: Case) -> str:
    if case.missing is not None:
        return aws_invocation(case.options, add_index(case.place.table, case.missing))
    if "the index that is asked for" in case.text:
        return invocation(case.options, "table verify")
    if case.text.startswith("DynamoDB error"):
        return f"{invocation(case.options, 'table create')}, or name the right table and region"
    return _LOG_IN if "credentials" in case.text else "pass --region, --profile and --endpoint-url as they are set up"


def _access(case: Case) -> str:
    if "not authorized" not in case.text:
        return _LOG_IN
    action, caller = _DENIED_ACTION.search(case.text), _CALLER.search(case.text)
    partition, account = (caller["partition"], caller["account"]) if caller else ("aws", "ACCOUNT")
    table = case.place.table
    arn = table if table.startswith("arn:") else f"arn:{partition}:dynamodb:{case.place.region}:{account}:table/{table}"
    allow = f"allow {action[1] if action else 'the action'} by the policy of"
    return f"{allow}: careervp-jobs table export --format iam --role operator --table-arn {arn}"


def _way(case: Case) -> str:
    if case.place.endpoint:
        return f"start DynamoDB at {case.place.endpoint}, or leave --endpoint-url and AWS_ENDPOINT_URL out; then repeat"
    return "look at the network and the region; then repeat the command, which does nothing twice"


def _absent(case: Case) -> str:
    user = getattr(case.options, "user", None)
    listing = invocation(case.options, f"list --user {quote(user) if user else 'USER_ID'}")
    return f"compare id, table and region; {listing} shows a user's jobs. An expired job is deleted"


def _limit(case: Case) -> str:
    return f"wait until a job of the user ends: {invocation(case.options, 'list --user USER_ID')}"


def _payload(_: Case) -> str:
    return "store the large part elsewhere, in S3 for instance, and submit its address"


def _corrupt(case: Case) -> str:
    key = quote(json.dumps({JOB_ID: {"S": case.job_id or "JOB_ID"}}))
    return aws_invocation(case.options, f"aws dynamodb get-item --table-name {case.place.table} --key {key}")


def _again(_: Case) -> str:
    return "repeat the command in a moment"


def _show(case: Case) -> str:
    return case.on_job("show")


def _watch(case: Case) -> str:
    return case.on_job("watch")


_REMEDIES: dict[str, Callable[[Case], str]] = {
    **dict.fromkeys((ResultCode.THROTTLED, ResultCode.CONFLICT), _again),
    **dict.fromkeys((ResultCode.LEASE_HELD, ResultCode.NOT_DUE), _watch),
    **dict.fromkeys((ResultCode.INVALID_TRANSITION, ResultCode.ALREADY_FINISHED, ResultCode.LEASE_LOST), _show),
    ResultCode.VALIDATION_ERROR: lambda case: f"careervp-jobs {case.options.command.words} --help",
    ResultCode.ITEM_TOO_LARGE: _payload,
    ResultCode.TOO_MANY_ACTIVE_JOBS: _limit,
    ResultCode.NOT_FOUND: _absent,
    ResultCode.ALREADY_EXISTS: lambda case: invocation(case.options, "table verify"),
    ResultCode.IDEMPOTENCY_MISMATCH: lambda _: "another payload needs another --key",
    ResultCode.ATTEMPTS_EXHAUSTED: lambda case: case.on_job("retry", queue=True),
    ResultCode.UNAVAILABLE: _way,
    ResultCode.ACCESS_DENIED: _access,
    ResultCode.CONFIG_ERROR: _set_up,
    ResultCode.CORRUPT_RECORD: _corrupt,
    ResultCode.DYNAMODB_ERROR: lambda case: invocation(case.options, "table verify"),
    "TIMEOUT": _show,
}

"""The complaint of a command that ends with an error: the reason, the place, and the remedy. It is made here alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.cli.exits import NO_COMMAND
from careervp_jobs_dal.cli.invocation import PROGRAM
from careervp_jobs_dal.cli.remedy import Case, remedy
from careervp_jobs_dal.cli.session import find_place

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from careervp_jobs_dal.aws.failure import Place
    from careervp_jobs_dal.cli.exits import StopError

# These end a command before it goes anywhere.
_NOWHERE = frozenset({"USAGE", "DECLINED", "INTERRUPTED"})


class Complaint(NamedTuple):
    """Error with its place and remedy.

    Attributes:
        code: the code of the result, or of the command.
        message: the reason.
        place: the table, region and endpoint; None where the command goes nowhere.
        fix: the command or the step that mends it; None where the reason says it.
    """

    code: str
    message: str
    place: Place | None = None
    fix: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the error for a machine; `endpoint` is None for AWS's own."""
        table, region, endpoint = self.place or (None, None, None)
        place = {"table": table, "region": region, "endpoint": endpoint}
        return {"error": {"code": self.code, "message": self.message, **place, "fix": self.fix}}

    def lines(self) -> Iterator[str]:
        """Write the error for a person: the reason first."""
        if self.code == NO_COMMAND:
            yield from self.message.splitlines()
            return
        yield f"{PROGRAM}: {self.message}"
        if self.place is not None:
            yield f"  where: {self.place.words()}"
        if self.fix is not None:
            yield f"  fix:   {self.fix}"


def complaint(error: StopError, options: Namespace | None) -> Complaint:
    """Explain the error of a command.

    `options` is None if they could not be read.
    """
    if options is None or not options.command.connects or error.code in _NOWHERE:
        return Complaint(error.code, str(error), None, error.fix)
    from careervp_jobs_dal.aws.failure import without_place
    from careervp_jobs_dal.operations.missing_index import read_missing_index

    place = find_place(options)
    text, index = read_missing_index(str(error)) or (str(error), None)
    fix = error.fix or remedy(error.code, Case(text, options, place, error.job_id or _only_job(options), index))
    return Complaint(error.code, without_place(text), place, fix)


def _only_job(options: Namespace) -> str | None:
    job_ids = getattr(options, "job_ids", None) or [getattr(options, "job_id", None)]
    return job_ids[0] if len(job_ids) == 1 else None

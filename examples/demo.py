"""Tell the life of a job, then run real requests through the three handlers, on an AWS inside this process.

Usage: python examples/demo.py [--request FILE] [--no-color]

The first part is the story of `careervp-jobs demo`. In the second the handlers beside this file run as they would in
Lambda. Each status that is shown was read from the table at that moment, and the last line is checked: the exit code
is 1 when anything is not as promised, and 2 for a bad request file.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from embedded_aws import service_aws
from screen import BOLD, COLOURS, show

from careervp_jobs_dal.cli import main as command_line

REQUESTS = Path(__file__).parent / "requests"
INVENTED = [REQUESTS / f"{size}.json" for size in ("small", "typical", "large")]
HEADING = "Real requests in a whole service"
CAST = (
    "A client wants a report: how do an applicant's answers fit the responsibilities of a job? Three small programs "
    "see to it, as AWS Lambda would run them: submit takes the request, worker makes the report, status says how far "
    "it is. Between them are a table of jobs (DynamoDB), a queue (SQS) and a store for files (S3), all inside this "
    "process."
)


def main() -> int:
    """Run the demo and return its exit code."""
    parser = argparse.ArgumentParser(
        description="A job's life, and real requests, on an embedded AWS."
    )
    parser.add_argument(
        "--request", type=Path, metavar="FILE", help="a request of your own"
    )
    parser.add_argument(
        "--no-color", action="store_true", help="plain text, as with NO_COLOR set"
    )
    options = parser.parse_args()
    if hasattr(signal, "SIGPIPE"):
        # `| head` ends the demo without a word.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # The handlers' log lines would tear the columns apart.
    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "CRITICAL")
    if options.no_color:
        os.environ["NO_COLOR"] = "1"
    with service_aws():
        return tell([options.request] if options.request else INVENTED)


def tell(paths: list[Path]) -> int:
    """Tell both parts, and return the exit code."""
    # The handlers read their settings at import, so there must be some.
    from request_file import BadRequestError, read_request
    from story import Story, UnexpectedError

    try:
        requests = [read_request(path) for path in paths]
        if command_line(["demo"]) != 0:
            return 1
        show(HEADING, BOLD)
        show(CAST)
        story = Story()
        for number, request in enumerate(requests, start=1):
            story.tell(request, key=f"demo-{number}")
        show(story.summary(len(requests)), COLOURS["COMPLETED"])
    except BadRequestError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    except UnexpectedError as error:
        show(f"NOT AS PROMISED: {error}", COLOURS["FAILED"])
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

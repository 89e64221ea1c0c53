"""Run VPR jobs through their whole life on an AWS inside this process.

Usage: python examples/demo.py [--request FILE] [--no-color]

The three handlers beside this file run as they would in Lambda. Each state that is shown was read
from the table at that moment, and the last line is checked: the exit code is 1 when anything is
not as promised, and 2 for a bad request file.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from embedded_aws import Clock, embedded_aws
from screen import Screen, wants_colour

REQUESTS = Path(__file__).parent / "requests"
INVENTED = [REQUESTS / f"{size}.json" for size in ("small", "typical", "large")]


def main() -> int:
    """Run the demo and return its exit code."""
    parser = argparse.ArgumentParser(description="The life of VPR jobs on an embedded AWS.")
    parser.add_argument("--request", type=Path, metavar="FILE", help="a request of your own")
    parser.add_argument("--no-color", action="store_true", help="plain text, as with NO_COLOR set")
    options = parser.parse_args()
    paths = [options.request] if options.request else INVENTED
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends the demo without a word
    # The handlers' log lines would tear the table apart.
    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "CRITICAL")

    with embedded_aws():
        # The handlers read their settings at import, so there must be some.
        from request_file import BadRequestError, read_request
        from stage import Stage, UnexpectedError
        from story import tell

        clock = Clock()
        screen = Screen(clock, colour=wants_colour(options.no_color))
        try:
            summary = tell(Stage(clock, screen), screen, [read_request(path) for path in paths])
        except BadRequestError as error:
            print(f"demo: {error}", file=sys.stderr)
            return 2
        except UnexpectedError as error:
            screen.verdict(f"NOT AS PROMISED: {error}", good=False)
            return 1
        screen.verdict(summary, good=True)
        return 0


if __name__ == "__main__":
    sys.exit(main())

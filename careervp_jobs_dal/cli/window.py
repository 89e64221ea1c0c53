"""The time that `--since` and `--until` give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.exits import usage

if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import datetime


def window(options: Namespace, now: datetime) -> dict[str, Any]:
    """Return the two instants; without `--until`, the second one is now.

    Raises:
        StopError: the first one is later than the second.
    """
    since = options.since.before(now)
    until = now if options.until is None else options.until.before(now)
    if since > until:
        raise usage("--since is later than --until")
    return {"since": since, "until": until}

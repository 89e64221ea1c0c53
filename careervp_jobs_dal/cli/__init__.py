"""The command `careervp-jobs`: a thin layer over the public API, with the standard library only.

`main` parses the arguments and runs one command; each command has a module in `commands`. The output is made in
`screen`, `grid` and `portrait`. Nothing outside this package imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, as `program.main` does.

    Ctrl-C ends the command even while it is loaded.
    """
    try:
        from careervp_jobs_dal.cli import program
    except KeyboardInterrupt:
        return 130
    return program.main(argv)

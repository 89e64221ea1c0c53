"""The command `careervp-jobs`: a thin layer over the public API, with the standard library only.

`main` parses the arguments and runs one command; each command has a module in `commands`. The output is made in
`screen`, `grid` and `portrait`. Nothing outside this package imports it.
"""

from __future__ import annotations

from careervp_jobs_dal.cli.program import main

__all__ = ["main"]

"""The command `careervp-jobs`: a thin skin over the public API, of the standard library only.

`main` parses the arguments and runs one command; each command has a room in `commands`. What a person sees is made
in `screen`, `grid` and `portrait`; nothing outside this package imports it.
"""

from __future__ import annotations

from careervp_jobs_dal.cli.program import main

__all__ = ["main"]

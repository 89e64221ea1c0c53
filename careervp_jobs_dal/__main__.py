"""The command `careervp-jobs`, started by `python -m careervp_jobs_dal`."""

from __future__ import annotations

import sys

from careervp_jobs_dal.cli import main

if __name__ == "__main__":
    sys.exit(main())

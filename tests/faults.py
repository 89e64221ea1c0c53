"""Faults on demand: those that the package has for the tests of services; and what an old botocore does not have."""

from __future__ import annotations

import inspect

import botocore.endpoint
import pytest

from careervp_jobs_dal.testing import Faults

__all__ = ["Faults", "needs_before_parse"]

needs_before_parse = pytest.mark.skipif(
    "customized_response_dict" not in inspect.getsource(botocore.endpoint),
    reason=f"botocore {botocore.__version__} has no before-parse: it reads every answer itself",
)

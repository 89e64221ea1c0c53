"""Faults on demand: those that the package has for the tests of services."""

from careervp_jobs_dal.testing import Faults

__all__ = ["Faults"]

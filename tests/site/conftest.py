"""The site that `make docs` has built, and whose folder it names in JOBS_SITE."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.site.search import Site


@pytest.fixture(scope="session")
def folder() -> Path:
    if "JOBS_SITE" not in os.environ:
        pytest.skip("the site's tests are run by `make docs`")
    return Path(os.environ["JOBS_SITE"])


@pytest.fixture(scope="session")
def site(folder: Path) -> Site:
    return Site.at(folder)

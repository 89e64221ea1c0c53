"""Templates that the constructs synthesise. Without the CDK, as in `make test`, nothing here is collected."""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path

import pytest

collect_ignore_glob = [] if importlib.util.find_spec("aws_cdk") else ["test_*.py"]


@pytest.fixture(scope="session")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip that has what the construct looks for in a layer."""
    path = tmp_path_factory.mktemp("layer") / "layer.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("python/careervp_jobs_dal/__init__.py", "")
        archive.writestr("python/careervp_jobs_dal-9.8.7.dist-info/METADATA", "")
    return path

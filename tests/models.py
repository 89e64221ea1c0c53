"""Botocore's descriptions of services, read once for all sessions of a test run.

Each session has a loader of its own, which reads and parses them anew: half of the time of a short test.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.loaders import Loader, create_loader


@cache
def _read(data_path: str | None) -> dict[Any, Any]:
    return {}


def _sharing_loader(data_path: str | None = None) -> Loader:
    loader = create_loader(data_path)
    vars(loader)["_cache"] = _read(data_path)
    return loader


def share_models() -> None:
    """Let every session have what another has read."""
    vars(botocore.session)["create_loader"] = _sharing_loader

"""A handler that tells where modules come from; it is copied into a function's code, and imports nothing else."""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from typing import Any


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Import what the event names, and answer with each module's file and each distribution's version."""
    return {
        "python": "{}.{}".format(*sys.version_info),
        "files": {name: importlib.import_module(name).__file__ for name in event.get("modules", [])},
        "versions": {name: importlib.metadata.version(name) for name in event.get("distributions", [])},
        "request_id": context.aws_request_id,
    }

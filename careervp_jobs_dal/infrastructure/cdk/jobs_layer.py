"""The construct of the Lambda layer."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import aws_lambda as lambda_

if TYPE_CHECKING:
    from constructs import Construct

_METADATA = re.compile(r"python/careervp_jobs_dal-(?P<version>[^/]+)\.dist-info/METADATA")
# The layer holds pure Python, so that one zip serves all of them.
_PYTHONS = (
    lambda_.Runtime.PYTHON_3_11,
    lambda_.Runtime.PYTHON_3_12,
    lambda_.Runtime.PYTHON_3_13,
    lambda_.Runtime.PYTHON_3_14,
)


class JobsLayer(lambda_.LayerVersion):
    """Lambda layer of the library, from the zip that `make layer` builds.

    Args:
        scope: the construct around it.
        construct_id: its id there.
        path: the zip, slim or full. Functions with the slim one bring powertools along.

    Raises:
        ValueError: there is no such file, or it is no layer of the library.
    """

    def __init__(self, scope: Construct, construct_id: str, *, path: str | Path) -> None:
        super().__init__(
            scope,
            construct_id,
            code=lambda_.Code.from_asset(str(path)),
            description=f"careervp-jobs-dal {_version(Path(path))}",
            compatible_runtimes=list(_PYTHONS),
            compatible_architectures=[lambda_.Architecture.ARM_64, lambda_.Architecture.X86_64],
        )


def _version(path: Path) -> str:
    """Read the library's version from the layer."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is no zip that can be read ({type(error).__name__}); make layer builds it") from None
    found = [match["version"] for match in map(_METADATA.fullmatch, names) if match]
    if len(found) != 1:
        raise ValueError(f"{path} is no layer of careervp-jobs-dal; make layer builds it")
    return found[0]

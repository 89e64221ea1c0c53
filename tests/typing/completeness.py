"""Whether the package's public names have known types: `python -m tests.typing.completeness [--cdk]`.

The names of the CDK's room have known types only where the CDK is installed, so that `--cdk` looks at them alone there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

CDK = "careervp_jobs_dal.infrastructure.cdk"


def incomplete(*, of_cdk: bool) -> list[str]:
    """The names whose type pyright does not know for sure."""
    command = [
        sys.executable,
        "-m",
        "pyright",
        "--verifytypes",
        "careervp_jobs_dal",
        "--ignoreexternal",
        "--outputjson",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    symbols: list[dict[str, Any]] = json.loads(done.stdout)["typeCompleteness"]["symbols"]
    assert symbols, done.stdout
    return [
        f"{symbol['name']}: {each['message']}"
        for symbol in symbols
        if symbol["isExported"] and symbol["name"].startswith(CDK) is of_cdk
        if not symbol["isTypeKnown"] or symbol["isTypeAmbiguous"]
        for each in symbol["diagnostics"]
    ]


def main() -> int:
    """Print them, and return the exit code."""
    found = incomplete(of_cdk="--cdk" in sys.argv[1:])
    print(*found, f"{len(found)} names with a type that is not known", sep="\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())

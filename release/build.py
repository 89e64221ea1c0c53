"""Build what a release consists of into dist/: ``python -m release.build``.

The sdist and the wheel, the Lambda layers where there is a `layer/build.py`, a list of all that an installation holds
(an SBOM in CycloneDX's form), and the SHA-256 of each file.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from release import artefacts
from release.project import MODULE, ROOT, ReleaseError, python_of, run, tool, version_of

DIST = ROOT / "dist"
LAYER = ROOT / "layer" / "build.py"
LAYERS: tuple[tuple[str | Path, ...], ...] = ((), ("--full", "--constraint", ROOT / "requirements" / "layer.txt"))
SBOM_FORMAT = "1.6"


def build_layers(dist: Path) -> None:
    """Have the layer's own script, where there is one, make zips of the wheel: the library alone, and a full one."""
    for options in LAYERS if LAYER.exists() else ():
        run([sys.executable, LAYER, *options, "--wheel", artefacts.wheel_in(dist), "--into", dist], ROOT)


def write_sbom(dist: Path) -> Path:
    """List the wheel and its dependencies, as they are installed into an environment that has nothing else."""
    sbom = dist / f"{MODULE}-{version_of(ROOT)}.cdx.json"
    with TemporaryDirectory(prefix="sbom-") as name:
        environment = Path(name).resolve() / "environment"
        run([sys.executable, "-m", "venv", "--without-pip", environment], dist)
        python = python_of(environment)
        run(tool("pip", "--quiet", "--python", python, "install", artefacts.wheel_in(dist)), dist)
        options = ("--pyproject", ROOT / "pyproject.toml", "--mc-type", "library", "--spec-version", SBOM_FORMAT)
        run(tool("cyclonedx_py", "environment", *options, "--output-reproducible", "-o", sbom, python), dist)
    complete_sbom(sbom, artefacts.wheel_in(dist))
    return sbom


def complete_sbom(sbom: Path, wheel: Path) -> None:
    """Add the version, which pyproject.toml leaves to the build, and the wheel's hash."""
    content = json.loads(sbom.read_text())
    (digest,) = artefacts.digests([wheel]).values()
    content["metadata"]["component"] |= {
        "version": version_of(ROOT),
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }
    sbom.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")


def build(dist: Path) -> list[Path]:
    """Empty the folder, and fill it."""
    shutil.rmtree(dist, ignore_errors=True)
    artefacts.build(ROOT, dist)
    build_layers(dist)
    write_sbom(dist)
    artefacts.write_sums(dist)
    return sorted(dist.iterdir())


def main() -> int:
    """Build everything and show it; 1 when something went wrong."""
    try:
        built = build(DIST)
        if run(["git", "status", "--porcelain"], ROOT).strip():
            print("Beware: the checkout has uncommitted changes, so this is no release", file=sys.stderr)
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(f"{path.relative_to(ROOT)}  {path.stat().st_size:,} bytes" for path in built))
    return 0


if __name__ == "__main__":
    sys.exit(main())

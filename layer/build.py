"""Build the Lambda layer: ``python layer/build.py [--full] [--with-boto3] [--wheel FILE]``.

The same wheels give the same bytes, whichever Python builds and whenever: names are sorted, dates fixed, and what pip
notes about an installation is left out. Only pure Python gets in, so one zip serves every processor and every Python.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import stat
import subprocess
import sys
import tempfile
import zipfile
from email.parser import Parser
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import Message

CHECKOUT = Path(__file__).resolve().parents[1]
NAME = "careervp-jobs-dal"
WHEEL_NAME = re.compile(r"careervp_jobs_dal-(?P<version>[^-]+)-py3-none-any\.whl")
REQUIREMENT_NAME = re.compile(r"[\w.-]+")
ROOT = "python"  # Lambda unpacks a layer into /opt, and Python looks in /opt/python
EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip knows no date before
# Of what pip notes, names and versions stay: importlib.metadata reads them.
PIP_NOTES = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
COMPILED = re.compile(r"\.(so(\.\d+)*|pyd|dylib)$")
# For any processor and the oldest supported Python: pip then chooses the same wheels wherever it runs, and finds
# nothing for a dependency that is not pure Python.
FOR_ANY_MACHINE = [
    "--only-binary=:all:",
    "--implementation=py",
    "--abi=none",
    "--platform=any",
    "--python-version=3.11",
]


class LayerError(Exception):
    """The layer cannot be built; the text is one line that says why."""


def pip(*arguments: str) -> None:
    """Run pip, isolated from a PYTHONPATH, and let it complain on the terminal itself."""
    command = [sys.executable, "-I", "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, cwd=CHECKOUT, check=False).returncode:  # noqa: S603  # a command of our own
        raise LayerError(f"pip {arguments[0]} failed")


def build_wheel(into: Path) -> Path:
    """Build the checkout's wheel: by this environment's hatchling where it has one, else by one that pip fetches."""
    isolation = ["--no-build-isolation"] if find_spec("hatchling") else []
    with tempfile.TemporaryDirectory(prefix="wheel-") as folder:
        pip("wheel", "--no-deps", *isolation, "--wheel-dir", folder, str(CHECKOUT))
        (built,) = Path(folder).glob("*.whl")
        wheel = into / built.name
        wheel.write_bytes(built.read_bytes())
        return wheel


def version_of(wheel: Path) -> str:
    """Read the package's version from the wheel's name.

    Raises:
        LayerError: this is no wheel of the library, or one that is not pure Python.
    """
    match = WHEEL_NAME.fullmatch(wheel.name)
    if match is None or not wheel.is_file():
        raise LayerError(f"{wheel} is not a pure Python wheel of {NAME}")
    return match["version"]


def metadata_of(wheel: Path) -> Message:
    """Read what the wheel says of itself."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def dependencies_of(wheel: Path, *, with_boto3: bool) -> list[str]:
    """List what a full layer brings along: all that the wheel requires, boto3 only on demand."""
    required = metadata_of(wheel).get_all("Requires-Dist", [])
    always = [each for each in required if "extra ==" not in each]
    return [each for each in always if with_boto3 or REQUIREMENT_NAME.match(each)[0] != "boto3"]  # type: ignore[index]


def install(wheel: Path, dependencies: Sequence[str], constraint: Path | None, folder: Path) -> None:
    """Install the library into a folder, and next to it what it depends on."""
    target = ["install", "--no-compile", "--target", str(folder), *FOR_ANY_MACHINE]
    pip(*target, "--no-deps", str(wheel))
    if dependencies:
        pip(*target, *(["--constraint", str(constraint)] if constraint else []), *dependencies)


def belongs(name: PurePosixPath) -> bool:
    """Tell whether an installed file goes into the layer."""
    if name.parts[0] == "bin" or "__pycache__" in name.parts or name.suffix == ".pyc":
        return False
    return not (name.parent.suffix == ".dist-info" and name.name in PIP_NOTES)


def files_in(folder: Path) -> list[str]:
    """List the layer's files by name, in the order of their code points.

    Raises:
        LayerError: one of them is compiled, for one processor and one Python.
    """
    found = (PurePosixPath(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file())
    names = sorted(str(name) for name in found if belongs(name))
    compiled = [name for name in names if COMPILED.search(name)]
    if compiled:
        raise LayerError(f"a layer for every machine cannot hold compiled files: {', '.join(compiled)}")
    return names


def write_zip(folder: Path, target: Path) -> None:
    """Pack a folder so that the same files always give the same bytes."""
    names = files_in(folder)
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(f"{ROOT}/{name}", EARLIEST)
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            content = (folder / name).read_bytes()
            archive.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED, compresslevel=9)
    partial.replace(target)


def describe(target: Path) -> str:
    """Say what was built: the file, its sizes, its hash, and which versions are in it."""
    with zipfile.ZipFile(target) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
        folders = {PurePosixPath(name).parts[1] for name in archive.namelist()}
    holds = sorted(each.removesuffix(".dist-info") for each in folders if each.endswith(".dist-info"))
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    sizes = f"{target.stat().st_size:,} bytes, {unzipped:,} unzipped"
    return f"{target}\n  {sizes}\n  sha256 {digest}\n  {', '.join(holds)}"


def build(
    into: Path,
    *,
    full: bool = False,
    with_boto3: bool = False,
    wheel: Path | None = None,
    constraint: Path | None = None,
) -> Path:
    """Build a layer, from the checkout where no wheel is given, and return the zip.

    Raises:
        LayerError: a dependency cannot be had, or is not pure Python.
    """
    into.mkdir(parents=True, exist_ok=True)
    wheel = (wheel or build_wheel(into)).resolve()
    kind = "-full-boto3" if with_boto3 else "-full" if full else ""
    target = into / f"{NAME}-layer{kind}-{version_of(wheel)}.zip"
    dependencies = dependencies_of(wheel, with_boto3=with_boto3) if full or with_boto3 else []
    with tempfile.TemporaryDirectory(prefix="layer-") as folder:
        install(wheel, dependencies, constraint and constraint.resolve(), Path(folder))
        write_zip(Path(folder), target)
    return target


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description="Build the Lambda layer: the library alone, or all that it needs.")
    parser.add_argument("--full", action="store_true", help="with aws-lambda-powertools and its dependencies")
    parser.add_argument("--with-boto3", action="store_true", help="a full one, with boto3 as well")
    parser.add_argument("--wheel", type=Path, metavar="FILE", help="this wheel; otherwise it is built first")
    parser.add_argument("--constraint", type=Path, metavar="FILE", help="versions for pip, as it reads them")
    parser.add_argument("--into", type=Path, default=Path("dist"), metavar="DIR", help="default: %(default)s")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Build what the command line asks for, and return the exit code."""
    try:
        print(describe(build(**vars(arguments().parse_args(argv)))))
    except (LayerError, OSError) as error:
        print(f"layer: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

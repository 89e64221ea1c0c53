"""The sdist and the wheel: built, compared and measured."""

from __future__ import annotations

import hashlib
import tarfile
from typing import TYPE_CHECKING

from release.project import ReleaseError, run, tool

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SUMS = "SHA256SUMS"


def build(source: Path, into: Path) -> list[Path]:
    """Build the sdist of a source tree, and from that sdist the wheel."""
    into.mkdir(parents=True, exist_ok=True)
    run(tool("build", "--no-isolation", "--outdir", into, source), into)
    return sorted([wheel_in(into), sdist_in(into)])


def wheel_in(folder: Path) -> Path:
    """The one wheel of a folder."""
    return _only(folder, "*.whl")


def sdist_in(folder: Path) -> Path:
    """The one sdist of a folder."""
    return _only(folder, "*.tar.gz")


def rebuild(sdist: Path, folder: Path) -> list[Path]:
    """Build both again from the unpacked sdist: another place, other file times, nothing that git has."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (source,) = (folder / "unpacked").iterdir()
    return build(source, folder / "rebuilt")


def differing(one: Iterable[Path], other: Iterable[Path]) -> list[str]:
    """The names of the files that are not the same, byte by byte, in both."""
    first, second = digests(one), digests(other)
    return sorted(name for name in first | second if first.get(name) != second.get(name))


def digests(files: Iterable[Path]) -> dict[str, str]:
    """The SHA-256 of each file, by its name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def write_sums(folder: Path) -> Path:
    """Write the digests of all files of a folder as `sha256sum --check` reads them."""
    sums = folder / SUMS
    sums.unlink(missing_ok=True)
    found = digests(path for path in folder.iterdir() if path.is_file())
    sums.write_text("".join(f"{found[name]}  {name}\n" for name in sorted(found)))
    return sums


def _only(folder: Path, pattern: str) -> Path:
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise ReleaseError(f"Expected one {pattern} in {folder}, not {len(found)}")
    return found[0]

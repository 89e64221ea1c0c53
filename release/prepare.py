"""Make the checkout ready for a release: ``python -m release.prepare X.Y.Z``.

It writes the version and the changelog's heading, and prints the commands that commit and tag. It pushes nothing.
"""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from release.project import ROOT, VERSION_FILE, ReleaseError, run, version_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CHANGELOG = "CHANGELOG.md"
UNRELEASED = "## [Unreleased]"
Version = tuple[int, int, int]

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_HEADING = re.compile(r"^## \[(\d+\.\d+\.\d+)\]", re.MULTILINE)
_NEXT_HEADING = re.compile(r"^## ", re.MULTILINE)
_ENTRY = re.compile(r"^[-*] \S", re.MULTILINE)


def parsed(text: str) -> Version:
    """The three numbers of a semantic version; pre-releases are not made here."""
    found = _VERSION.fullmatch(text)
    if found is None:
        raise ReleaseError(f"A version is X.Y.Z, three numbers without leading zeros, not {text!r}")
    major, minor, patch = map(int, found.groups())
    return major, minor, patch


def successors(version: Version) -> tuple[Version, Version, Version]:
    """The versions that may follow: a fix, a feature, a break."""
    major, minor, patch = version
    return (major, minor, patch + 1), (major, minor + 1, 0), (major + 1, 0, 0)


def check_rises(version: str, present: str, changelog: str) -> None:
    """Check that the version is the next patch, minor or major one; the first release is the present version."""
    released = [parsed(text) for text in _HEADING.findall(changelog)]
    allowed = successors(max(released)) if released else (parsed(present), *successors(parsed(present)))
    if parsed(version) not in allowed:
        shown = ", ".join(".".join(map(str, numbers)) for numbers in allowed)
        raise ReleaseError(f"{version} does not follow; it can be one of {shown}")


def released_changelog(changelog: str, version: str, day: date) -> str:
    """The changelog with what was unreleased under the heading of the version."""
    before, found, after = changelog.partition(f"{UNRELEASED}\n")
    if not found:
        raise ReleaseError(f"{CHANGELOG} has no line {UNRELEASED}")
    entries = _NEXT_HEADING.split(after, maxsplit=1)[0]
    if not _ENTRY.search(entries):
        raise ReleaseError(f"{CHANGELOG} has no entry under {UNRELEASED}: there is nothing to release")
    return f"{before}{UNRELEASED}\n\n## [{version}] - {day.isoformat()}\n{after}"


def check_git(root: Path, version: str) -> None:
    """Check that nothing is uncommitted and that the version has no tag yet."""
    if run(["git", "status", "--porcelain"], root).strip():
        raise ReleaseError("The checkout has uncommitted changes")
    if run(["git", "tag", "--list", f"v{version}"], root).strip():
        raise ReleaseError(f"The tag v{version} is there already")


def prepare(root: Path, version: str, day: date) -> list[str]:
    """Write the version and the heading, once every check has passed; gives the commands that are left to do."""
    changelog = (root / CHANGELOG).read_text()
    present = version_of(root)
    check_rises(version, present, changelog)
    check_git(root, version)
    text = released_changelog(changelog, version, day)
    source = (root / VERSION_FILE).read_text()
    (root / CHANGELOG).write_text(text)
    (root / VERSION_FILE).write_text(source.replace(f'"{present}"', f'"{version}"'))
    return [
        f"git add {CHANGELOG} {VERSION_FILE}",
        f'git commit --message "Release {version}"',
        f'git tag --annotate v{version} --message "{version}"',
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Prepare a release of this checkout; 1 when something speaks against it."""
    parser = argparse.ArgumentParser(prog="python -m release.prepare", description="Make ready for a release.")
    parser.add_argument("version", metavar="X.Y.Z")
    version = parser.parse_args(argv).version
    try:
        commands = prepare(ROOT, version, datetime.now(UTC).date())
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{CHANGELOG} and {VERSION_FILE} say {version}. Look at them (git diff), then:\n")
    print("\n".join(f"    {command}" for command in commands))
    return 0


if __name__ == "__main__":
    sys.exit(main())

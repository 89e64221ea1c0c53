"""`release.prepare` in a git repository of its own: what it writes, and what it refuses."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from release import prepare
from release.project import VERSION_FILE, ReleaseError, version_of

DAY = date(2026, 11, 23)
ENTRIES = "### Added\n\n- Something that users notice.\n"
HISTORY = "\n## [0.1.0] - 2026-10-01\n\n### Added\n\n- The first things.\n"
IDENTITY = ("-c", "user.name=Tester", "-c", "user.email=tester@example.com", "-c", "commit.gpgsign=false")

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def git(folder: Path, *arguments: str) -> str:
    command = ["git", *IDENTITY, "-c", "tag.gpgsign=false", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def write_changelog(folder: Path, unreleased: str, history: str) -> None:
    (folder / "CHANGELOG.md").write_text(f"# Changelog\n\n## [Unreleased]\n\n{unreleased}{history}")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clean repository that has released 0.1.0, and something since."""
    version_file = tmp_path / VERSION_FILE
    version_file.parent.mkdir()
    version_file.write_text('"""The version."""\n\n__version__ = "0.1.0"\n')
    write_changelog(tmp_path, ENTRIES, HISTORY)
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def commit(folder: Path) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "A change")


def test_the_version_and_the_heading_are_written(checkout: Path) -> None:
    prepare.prepare(checkout, "0.2.0", DAY)

    assert version_of(checkout) == "0.2.0"
    assert (checkout / VERSION_FILE).read_text() == '"""The version."""\n\n__version__ = "0.2.0"\n'
    changelog = (checkout / "CHANGELOG.md").read_text()
    assert changelog == f"# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-11-23\n\n{ENTRIES}{HISTORY}"


def test_the_printed_commands_commit_and_tag(checkout: Path) -> None:
    for command in prepare.prepare(checkout, "0.2.0", DAY):
        subprocess.run(command.replace("git ", f"git {' '.join(IDENTITY)} ", 1), cwd=checkout, shell=True, check=True)

    assert git(checkout, "status", "--porcelain") == ""
    assert git(checkout, "describe", "--exact-match").strip() == "v0.2.0"


@pytest.mark.parametrize("version", ["0.1.1", "0.2.0", "1.0.0"])
def test_a_version_may_be_the_next_fix_feature_or_break(checkout: Path, version: str) -> None:
    prepare.prepare(checkout, version, DAY)

    assert version_of(checkout) == version


@pytest.mark.parametrize("version", ["0.1.0", "0.0.9", "0.1.2", "0.3.0", "2.0.0", "0.2.1"])
def test_a_version_that_does_not_follow_is_refused(checkout: Path, version: str) -> None:
    with pytest.raises(ReleaseError, match=r"can be one of 0\.1\.1, 0\.2\.0, 1\.0\.0"):
        prepare.prepare(checkout, version, DAY)


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "1.0.0rc1", "01.0.0", "1.0.0 ", ""])
def test_what_is_no_version_is_refused(checkout: Path, version: str) -> None:
    with pytest.raises(ReleaseError, match="three numbers"):
        prepare.prepare(checkout, version, DAY)


def test_the_first_release_may_be_the_present_version(checkout: Path) -> None:
    write_changelog(checkout, ENTRIES, history="")
    commit(checkout)

    prepare.prepare(checkout, "0.1.0", DAY)

    assert "## [0.1.0] - 2026-11-23\n\n### Added" in (checkout / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("unreleased", ["", "### Added\n"], ids=["nothing", "a bare heading"])
def test_nothing_unreleased_is_nothing_to_release(checkout: Path, unreleased: str) -> None:
    write_changelog(checkout, unreleased, HISTORY)
    commit(checkout)

    with pytest.raises(ReleaseError, match="nothing to release"):
        prepare.prepare(checkout, "0.2.0", DAY)


def test_a_changelog_without_the_heading_is_refused(checkout: Path) -> None:
    (checkout / "CHANGELOG.md").write_text(f"# Changelog\n{HISTORY}")
    commit(checkout)

    with pytest.raises(ReleaseError, match="no line"):
        prepare.prepare(checkout, "0.2.0", DAY)


def test_uncommitted_changes_are_refused(checkout: Path) -> None:
    (checkout / "new.txt").write_text("not added")

    with pytest.raises(ReleaseError, match="uncommitted"):
        prepare.prepare(checkout, "0.2.0", DAY)


def test_a_tag_that_is_there_is_refused(checkout: Path) -> None:
    git(checkout, "tag", "v0.2.0")

    with pytest.raises(ReleaseError, match=r"v0\.2\.0 is there already"):
        prepare.prepare(checkout, "0.2.0", DAY)


def test_a_refusal_writes_nothing(checkout: Path) -> None:
    write_changelog(checkout, "", HISTORY)
    commit(checkout)

    with pytest.raises(ReleaseError):
        prepare.prepare(checkout, "0.2.0", DAY)

    assert git(checkout, "status", "--porcelain") == ""


def test_the_command_prints_what_is_left_to_do(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prepare, "ROOT", checkout)

    assert prepare.main(["0.2.0"]) == 0
    assert "git tag --annotate v0.2.0" in capsys.readouterr().out
    assert prepare.main(["0.2.0"]) == 1
    assert "does not follow" in capsys.readouterr().err

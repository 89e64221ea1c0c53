"""Dependency confusion: someone publishes 9.9.9 of our name on a public index, and our 0.1.0 is on the private one.

Which of the two an installer takes is decided by how it was told of the two indexes. Both indexes are on loopback, and
the installers reach nothing else. The private wheels hold "private", the public ones "public".
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from release.index import loopback_only, serving
from release.project import MODULE, NAME, ReleaseError, run, tool

PYPROJECT = """\
[project]
name = "a-service"
version = "1"
requires-python = ">=3.11"
dependencies = ["{name}"]

[[tool.uv.index]]
name = "private"
url = "{private}"
explicit = true

[[tool.uv.index]]
name = "public"
url = "{public}"
default = true

[tool.uv.sources]
{name} = {{ index = "private" }}
"""


def write_wheel(folder: Path, version: str) -> Path:
    """A wheel of our name, as small as one can be, that holds the name of its folder."""
    wheel = folder / f"{MODULE}-{version}-py3-none-any.whl"
    notes = f"{MODULE}-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{MODULE}.py", f"ORIGIN = {folder.name!r}\n")
        archive.writestr(f"{notes}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\n")
        archive.writestr(f"{notes}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{notes}/RECORD", "")
    return wheel


@dataclass(frozen=True)
class World:
    """Two indexes, the hash of the private wheel, and a folder to install into."""

    private: str
    public: str
    sha256: str
    folder: Path

    def pip(self, *arguments: str) -> str:
        return self._install(tool("pip", "--quiet", "install", "--target", self.folder / "target"), arguments)

    def uv(self, *arguments: str) -> str:
        return self._install(tool("uv", "pip", "install", "--target", self.folder / "target"), arguments)

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text.format(name=NAME, private=self.private, public=self.public, sha256=self.sha256))
        return str(path)

    def _install(self, command: list[str], arguments: tuple[str, ...]) -> str:
        """What was installed: its version and where it came from."""
        named = {"private": self.private, "public": self.public}
        run([*command, *(named.get(word, word) for word in arguments)], self.folder, loopback_only(self.folder))
        (notes,) = (self.folder / "target").glob("*.dist-info")
        version = notes.name.removeprefix(f"{MODULE}-").removesuffix(".dist-info")
        origin = (self.folder / "target" / f"{MODULE}.py").read_text().split("'")[1]
        return f"{version} {origin}"


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    folder = tmp_path_factory.mktemp("indexes")
    private, public = folder / "private", folder / "public"
    private.mkdir()
    public.mkdir()
    wheel = write_wheel(private, "0.1.0")
    for version in ("0.1.0", "9.9.9"):
        write_wheel(public, version)
    with serving(private) as ours, serving(public) as theirs:
        yield ours.url, theirs.url, hashlib.sha256(wheel.read_bytes()).hexdigest()


@pytest.fixture
def world(indexes: tuple[str, str, str], tmp_path: Path) -> World:
    return World(*indexes, tmp_path)


def test_an_installer_that_is_told_of_no_index_reaches_none(world: World) -> None:
    for install in (world.pip, world.uv):
        with pytest.raises(ReleaseError, match="Connection refused"):
            install(NAME)


def test_pip_with_the_private_index_alone_is_safe(world: World) -> None:
    assert world.pip("--index-url", "private", NAME) == "0.1.0 private"


@pytest.mark.parametrize(("main", "extra"), [("private", "public"), ("public", "private")])
def test_pip_with_an_extra_index_takes_the_highest_version_of_either(world: World, main: str, extra: str) -> None:
    assert world.pip("--index-url", main, "--extra-index-url", extra, NAME) == "9.9.9 public"


@pytest.mark.parametrize(("main", "extra"), [("private", "public"), ("public", "private")])
def test_pip_with_hashes_takes_only_the_file_that_was_meant(world: World, main: str, extra: str) -> None:
    locked = world.write("requirements.txt", "{name}==0.1.0 --hash=sha256:{sha256}\n")

    taken = world.pip("--index-url", main, "--extra-index-url", extra, "--require-hashes", "-r", locked)

    assert taken == "0.1.0 private"


def test_pip_with_hashes_refuses_the_same_version_of_someone_else(world: World) -> None:
    locked = world.write("requirements.txt", "{name}==0.1.0 --hash=sha256:{sha256}\n")

    with pytest.raises(ReleaseError, match="HASH"):
        world.pip("--index-url", "public", "--require-hashes", "-r", locked)


def test_pip_with_hashes_refuses_a_requirement_without_one(world: World) -> None:
    unlocked = world.write("requirements.txt", "{name}\n")

    with pytest.raises(ReleaseError, match="--require-hashes"):
        world.pip("--index-url", "public", "--require-hashes", "-r", unlocked)


def test_uv_with_the_private_index_alone_is_safe(world: World) -> None:
    assert world.uv("--default-index", "private", NAME) == "0.1.0 private"


def test_uv_takes_the_first_index_that_knows_the_name(world: World) -> None:
    assert world.uv("--index", "private", "--default-index", "public", NAME) == "0.1.0 private"


@pytest.mark.parametrize(
    "options",
    [("--default-index", "private", "--index", "public"), ("--index-url", "private", "--extra-index-url", "public")],
    ids=["index", "extra-index-url"],
)
def test_uv_asks_a_further_index_before_the_default_one(world: World, options: tuple[str, ...]) -> None:
    assert world.uv(*options, NAME) == "9.9.9 public"


def test_uv_told_to_match_best_takes_the_highest_version_of_either(world: World) -> None:
    options = ("--index", "private", "--default-index", "public", "--index-strategy", "unsafe-best-match")

    assert world.uv(*options, NAME) == "9.9.9 public"


def test_uv_with_an_explicit_index_is_safe(world: World) -> None:
    assert world.uv("-r", world.write("pyproject.toml", PYPROJECT)) == "0.1.0 private"


def test_a_private_index_that_has_lost_the_package_is_passed_over(world: World) -> None:
    (world.folder / "empty").mkdir()
    with serving(world.folder / "empty") as empty:
        assert world.uv("--index", empty.url, "--default-index", "public", NAME) == "9.9.9 public"


def test_an_explicit_index_that_has_lost_the_package_is_a_failure(world: World) -> None:
    (world.folder / "empty").mkdir()
    with serving(world.folder / "empty") as empty:
        text = PYPROJECT.replace("{private}", empty.url)
        with pytest.raises(ReleaseError, match="not found"):
            world.uv("-r", world.write("pyproject.toml", text))

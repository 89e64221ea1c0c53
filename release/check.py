"""Show that the package can be published and installed: ``python -m release.check``.

It is built twice and compared, its metadata and contents are checked, and then it makes a round trip through an index
on loopback: uploaded by twine, installed by pip and by uv into clean environments, and used there.

The index holds the dependencies too, so that one `--index-url` is all an installer is given. That is the configuration
which the documentation recommends: a private index that passes the public packages on, and no second index.
"""

from __future__ import annotations

import sys
import time
import venv
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from release import artefacts
from release.index import Index, loopback_only, serving
from release.project import NAME, ROOT, ReleaseError, python_of, run, tool, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Run in the clean environment, with the expected version as its argument; the last line makes a client, sends nothing.
SMOKE_TEST = f"""
import sys
from importlib.metadata import version
from pathlib import Path
import careervp_jobs_dal
from careervp_jobs_dal import JobsRepository

place = Path(careervp_jobs_dal.__file__).resolve()
assert place.is_relative_to(Path(sys.prefix).resolve()), f"imported from {{place}}"
assert place.with_name("py.typed").exists(), "py.typed is missing"
assert careervp_jobs_dal.__version__ == version("{NAME}") == sys.argv[1], "another version"
assert JobsRepository("jobs").table_name == "jobs"
assert JobsRepository("jobs").connect(), "no client"
"""
NO_AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what is being checked, and how long it took when it was right."""
    print(f"  {what} ...", end=" ", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print("FAILED", flush=True)
        raise
    print(f"ok ({time.monotonic() - started:.1f} s)", flush=True)


def check_build(folder: Path) -> list[Path]:
    """Build, build again from the sdist, and look at what came out."""
    with step("build sdist and wheel"):
        built = artefacts.build(ROOT, folder / "built")
    with step("a second build, from the unpacked sdist, is byte-identical"):
        different = artefacts.differing(built, artefacts.rebuild(artefacts.sdist_in(folder / "built"), folder))
        if different:
            raise ReleaseError(f"Not the same in both builds: {', '.join(different)}")
    with step("twine check --strict"):
        run(tool("twine", "check", "--strict", *built), folder)
    with step("check-wheel-contents"):
        run(tool("check_wheel_contents", artefacts.wheel_in(folder / "built")), folder)
    return built


def fetch_dependencies(wheel: Path, packages: Path) -> None:
    """Put the dependencies, and not the package itself, into the folder that the index serves."""
    run(tool("pip", "download", "--quiet", "--only-binary", ":all:", "--dest", packages, wheel), packages)
    (packages / wheel.name).unlink()


def upload(built: list[Path], index: Index, settings: Mapping[str, str], folder: Path) -> None:
    """Upload as one would to any private index, but with a user that this index does not ask for."""
    options = ("--non-interactive", "--disable-progress-bar", "--username", "nobody", "--password", "none")
    command = tool("twine", "upload", "--repository-url", index.upload_url, *options, *built)
    run(command, folder, settings)


def check_upload(built: list[Path], index: Index, settings: Mapping[str, str], folder: Path) -> None:
    """The index holds what was built, and does not let it be replaced."""
    packages = folder / "packages"
    with step("upload by twine"):
        upload(built, index, settings, folder)
        if artefacts.differing(built, [packages / path.name for path in built]):
            raise ReleaseError("The index holds other bytes than were built")
    with step("a second upload of the version is refused"):
        try:
            upload(built, index, settings, folder)
        except ReleaseError:
            return
        raise ReleaseError("The index took the same version again")


def install_by_pip(requirement: str, index: Index, settings: Mapping[str, str], folder: Path) -> Path:
    """Install into a new environment, by the pip that it comes with."""
    environment = folder / "by-pip"
    venv.create(environment, with_pip=True)
    python = python_of(environment)
    run([python, "-m", "pip", "--quiet", "install", "--index-url", index.url, requirement], folder, settings)
    return python


def install_by_uv(requirement: str, index: Index, settings: Mapping[str, str], folder: Path) -> Path:
    """Install into a new environment that has no pip."""
    environment = folder / "by-uv"
    run(tool("uv", "venv", "--python", sys.executable, environment), folder, settings)
    python = python_of(environment)
    command = tool("uv", "pip", "install", "--python", python, "--default-index", index.url, requirement)
    run(command, folder, settings)
    return python


def check_round_trip(built: list[Path], version: str, folder: Path) -> None:
    """Upload, install by both installers from the index alone, and use what was installed."""
    packages, home = folder / "packages", folder / "home"
    packages.mkdir()
    home.mkdir()
    settings = loopback_only(home)
    with step("fetch the dependencies, which the index serves as well"):
        fetch_dependencies(artefacts.wheel_in(folder / "built"), packages)
    with serving(packages) as index:
        check_upload(built, index, settings, folder)
        for name, install in (("pip", install_by_pip), ("uv", install_by_uv)):
            with step(f"install by {name} from the index alone, and use it"):
                python = install(f"{NAME}=={version}", index, settings, folder)
                run([python, "-I", "-c", SMOKE_TEST, version], folder, settings | NO_AWS)


def main() -> int:
    """Check everything in a temporary folder; 0 when all was right, else 1."""
    started = time.monotonic()
    version = version_of(ROOT)
    print(f"{NAME} {version}", flush=True)
    with TemporaryDirectory(prefix="publish-check-") as name:
        folder = Path(name).resolve()
        try:
            check_round_trip(check_build(folder), version, folder)
        except ReleaseError as error:
            print(error, file=sys.stderr)
            return 1
    print(f"It can be published ({time.monotonic() - started:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Fetch local DynamoDB engines: ``python -m tests.engines.install ministack dynoxide``.

Each engine gets a folder of its own and comes through the ordinary client of its registry (pip,
mvn, cargo), configured as it is on the machine. A stamp file, written last, holds the version:
where it matches there is nothing to do, and an installation that was interrupted starts afresh.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .catalogue import ENGINES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

CHECKOUT = Path(__file__).resolve().parents[2]
# Several checkouts can share one set of engines, and a build server can keep it between runs.
HOME = Path(os.environ.get("JOBS_ENGINES") or CHECKOUT / ".engines").resolve()
SUMMARY = "Fetch local DynamoDB engines for the tests."
STAMP = "installed-version"
LONGEST_COMPLAINT = 250  # characters; pip lists every version there ever was
OLDEST_JAVA = 17
INTEL = ("x86_64", "amd64")

# Written without a namespace and without a repository: Maven takes both from its own settings.
POM = """\
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>engines</groupId>
  <artifactId>dynamodb-local</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>software.amazon.dynamodb</groupId>
      <artifactId>DynamoDBLocal</artifactId>
      <version>{version}</version>
    </dependency>
  </dependencies>
</project>
"""
COPY_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

# Tests need the server only, and no whole-program optimisation: without, the build takes little
# more than half as long.
DYNOXIDE_FEATURES = "native-sqlite,http-server,cli"
QUICK_BUILD = {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16"}


class InstallError(Exception):
    """An engine could not be had; the text is one line that says why."""


def is_current(name: str, home: Path = HOME) -> bool:
    """Tell whether an engine is there, complete, at the version the catalogue asks for."""
    stamp = home / name / STAMP
    return stamp.is_file() and stamp.read_text().strip() == version_of(name)


def version_of(name: str) -> str:
    """Give the version that the catalogue asks for."""
    version = ENGINES[name].version
    if version is None:
        raise InstallError("runs in process, as part of the environment")
    return version


def need(*commands: str) -> None:
    """Refuse to begin when a command that the installation needs is not on the path."""
    missing = [command for command in commands if shutil.which(command) is None]
    if missing:
        raise InstallError(f"needs {' and '.join(missing)}")


def need_java() -> None:
    """Refuse a Java that is too old, going by the version it reports itself."""
    answer = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    match = re.search(r'version "(\d+)', answer.stderr + answer.stdout)
    # Being on the path proves nothing: macOS has a `java` that only says that there is none.
    if match is None or answer.returncode:
        raise InstallError(f"needs java {OLDEST_JAVA} or newer, and the one here does not run")
    if int(match[1]) < OLDEST_JAVA:
        raise InstallError(f"needs java {OLDEST_JAVA} or newer, and the one here is {match[1]}")


def need_intel() -> None:
    """Refuse a processor for which the engine's native SQLite is not published."""
    machine = platform.machine()
    if machine.lower() not in INTEL:
        raise InstallError(f"needs an Intel or AMD processor for its SQLite, and this is {machine}")


def first_complaint(output: str) -> str:
    """Pick the line of a command's output that most likely says what went wrong."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)  # mvn colours its output in a file as well
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return textwrap.shorten((errors or lines[-1:] or ["nothing"])[0], LONGEST_COMPLAINT)


def run(command: Sequence[str], folder: Path, settings: Mapping[str, str] | None = None) -> None:
    """Run one command in the engine's folder without a word, its output kept for a failure."""
    log = folder / "install.log"
    with log.open("ab") as output:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(settings or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        complaint = first_complaint(log.read_text(errors="replace"))
        raise InstallError(f"{Path(command[0]).name} said: {complaint} (all of it: {log})")


def install_ministack(folder: Path) -> None:
    """Give ministack an environment of its own, because it pins botocore."""
    # Debian ships Python without what a new environment needs to get pip.
    if importlib.util.find_spec("ensurepip") is None:
        raise InstallError("needs Python's ensurepip (on Debian the package python3-venv)")
    run([sys.executable, "-m", "venv", "."], folder)
    # Isolated: a PYTHONPATH must not make pip believe that it has something already.
    pip = ["bin/python", "-I", "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run([*pip, "install", f"ministack=={version_of('ministack')}"], folder)


def install_dynamodb_local(folder: Path) -> None:
    """Have Maven collect the jar, its dependencies and the native SQLite parts in one folder."""
    need("java", "mvn")
    need_java()
    need_intel()
    (folder / "pom.xml").write_text(POM.format(version=version_of("dynamodb-local")))
    mvn = ["mvn", "--quiet", "--batch-mode", COPY_DEPENDENCIES]
    run([*mvn, "-DincludeScope=runtime", "-DoutputDirectory=lib"], folder)


def install_dynoxide(folder: Path) -> None:
    """Build the server, and throw away what the build leaves behind."""
    need("cargo", "cc")
    crate = ["dynoxide-rs", "--version", version_of("dynoxide"), "--locked"]
    features = ["--no-default-features", "--features", DYNOXIDE_FEATURES]
    leftovers = folder / "target"
    settings = {**QUICK_BUILD, "CARGO_TARGET_DIR": str(leftovers)}
    try:
        run(["cargo", "install", "--quiet", "--root", ".", *crate, *features], folder, settings)
    finally:
        shutil.rmtree(leftovers, ignore_errors=True)


INSTALLERS: Mapping[str, Callable[[Path], None]] = {
    "ministack": install_ministack,
    "dynamodb-local": install_dynamodb_local,
    "dynoxide": install_dynoxide,
}


def install(name: str, home: Path = HOME) -> str:
    """Fetch one engine unless it is there already, and say in a few words what was done."""
    if is_current(name, home):
        return "already there"
    folder = home / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Wherever the folder is put, git ignores it.
    (folder / ".gitignore").write_text("*\n")
    started = time.monotonic()
    INSTALLERS[name](folder)
    (folder / STAMP).write_text(version_of(name) + "\n")
    return f"installed in {time.monotonic() - started:.0f} s"


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.engines.install", description=SUMMARY)
    known = ", ".join(INSTALLERS)
    parser.add_argument("names", nargs="+", choices=INSTALLERS, metavar="engine", help=known)
    into = "a folder for engines only; tests look for them in $JOBS_ENGINES, else here: %(default)s"
    parser.add_argument("--into", type=Path, default=HOME, help=into)
    parser.add_argument("--optional", action="store_true", help="exit 0 even if one is missing")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Fetch every engine asked for, one line each; 1 when one could not be had, else 0."""
    options = arguments().parse_args(argv)
    missing = 0
    for name in options.names:
        try:
            said = install(name, options.into.resolve())
            print(f"{name} {version_of(name)}: {said}", flush=True)
        except (InstallError, OSError) as error:
            missing += 1
            print(f"{name}: {error}", file=sys.stderr)
    return 1 if missing and not options.optional else 0


if __name__ == "__main__":
    sys.exit(main())

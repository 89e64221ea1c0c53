"""The command `init`: it writes a small service to start from, with its tests and its template."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.command import Command, name
from careervp_jobs_dal.cli.exits import Exit, StopError, usage
from careervp_jobs_dal.cli.outcome import plural

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    from careervp_jobs_dal.cli.screen import Screen

_SERVICE = re.compile(r"[a-z][a-z0-9-]{1,39}")
_RULE = "2 to 40 lower-case letters, digits or '-', a letter first"
_ENDING = ".txt"  # so that no tool takes a file of the package for its code
_TABLE_FILE = "table.json"


def _configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("directory", metavar="DIRECTORY", help="where the files go; it is made if needed")
    help_service = "the service's name (default: the directory's)"
    add("--service", type=_service, metavar="NAME", help=help_service)
    add("--table", type=name, metavar="NAME", help="the table's name (default: the service's, and -jobs)")


def _service(text: str) -> str:
    if not _SERVICE.fullmatch(text):
        raise ArgumentTypeError(f"must have {_RULE}")
    return text


def _near(name: str) -> str:
    """Return a service's name that is like a directory's."""
    near = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
    return near if _SERVICE.fullmatch(near) else "my-service"


def _run(options: Namespace, screen: Screen) -> Exit:
    folder = Path(options.directory)
    service = options.service or folder.resolve().name
    if not _SERVICE.fullmatch(service):
        raise usage(
            f"The directory's name is no service's name ({_RULE}): pass one, such as --service {_near(service)}"
        )
    texts = dict(_texts(service, options.table or f"{service}-jobs"))
    there = [path for path in texts if (folder / path).exists()]
    if there:
        raise StopError(f"{', '.join(there)} is there already; nothing was written", Exit.NO, "ALREADY_EXISTS")
    try:
        for path, text in texts.items():
            _write(folder / path, text)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise usage(f"Cannot write to {options.directory}: {reason}") from None
    screen.show({"directory": str(folder), "service": service, "files": sorted(texts)}, _lines(folder, sorted(texts)))
    return Exit.OK


def _texts(service: str, table: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each file."""
    from careervp_jobs_dal.infrastructure.cloudformation import cloudformation

    for path, file in _starters(files("careervp_jobs_dal.cli") / "starter"):
        yield path, file.read_text(encoding="utf-8").replace("{{service}}", service).replace("{{table}}", table)
    yield _TABLE_FILE, cloudformation(table, optional_indexes=True, policies=True) + "\n"


def _starters(folder: Traversable, above: str = "") -> Iterator[tuple[str, Traversable]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _starters(each, f"{above}{each.name}/")
        else:
            yield above + each.name.removesuffix(_ENDING), each


def _write(path: Path, text: str) -> None:
    """Write a new file; one that has appeared meanwhile is not overwritten."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _lines(folder: Path, written: list[str]) -> Iterator[str]:
    yield from (str(folder / path) for path in written)
    yield ""
    yield f"{plural(len(written), 'file')} written. The work goes into service/worker.py; README.md has the next steps."


INIT = Command(
    "init",
    "write a small service to start from, with its tests and its template",
    "Handlers that submit, work, answer and sweep, for AWS SAM. No file is overwritten.",
    ("init greetings", "init . --service greetings --table greetings-dev"),
    _configure,
    _run,
    connects=False,
)

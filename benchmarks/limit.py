"""A fraction of a core for a program, as a small Lambda function has it, by the best means that this machine has."""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PERIOD = 0.02  # seconds
_CGROUPS = Path("/sys/fs/cgroup")
_MICRO = 1_000_000


@dataclass(frozen=True)
class Limit:
    """A way to run a program with less than a core, and what it is, in words."""

    means: str
    run: Callable[[Sequence[str], Mapping[str, str]], int]


@contextmanager
def limited(cores: float) -> Iterator[Limit]:
    """The first of these that works here: cgroup v2, cgroup v1, cpulimit, stopping and continuing it."""
    with _cgroup(_CGROUPS / "cgroup.controllers", _CGROUPS, _v2, cores) as folder:
        if folder:
            yield Limit("cgroup v2, cpu.max", _joining(folder))
            return
    with _cgroup(_CGROUPS / "cpu" / "cpu.cfs_quota_us", _CGROUPS / "cpu", _v1, cores) as folder:
        if folder:
            yield Limit("cgroup v1, cpu.cfs_quota_us", _joining(folder))
            return
    if command := shutil.which("cpulimit"):
        yield Limit("cpulimit", _under(command, cores))
        return
    yield Limit("SIGSTOP and SIGCONT by the parent", _duty_cycle(cores))


@contextmanager
def _cgroup(
    mark: Path, parent: Path, quota: Callable[[float], Mapping[str, str]], cores: float
) -> Iterator[Path | None]:
    """A control group of this process's own, where one can be made; it is gone after this block."""
    folder = parent / f"careervp-bench-{os.getpid()}"
    if not mark.exists():
        yield None
        return
    try:
        folder.mkdir()
        for name, value in quota(cores).items():
            (folder / name).write_text(value)
    except OSError:
        with suppress(OSError):
            folder.rmdir()
        yield None
        return
    try:
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()


def _v2(cores: float) -> Mapping[str, str]:
    return {"cpu.max": f"{round(PERIOD * cores * _MICRO)} {round(PERIOD * _MICRO)}"}


def _v1(cores: float) -> Mapping[str, str]:
    period = round(PERIOD * _MICRO)
    return {"cpu.cfs_period_us": str(period), "cpu.cfs_quota_us": str(round(period * cores))}


def _joining(folder: Path) -> Callable[[Sequence[str], Mapping[str, str]], int]:
    """A shell puts itself into the group and becomes the program, so that nothing of it runs outside."""

    def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
        script = f'echo $$ > "{folder}/cgroup.procs" && exec "$@"'
        return Popen(["/bin/sh", "-c", script, "sh", *command], env=environment).wait()

    return run


def _under(cpulimit: str, cores: float) -> Callable[[Sequence[str], Mapping[str, str]], int]:
    def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
        options = ["--quiet", "--foreground", f"--limit={round(cores * 100)}", "--"]
        return Popen([cpulimit, *options, *command], env=environment).wait()

    return run


def _duty_cycle(cores: float) -> Callable[[Sequence[str], Mapping[str, str]], int]:
    """The program may run in a part of each period."""

    def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
        with Popen(command, env=environment) as program:
            while program.poll() is None:
                time.sleep(PERIOD * cores)
                program.send_signal(signal.SIGSTOP)
                time.sleep(PERIOD * (1 - cores))
                program.send_signal(signal.SIGCONT)
            return program.returncode

    return run

"""A fraction of a core for a program, as a small Lambda function has it, by the best means that this machine has."""

import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from benchmarks.race import Cost

PERIOD = 0.02  # seconds
_CGROUPS = Path("/sys/fs/cgroup")


class Limit(NamedTuple):
    """A way to give a program less than a core: a prefix, or pauses."""

    means: str = "none"
    prefix: tuple[str, ...] = ()
    cores: float = 1

    def run(self, command: Sequence[str]) -> tuple[int, Cost]:
        """Run a program, and ask the system how it ended and what it took."""
        whole, stopped = (*self.prefix, *command), self.cores < 1
        began = time.perf_counter()
        child = os.posix_spawn(whole[0], whole, os.environ)
        while not (ended := os.wait4(child, os.WNOHANG if stopped else 0))[0]:
            time.sleep(PERIOD * self.cores)
            os.kill(child, signal.SIGSTOP)
            time.sleep(PERIOD * (1 - self.cores))
            os.kill(child, signal.SIGCONT)
        _, status, usage = ended
        wall = time.perf_counter() - began
        return os.waitstatus_to_exitcode(status), Cost(usage.ru_utime + usage.ru_stime, wall)


@contextmanager
def limited(cores: float) -> Iterator[Limit]:
    """Find the first means that works here."""
    for means, mark, quota in _quotas(cores):
        if folder := _group(_CGROUPS / mark, quota):
            # A shell puts itself into the group and becomes the program, so that nothing of it runs outside.
            script = f'echo $$ > "{folder}/cgroup.procs" && exec "$@"'
            try:
                yield Limit(means, ("/bin/sh", "-c", script, "sh"))
            finally:
                with suppress(OSError):
                    folder.rmdir()
            return
    if command := shutil.which("cpulimit"):
        yield Limit("cpulimit", (command, "--quiet", "--foreground", f"--limit={round(cores * 100)}", "--"))
    else:
        yield Limit("SIGSTOP and SIGCONT by the parent", cores=cores)


def _quotas(cores: float) -> list[tuple[str, str, dict[str, str]]]:
    """List the kinds of control groups: in words, a file of theirs, their settings."""
    period, quota = round(PERIOD * 1_000_000), round(PERIOD * 1_000_000 * cores)
    v1 = {"cpu.cfs_period_us": str(period), "cpu.cfs_quota_us": str(quota)}
    return [
        ("cgroup v2, cpu.max", "cgroup.controllers", {"cpu.max": f"{quota} {period}"}),
        ("cgroup v1, cpu.cfs_quota_us", "cpu/cpu.cfs_quota_us", v1),
    ]


def _group(mark: Path, settings: Mapping[str, str]) -> Path | None:
    """Make a control group of this process's own, where one can be made."""
    folder = mark.with_name(f"careervp-bench-{os.getpid()}")
    with suppress(OSError):
        if mark.exists():
            folder.mkdir()
            for name, value in settings.items():
                (folder / name).write_text(value)
            return folder
    with suppress(OSError):
        folder.rmdir()
    return None

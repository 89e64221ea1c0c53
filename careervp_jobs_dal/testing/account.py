"""The environment of a fake AWS account, in which nothing of the machine's settings is seen."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careervp_jobs_dal.aws.fork import ForkSafeLock

if TYPE_CHECKING:
    from collections.abc import Iterator

AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}
"""The environment of a fake AWS account, in a region, without the machine's configuration files."""

_lock = ForkSafeLock()


@contextmanager
def aws_environment(**environment: str) -> Iterator[None]:
    """Run a block with the variables of a fake AWS account and further ones.

    Blocks that overlap can end in any order; the newest one's variables hold.
    """
    layer = _Layer({**AWS_ENVIRONMENT, **environment})
    try:
        yield
    finally:
        layer.lift()


@dataclass(eq=False)
class _Layer:
    """Variables of one block, and what was there before."""

    names: dict[str, str]

    def __post_init__(self) -> None:
        with _lock:
            self.before = dict(os.environ)
            _clear(self.names)
            os.environ.update(self.names)
            _layers.append(self)

    def lift(self) -> None:
        """Bring back what was there before; under another layer, leave that to it."""
        with _lock:
            place = _layers.index(self)
            _layers.remove(self)
            if place < len(_layers):
                above = _layers[place]
                above.before, above.names = self.before, {**self.names, **above.names}
                return
            _clear(self.names)
            kept = [name for name in self.before if name.startswith("AWS_") or name in self.names]
            os.environ.update({name: self.before[name] for name in kept})


_layers: list[_Layer] = []


def _clear(names: dict[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_") or name in names]:
        del os.environ[name]

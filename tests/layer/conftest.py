"""What the layer's tests have: the wheel, the layers built from it, and each Python that Lambda has and this machine.

They take a minute and the package index, so they run only when the command line names this folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypedDict

import pytest

from layer.build import build, build_wheel
from tests.conftest import AWS_ENVIRONMENT
from tests.engines.server import why_not
from tests.layer.local_aws import ENGINE, local_aws
from tests.layer.pythons import SUPPORTED, find_python


class Options(TypedDict, total=False):
    """What makes a kind of layer."""

    full: bool
    with_boto3: bool


HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
KINDS: dict[str, Options] = {"slim": {}, "full": {"full": True}, "full-boto3": {"with_boto3": True}}


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Collect these tests only for those who ask for them by this folder's name."""
    asked = [(config.invocation_params.dir / each.split("::")[0]).resolve() for each in config.args]
    return None if any(path.is_relative_to(HERE) for path in asked) else True


@pytest.fixture(autouse=True)
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the machine's own AWS settings; here no moto stands between a test and the local AWS."""
    for name, value in AWS_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture(autouse=True)
def no_sleep() -> None:
    """Pauses are real here."""


@pytest.fixture(params=SUPPORTED)
def version(request: pytest.FixtureRequest) -> str:
    """Each Python that the library supports; one that is missing here is skipped, and said so."""
    version: str = request.param
    if find_python(version) is None:
        pytest.skip(f"python{version} is not on this machine")
    return version


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def layer_of(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Build a layer of a kind, once."""
    built: dict[str, Path] = {}

    def of(kind: str) -> Path:
        if kind not in built:
            built[kind] = build(tmp_path_factory.mktemp(kind), wheel=wheel, **KINDS[kind])
        return built[kind]

    return of


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """Where the local AWS listens."""
    reason = why_not(ENGINE)
    if reason is not None:
        pytest.fail(reason)
    with local_aws() as url:
        yield url


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """A function's code: the three examples, and two handlers of the tests."""
    task = tmp_path / "task"
    task.mkdir()
    for folder, names in ((EXAMPLES, ("submit", "worker", "status")), (HERE, ("probe", "way"))):
        for name in names:
            shutil.copy(folder / f"{name}.py", task)
    return task

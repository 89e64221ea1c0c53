"""The zip itself: what is in it, and that the same wheels always give the same bytes."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from careervp_jobs_dal.version import __version__
from layer.build import LayerError, build, describe, files_in, main, write_zip
from tests.layer.conftest import KINDS
from tests.layer.pythons import CHECKOUT, runtime

Layers = Callable[[str], Path]
OPTIONS = {"slim": [], "full": ["--full"], "full-boto3": ["--with-boto3"]}


def packages(layer: Path) -> set[str]:
    """List what lies at the layer's root, but for what describes it."""
    with zipfile.ZipFile(layer) as archive:
        top = {PurePosixPath(name).parts[1] for name in archive.namelist()}
    return {name for name in top if not name.endswith(".dist-info")}


def test_building_twice_gives_the_same_bytes(layer_of: Layers, tmp_path: Path) -> None:
    again = build(tmp_path)  # from a wheel of its own
    assert again.read_bytes() == layer_of("slim").read_bytes()


@pytest.mark.parametrize("kind", ["slim", "full"])
def test_every_python_builds_the_same_bytes(
    kind: str, version: str, wheel: Path, layer_of: Layers, tmp_path: Path
) -> None:
    command = [str(runtime(version)), str(CHECKOUT / "layer" / "build.py"), *OPTIONS[kind]]
    subprocess.run([*command, "--wheel", str(wheel), "--into", str(tmp_path)], check=True)
    (again,) = tmp_path.glob("*.zip")
    assert again.read_bytes() == layer_of(kind).read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_the_zip_is_laid_out_for_lambda(kind: str, layer_of: Layers) -> None:
    with zipfile.ZipFile(layer_of(kind)) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    assert names == sorted(names)
    assert {PurePosixPath(name).parts[0] for name in names} == {"python"}
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    assert not [name for name in names if "__pycache__" in name or name.startswith("python/bin/")]
    described = {PurePosixPath(name).name for name in names if ".dist-info/" in name}
    assert described >= {"METADATA", "LICENSE"}
    assert not described & {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


def test_a_slim_layer_holds_the_library_as_the_wheel_has_it(wheel: Path, layer_of: Layers) -> None:
    layer = layer_of("slim")
    assert packages(layer) == {"careervp_jobs_dal"}
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(layer) as archive:
        in_wheel = {f"python/{name}": source.read(name) for name in source.namelist() if not name.endswith("RECORD")}
        assert {name: archive.read(name) for name in archive.namelist()} == in_wheel


def test_a_full_layer_holds_powertools_and_what_it_needs(layer_of: Layers) -> None:
    expected = {"careervp_jobs_dal", "aws_lambda_powertools", "jmespath", "typing_extensions.py"}
    assert packages(layer_of("full")) == expected


def test_boto3_is_in_a_layer_on_demand(layer_of: Layers) -> None:
    assert packages(layer_of("full-boto3")) > {"careervp_jobs_dal", "aws_lambda_powertools", "boto3", "botocore"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_is_named_after_the_kind_and_the_version(kind: str, layer_of: Layers) -> None:
    suffix = "" if kind == "slim" else f"-{kind}"
    layer = layer_of(kind)
    assert layer.name == f"careervp-jobs-dal-layer{suffix}-{__version__}.zip"
    assert f"careervp_jobs_dal-{__version__}" in describe(layer)


@pytest.mark.parametrize("name", ["speedups.cpython-312-x86_64-linux-gnu.so", "libfast.so.1", "fast.pyd", "fast.dylib"])
def test_a_compiled_file_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / name).touch()
    with pytest.raises(LayerError, match=f"package/{name}"):
        write_zip(tmp_path, tmp_path / "layer.zip")
    assert not (tmp_path / "layer.zip").exists()


def test_bytecode_and_what_pip_notes_stay_out(tmp_path: Path) -> None:
    kept = ["package/RECORD", "package/__init__.py", "package/bin/x.py", "package-1.dist-info/METADATA"]
    dropped = ["bin/tool", "package/__pycache__/x.cpython-312.pyc", "package/x.pyc", "package-1.dist-info/RECORD"]
    for name in (*kept, *dropped):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert files_in(tmp_path) == sorted(kept)


def test_a_constraint_chooses_the_versions(wheel: Path, tmp_path: Path) -> None:
    constraint = tmp_path / "constraint.txt"
    constraint.write_text("aws-lambda-powertools==3.10.0\n")
    layer = build(tmp_path, full=True, wheel=wheel, constraint=constraint)
    assert "aws_lambda_powertools-3.10.0" in describe(layer)


@pytest.mark.parametrize("name", ["missing", "other-1.0-py3-none-any.whl", "careervp_jobs_dal-1.0-cp312-none-any.whl"])
def test_another_wheel_is_refused_in_one_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if name != "missing":
        (tmp_path / name).touch()
    assert main(["--wheel", str(tmp_path / name), "--into", str(tmp_path)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"layer: {tmp_path / name} is not a pure Python wheel of careervp-jobs-dal"
    ]

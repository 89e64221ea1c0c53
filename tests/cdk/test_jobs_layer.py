"""The layer of the construct is a zip that `make layer` builds."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from careervp_jobs_dal.infrastructure.cdk import JobsLayer
from tests.cdk.reading import new_stack, only, template_of


def test_a_layer_says_its_version_and_where_it_runs(layer: Path) -> None:
    stack = new_stack()
    JobsLayer(stack, "Layer", path=layer)
    made = only(template_of(stack), "AWS::Lambda::LayerVersion")

    assert made["Description"] == "careervp-jobs-dal 9.8.7"
    assert made["CompatibleRuntimes"] == ["python3.11", "python3.12", "python3.13", "python3.14"]
    assert made["CompatibleArchitectures"] == ["arm64", "x86_64"]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no zip that can be read \(FileNotFoundError\)"):
        JobsLayer(new_stack(), "Layer", path=tmp_path / "layer.zip")


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "layer.zip"
    path.write_text("no zip")

    with pytest.raises(ValueError, match=r"no zip that can be read \(BadZipFile\)"):
        JobsLayer(new_stack(), "Layer", path=str(path))


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "layer.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("careervp_jobs_dal-9.8.7.dist-info/METADATA", "a wheel, where a layer has python/ in front")

    with pytest.raises(ValueError, match="is no layer of careervp-jobs-dal"):
        JobsLayer(new_stack(), "Layer", path=path)

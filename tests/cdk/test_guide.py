"""The samples of the guide, which are one app."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cdk.reading import only, resources

CHECKOUT = Path(__file__).parents[2]
SAMPLE = re.compile(r"<!-- shown -->\n\n```python\n(.*?)```", re.DOTALL)
HANDLERS = {"submit", "status", "worker", "sweeper", "dead_letters"}


@pytest.fixture(scope="module")
def synthesised(layer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the templates of the guide's app, with handlers and a layer where the guide expects them."""
    folder = tmp_path_factory.mktemp("guide")
    (folder / "service").mkdir()
    for name in HANDLERS:
        shutil.copy(CHECKOUT / "examples" / f"{name}.py", folder / "service")
    (folder / "dist").mkdir()
    shutil.copy(layer, folder / "dist" / "careervp-jobs-dal-layer-full-9.8.7.zip")
    page = (CHECKOUT / "docs" / "guides" / "cdk.md").read_text(encoding="utf-8")
    (folder / "app.py").write_text("\n".join(SAMPLE.findall(page)), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "CDK_OUTDIR": str(folder / "cdk.out")}
    subprocess.run([sys.executable, "app.py"], cwd=folder, env=environment, check=True)
    return folder / "cdk.out"


def test_the_samples_of_the_guide_make_a_service(synthesised: Path) -> None:
    template = _template(synthesised, "Vpr")

    assert only(template, "AWS::DynamoDB::GlobalTable")["TableName"] == "careervp-jobs-table-dev"
    assert only(template, "AWS::CloudWatch::CompositeAlarm")
    assert len(resources(template, "AWS::Lambda::EventSourceMapping")) == 2
    functions = resources(template, "AWS::Lambda::Function").values()
    assert {each["Properties"]["Handler"] for each in functions} == {f"{name}.lambda_handler" for name in HANDLERS}


def test_the_samples_of_the_guide_adopt_a_table(synthesised: Path) -> None:
    assert resources(_template(synthesised, "VprAdopting"), "AWS::DynamoDB::GlobalTable") == {}


def test_the_samples_of_the_guide_lay_a_pipe(synthesised: Path) -> None:
    assert only(_template(synthesised, "VprPiped"), "AWS::Pipes::Pipe")


def _template(folder: Path, stack: str) -> dict[str, Any]:
    template: dict[str, Any] = json.loads((folder / f"{stack}.template.json").read_text(encoding="utf-8"))
    return {"Resources": {}, **template}

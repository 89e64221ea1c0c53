"""What the package says of itself to an index."""

from __future__ import annotations

import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def test_a_public_index_refuses_the_package() -> None:
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]


def test_the_licence_is_an_expression_and_no_classifier() -> None:
    assert PROJECT["license"] == "MIT"
    assert not [classifier for classifier in PROJECT["classifiers"] if classifier.startswith("License")]

"""What tests, builds and publishes a release is chosen by version and hash, and from no particular index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PYPROJECT["dependency-groups"]


def asked(entries: list[Any]) -> list[Requirement]:
    """What a group asks for, with what the groups that it includes ask for."""
    included = [each for entry in entries if isinstance(entry, dict) for each in asked(GROUPS[entry["include-group"]])]
    return [*included, *(Requirement(entry) for entry in entries if isinstance(entry, str))]


RUNTIME = asked(PYPROJECT["project"]["dependencies"])
ASKED = {"publish": asked(GROUPS["publish"]), "layer": RUNTIME, "test": [*RUNTIME, *asked(GROUPS["test"])]}
KINDS = ("requirements*/*.txt", "requirements*.txt", "constraints*.txt", "*.lock", "pylock*.toml", "package-lock.json")
ENTRY = re.compile(
    r"^(?P<name>[a-z0-9.-]+)==(?P<version>[^ ;]+)( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+$", re.M
)


def text(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text()


def test_no_file_of_chosen_versions_names_a_host() -> None:
    files = [path for kind in KINDS for path in ROOT.glob(kind)]

    assert {path.name for path in files} == {"publish.txt", "layer.txt", "test.txt"}
    assert [path.name for path in files if re.search(r"://|index-url|find-links", path.read_text())] == []


@pytest.mark.parametrize("name", ASKED)
def test_each_line_is_one_version_with_its_hashes(name: str) -> None:
    assert ENTRY.sub("", text(name)).strip() == ""


@pytest.mark.parametrize("name", ASKED)
def test_the_chosen_versions_are_within_the_bounds(name: str) -> None:
    chosen = {canonicalize_name(entry["name"]): entry["version"] for entry in ENTRY.finditer(text(name))}

    outside = [str(each) for each in ASKED[name] if chosen.get(canonicalize_name(each.name), "") not in each.specifier]
    assert outside == [], "run: make lock"

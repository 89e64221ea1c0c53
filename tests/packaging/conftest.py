"""Tests that need an index server are collected only where there is one: in the environment of `make publish-check`."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("pypiserver") else ["test_confusion.py"]

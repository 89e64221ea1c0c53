"""The size of files and functions, in lines of code; docstrings, comments and empty lines do not count."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import PurePath

from tests.house.source import FILES, definitions, lines_of_code

LONGEST_FILE = 300
LONGEST_FUNCTION = 30
MOST_CLOSURES = 10


def test_no_file_is_longer_than_300_lines_of_code() -> None:
    texts = {name: path.read_text(encoding="utf-8") for name, path in FILES.items()}
    lengths = {name: lines_of_code(ast.parse(text), text) for name, text in texts.items()}

    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}, "give it a second room"


def test_no_function_is_longer_than_30_lines_of_code() -> None:
    long = {}
    for defined in definitions():
        text = FILES[defined.place.partition(":")[0]].read_text(encoding="utf-8")
        length = lines_of_code(defined.node, text)
        if not defined.is_class and length > LONGEST_FUNCTION:
            long[defined.place] = length

    assert long == {}, "say less, or give a part of it a name"


def test_no_two_modules_share_a_name() -> None:
    names = Counter(PurePath(name).stem for name in FILES if not name.endswith(("__init__.py", "__main__.py")))

    assert [name for name, count in names.items() if count > 1] == []


def test_the_closures_and_lambdas_of_the_plans_can_be_counted_on_the_fingers() -> None:
    found = []
    for name, path in FILES.items():
        if not name.startswith(("plans/", "operations/")):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        inner = [each for outer in functions for each in ast.walk(outer) if each is not outer]
        found += [f"{name}:{each.lineno}" for each in inner if isinstance(each, ast.FunctionDef)]
        found += [f"{name}:{each.lineno}" for each in ast.walk(tree) if isinstance(each, ast.Lambda)]

    assert len(found) <= MOST_CLOSURES, found


def test_lines_of_code_are_counted_without_what_explains_them() -> None:
    text = '"""A module."""\n\n# a comment\nA = 1\n"""What A is."""\n\n\ndef f():\n    """Do it."""\n    return A\n'
    tree = ast.parse(text)

    assert lines_of_code(tree, text) == 3
    assert lines_of_code(tree.body[-1], text) == 2

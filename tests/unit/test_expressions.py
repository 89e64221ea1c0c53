"""The expression builder: any name, every placeholder used, nothing shared between forks."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal import JobsRepository, UpdateExpression, build_update_expression
from tests.conftest import CANARY
from tests.contract.test_update import ODD_NAMES, RESERVED_WORDS

NAMES = st.one_of(
    st.text(min_size=1, max_size=80),
    st.sampled_from([*RESERVED_WORDS, *ODD_NAMES]),
    st.from_regex(r"[nvx:#][0-9]{1,3}", fullmatch=True),
)
STEPS = st.one_of(NAMES, st.integers(min_value=0, max_value=30))
PATHS = st.one_of(NAMES, st.tuples(NAMES), st.tuples(NAMES, STEPS), st.tuples(NAMES, STEPS, STEPS))
ACTIONS: dict[str, tuple[Any, ...]] = {
    "set": (1,),
    "set_if_absent": (1,),
    "increment": (2,),
    "append": ([1],),
    "remove": (),
    "add": (1,),
    "delete": ({"a"},),
}


@st.composite
def updates(draw: st.DrawFn) -> UpdateExpression:
    """An update of some paths that don't overlap, perhaps with conditions."""
    update = UpdateExpression()
    for path in draw(st.lists(PATHS, min_size=1, max_size=8)):
        action = draw(st.sampled_from(sorted(ACTIONS)))
        try:
            update = getattr(update, action)(path, *ACTIONS[action])
        except ValueError:
            continue
    for name in draw(st.lists(NAMES.filter(lambda name: re.fullmatch(r"\w+", name)), max_size=2)):
        update = update.when(Attr(name).eq(1) | Attr(name).not_exists())
    return update


@given(updates())
def test_every_placeholder_used_is_defined_and_the_reverse(update: UpdateExpression) -> None:
    kwargs = update.to_kwargs()
    text = f"{kwargs['UpdateExpression']} {kwargs.get('ConditionExpression', '')}"

    used = set(re.findall(r"[#:][A-Za-z0-9_]+", text))

    assert used == {*kwargs["ExpressionAttributeNames"], *kwargs.get("ExpressionAttributeValues", {})}


@given(updates())
def test_the_text_holds_nothing_but_placeholders_and_syntax(update: UpdateExpression) -> None:
    text = re.sub(r"[#:][A-Za-z0-9_]+", "", update.to_kwargs()["UpdateExpression"])

    assert re.fullmatch(r"(SET|REMOVE|ADD|DELETE|if_not_exists|list_append|\[\d+\]|[ .,=+()])+", text)


@given(updates())
def test_the_output_is_deterministic(update: UpdateExpression) -> None:
    first, second = update.to_kwargs(), update.to_kwargs()

    assert repr(first) == repr(second)
    assert all(first[key] is not second[key] for key in first if key.startswith("ExpressionAttribute"))


@given(updates(), st.lists(st.tuples(PATHS, PATHS), max_size=3))
def test_forks_of_one_base_do_not_touch_each_other(base: UpdateExpression, forks: list[tuple[Any, Any]]) -> None:
    before = repr(base.to_kwargs())
    for one, other in forks:
        for path in (one, other):
            try:
                base.set(path, 1).when(Attr("fork").exists()).to_kwargs()
            except ValueError:
                continue

    assert repr(base.to_kwargs()) == before


@given(st.dictionaries(NAMES, st.integers(), min_size=1, max_size=20))
def test_each_name_keeps_its_own_value(values: dict[str, int]) -> None:
    text, names, bound = build_update_expression(values)

    pairs = [part.split(" = ") for part in text.removeprefix("SET ").split(", ")]

    assert {names[name]: bound[value] for name, value in pairs} == values


def test_plain_names_are_their_own_placeholders() -> None:
    assert build_update_expression({"status": "FAILED", "error": "time-out"}) == (
        "SET #status = :status, #error = :error",
        {"#status": "status", "#error": "error"},
        {":status": "FAILED", ":error": "time-out"},
    )


@pytest.mark.parametrize("word", RESERVED_WORDS)
def test_a_reserved_word_never_stands_unaliased(word: str) -> None:
    text, names, _ = build_update_expression({word: 1})

    assert text == f"SET #{word} = :{word}"
    assert names == {f"#{word}": word}


@pytest.mark.parametrize(
    ("update", "text"),
    [
        (UpdateExpression().set("a", 1), "SET #a = :a"),
        (UpdateExpression().set(("a", "b", 2, "c"), 1), "SET #a.#b[2].#c = :x0"),
        (UpdateExpression().set("a.b", 1), "SET #x0 = :x1"),
        (UpdateExpression().set_if_absent("a", 1), "SET #a = if_not_exists(#a, :a)"),
        (UpdateExpression().increment("a"), "SET #a = if_not_exists(#a, :x0) + :a"),
        (UpdateExpression().append("a", [1]), "SET #a = list_append(if_not_exists(#a, :x0), :a)"),
        (UpdateExpression().remove("a").remove(("b", 0)), "REMOVE #a, #b[0]"),
        (UpdateExpression().add("a", 1), "ADD #a :a"),
        (UpdateExpression().delete("a", {"x"}), "DELETE #a :a"),
        (
            UpdateExpression().remove("r").delete("d", {"x"}).add("c", 1).set("s", 1).set("t", 1),
            "SET #s = :s, #t = :t REMOVE #r ADD #c :c DELETE #d :d",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_action_is_written_as_dynamodb_reads_it(update: UpdateExpression, text: str) -> None:
    assert update.to_kwargs()["UpdateExpression"] == text
    assert repr(update) == f"UpdateExpression({text!r})"


def test_an_attribute_called_like_a_placeholder_of_a_condition_does_not_clash() -> None:
    kwargs = UpdateExpression().set_all({"n0": 1, "v0": 2, "x0": 3}).when(Attr("other").eq(4)).to_kwargs()

    assert sorted(kwargs["ExpressionAttributeNames"].values()) == ["n0", "other", "v0", "x0"]
    assert sorted(kwargs["ExpressionAttributeValues"].values()) == [1, 2, 3, 4]


def test_what_is_not_needed_is_left_out() -> None:
    assert UpdateExpression().remove("a").to_kwargs().keys() == {"UpdateExpression", "ExpressionAttributeNames"}


OVERLAPS: list[tuple[Any, Any]] = [
    ("a", "a"),
    ("a", ("a",)),
    ("a", ("a", "b")),
    (("a", "b"), "a"),
    (("a", 0), ("a", 0)),
    (("a", 0, "b"), ("a", 0)),
]


@pytest.mark.parametrize(("one", "other"), OVERLAPS, ids=str)
def test_paths_that_overlap_are_refused(one: Any, other: Any) -> None:
    with pytest.raises(ValueError, match="overlap"):
        UpdateExpression().set(one, 1).remove(other)


def test_paths_that_only_look_alike_are_taken() -> None:
    UpdateExpression().set("a.b", 1).set(("a", "b"), 1).set(("a", "c"), 1).set(("l", 0), 1).set(("l", 1), 1).to_kwargs()


@pytest.mark.parametrize(
    "path", ["", (), ("",), ("a", ""), (0,), (0, "a"), ("a", -1), ("a", True), ("a", None)], ids=repr
)
def test_an_empty_or_impossible_path_is_refused(path: Any) -> None:
    with pytest.raises(ValueError, match="path"):
        UpdateExpression().set(path, 1)


@pytest.mark.parametrize(
    "make",
    [
        UpdateExpression().to_kwargs,
        UpdateExpression().set_all({}).to_kwargs,
        UpdateExpression().when(Attr("a").exists()).to_kwargs,
        lambda: build_update_expression({}),
    ],
    ids=["nothing", "no values", "only a condition", "the function"],
)
def test_nothing_to_update_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="nothing to update"):
        make()


def test_it_cannot_be_changed_and_shows_no_value() -> None:
    update = UpdateExpression().set("a", CANARY).when(Attr("b").eq(CANARY))

    assert CANARY not in repr(update)
    assert repr(UpdateExpression()) == "UpdateExpression()"
    with pytest.raises((AttributeError, TypeError)):
        update.anything = 1  # type: ignore[attr-defined]


def test_dynamodb_takes_every_action(repository: JobsRepository) -> None:
    repository.table.put_item(
        Item={"job_id": "vpr-1", "n": 1, "tags": {"a", "b"}, "map": {"in": 1}, "list": [1, 2], "old": 1, "n0": 0}
    )
    update = (
        UpdateExpression()
        .set(("map", "in"), 2)
        .set(("list", 0), 9)
        .set_if_absent("n", 7)
        .set_if_absent("new", 7)
        .increment("count")
        .append("history", ["first"])
        .remove("old")
        .add("total", 5)
        .delete("tags", {"a"})
        .set("n0", 3)
        .when(Attr("n0").eq(0) & Attr("map.in").eq(1))
        .when(Attr("tags").contains("a"))
    )

    repository.table.update_item(Key={"job_id": "vpr-1"}, **update.to_kwargs())

    assert repository.get_job("vpr-1") == {
        "job_id": "vpr-1",
        "n": 1,
        "new": 7,
        "n0": 3,
        "count": 1,
        "total": 5,
        "tags": {"b"},
        "history": ["first"],
        "map": {"in": 2},
        "list": [9, 2],
    }


@pytest.mark.parametrize(
    "values",
    ["completed", b"bytes", bytearray(b"bytes"), memoryview(b"bytes"), {"at": 1}, {"a", "b"}, 5, None, iter([1]), True],
    ids=lambda values: type(values).__name__,
)
def test_a_single_value_is_not_appended_piece_by_piece(values: Any) -> None:
    with pytest.raises(ValueError, match=f"^append takes a list of values, not {type(values).__name__}$"):
        UpdateExpression().append("history", values)


@pytest.mark.parametrize("values", [[1, 2], (1, 2), range(1, 3)], ids=repr)
def test_every_list_of_values_is_appended(values: Any) -> None:
    assert UpdateExpression().append("a", values).to_kwargs()["ExpressionAttributeValues"][":a"] == [1, 2]


@pytest.mark.parametrize(
    "path", [{"a", "b"}, {"a": "b"}, b"ab", 5, None, iter("ab")], ids=lambda path: type(path).__name__
)
def test_a_path_has_an_order(path: Any) -> None:
    with pytest.raises(ValueError, match="path"):
        UpdateExpression().set(path, 1)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.binary(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.sets(st.integers(), max_size=3),
        st.binary(max_size=3).map(bytearray),
    ),
    max_leaves=8,
)


def spoil(value: Any) -> None:
    """Change whatever can be changed in a value."""
    if isinstance(value, dict):
        for inner in value.values():
            spoil(inner)
        value["spoiled"] = True
    elif isinstance(value, list):
        for inner in value:
            spoil(inner)
        value.append("spoiled")
    elif isinstance(value, set):
        value.add("spoiled")
    elif isinstance(value, bytearray):
        value += b"spoiled"


@given(VALUES, st.sampled_from(["set", "set_if_absent", "increment", "add", "delete", "append"]))
def test_an_expression_shares_no_value_with_its_callers(value: Any, action: str) -> None:
    value = [value] if action == "append" else value
    update = getattr(UpdateExpression(), action)(("a", "b"), value).when(Attr("c").eq(value) & Attr("d").is_in([value]))
    before = deepcopy(update.to_kwargs())

    spoil(value)
    assert update.to_kwargs() == before
    spoil(update.to_kwargs())
    assert update.to_kwargs() == before


def test_values_of_one_object_are_not_one_value_in_the_arguments() -> None:
    shared: list[int] = []
    values = UpdateExpression().set("a", shared).set("b", shared).to_kwargs()["ExpressionAttributeValues"]

    values[":a"].append(1)

    assert values[":b"] == []


@given(st.lists(PATHS, min_size=2, max_size=6))
def test_an_overlap_is_found_wherever_it_is(paths: list[Any]) -> None:
    """In one step for all, and one by one; compared with a look at each pair."""
    steps = [(path,) if isinstance(path, str) else path for path in paths]
    pairs = [(one, other) for number, other in enumerate(steps) for one in steps[:number]]
    overlap = any(one[: len(other)] == other or other[: len(one)] == one for one, other in pairs)

    def build() -> None:
        update = UpdateExpression()
        for path in paths:
            update = update.set(path, 1)

    if overlap:
        with pytest.raises(ValueError, match="overlap"):
            build()
    else:
        build()


def test_the_checks_of_paths_take_time_in_proportion_to_their_number() -> None:
    def seconds(number: int) -> float:
        began = time.process_time()
        build_update_expression({f"field_{each}": each for each in range(number)})
        return time.process_time() - began

    assert seconds(8_000) < 2  # it was 13 s
    assert min(seconds(16_000) for _ in range(3)) < 4 * min(seconds(8_000) for _ in range(3))

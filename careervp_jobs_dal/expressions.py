"""DynamoDB update expressions, for any table.

Every attribute name gets an alias, so reserved words and unusual names need no special treatment. Values pass through
unchanged, as boto3's `Table` takes them; they are copied on their way in and out. Nothing is sent, and nothing in this
module depends on jobs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from boto3.dynamodb.conditions import ConditionBase

_Steps = tuple[str | int, ...]
Path = str | _Steps

# A name of this form is its own placeholder; DynamoDB takes letters, digits and `_` in one. Other names are numbered
# #x0, :x0, …. boto3's condition builder uses #n0 and :v0, so attributes with such a name are numbered as well.
_PLAIN_NAME = re.compile(r"(?![nvx][0-9]+\Z)[A-Za-z][A-Za-z0-9_]{0,63}")
_CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")


class _Action(NamedTuple):
    """Assignment in an update; `form` is its text, without path and values."""

    clause: str
    path: _Steps
    form: str
    values: tuple[Any, ...]


class _Taken(NamedTuple):
    """Paths of an update, and the paths above them."""

    paths: frozenset[_Steps] = frozenset()
    above: frozenset[_Steps] = frozenset()


_NONE_TAKEN = _Taken()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class UpdateExpression:
    """Expression that updates one item, built step by step.

    Every step returns a new object, so several updates can begin with the same base.

    A path is a string or a tuple. A string is one attribute name, taken literally. A tuple leads into maps (str) and
    lists (int): `("token_usage", "input")`, `("history", 0)`. In a condition, boto3 reads `Attr("a.b")` as a path.

    Every step raises ValueError for an empty path, and for a path that overlaps one that is updated already.

    >>> from boto3.dynamodb.conditions import Attr
    >>> update = UpdateExpression().set("status", "FAILED").increment("n").remove("error")
    >>> update.to_kwargs()["UpdateExpression"]
    'SET #status = :status, #n = if_not_exists(#n, :x0) + :n REMOVE #error'
    >>> update.when(Attr("status").eq("PROCESSING")).to_kwargs()["ConditionExpression"]
    '#n0 = :v0'
    """

    _actions: tuple[_Action, ...] = ()
    _conditions: tuple[ConditionBase, ...] = ()
    _taken: _Taken = _NONE_TAKEN

    def set(self, path: Path, value: Any) -> UpdateExpression:
        """Store `value` at `path`.

        >>> UpdateExpression().set(("token_usage", "input"), 7500)
        UpdateExpression('SET #token_usage.#input = :x0')
        """
        return self._with("SET", path, "{path} = {0}", value)

    def set_all(self, values: Mapping[str, Any]) -> UpdateExpression:
        """Store each of `values` under its name, which is literal.

        >>> UpdateExpression().set_all({"status": "FAILED", "a.b": 1})
        UpdateExpression('SET #status = :status, #x0 = :x1')
        """
        return self._with_all(_action("SET", name, "{path} = {0}", value) for name, value in values.items())

    def set_if_absent(self, path: Path, value: Any) -> UpdateExpression:
        """Store `value` at `path`, unless the path has a value already.

        >>> UpdateExpression().set_if_absent("started_at", "2026-02-03T13:05:32.000000Z")
        UpdateExpression('SET #started_at = if_not_exists(#started_at, :started_at)')
        """
        return self._with("SET", path, "{path} = if_not_exists({path}, {0})", value)

    def increment(self, path: Path, by: Any = 1) -> UpdateExpression:
        """Add `by` to the number at `path`, which counts from 0 if absent.

        An update that is sent twice adds twice; a condition can prevent that.

        >>> UpdateExpression().increment("attempt")
        UpdateExpression('SET #attempt = if_not_exists(#attempt, :x0) + :attempt')
        """
        return self._with("SET", path, "{path} = if_not_exists({path}, {0}) + {1}", 0, by)

    def append(self, path: Path, values: Sequence[Any]) -> UpdateExpression:
        """Append `values` to the list at `path`, which begins empty if absent.

        >>> UpdateExpression().append("history", [{"at": "2026-02-03"}])
        UpdateExpression('SET #history = list_append(if_not_exists(#history, :x0), :history)')

        Raises:
            ValueError: `values` is no list of values, but a single one: a text, bytes, a dict or a set.
        """
        if not isinstance(values, Sequence) or isinstance(values, str | bytes | bytearray | memoryview):
            raise ValueError(f"append takes a list of values, not {type(values).__name__}")  # noqa: TRY004
        form = "{path} = list_append(if_not_exists({path}, {0}), {1})"
        return self._with("SET", path, form, [], list(values))

    def remove(self, path: Path) -> UpdateExpression:
        """Delete the attribute, map entry or list element at `path`.

        >>> UpdateExpression().remove("error").remove(("history", 0))
        UpdateExpression('REMOVE #error, #history[0]')
        """
        return self._with("REMOVE", path, "{path}")

    def add(self, path: Path, value: Any) -> UpdateExpression:
        """Add a number to the number at `path`, or unite two sets (ADD).

        >>> UpdateExpression().add("tags", {"urgent"})
        UpdateExpression('ADD #tags :tags')
        """
        return self._with("ADD", path, "{path} {0}", value)

    def delete(self, path: Path, values: AbstractSet[Any]) -> UpdateExpression:
        """Take `values` out of the set at `path` (DELETE).

        DynamoDB has no empty sets: without its last value, the attribute is gone.

        >>> UpdateExpression().delete("tags", {"urgent"})
        UpdateExpression('DELETE #tags :tags')
        """
        return self._with("DELETE", path, "{path} {0}", values)

    def when(self, condition: ConditionBase) -> UpdateExpression:
        """Write only if `condition` holds; several conditions are joined by AND.

        The condition is made with `boto3.dynamodb.conditions`.

        >>> from boto3.dynamodb.conditions import Attr
        >>> update = UpdateExpression().remove("error").when(Attr("job_id").exists())
        >>> update.when(Attr("attempt").lt(3)).to_kwargs()["ConditionExpression"]
        '(attribute_exists(#n0) AND #n1 < :v0)'
        """
        return UpdateExpression(self._actions, (*self._conditions, deepcopy(condition)), self._taken)

    def to_kwargs(self) -> dict[str, Any]:
        """Return the keyword arguments for `Table.update_item`, without empty ones.

        They share nothing with the expression: to change a value in them changes nothing in it.

        >>> UpdateExpression().remove("a b").to_kwargs()
        {'UpdateExpression': 'REMOVE #x0', 'ExpressionAttributeNames': {'#x0': 'a b'}}

        Raises:
            ValueError: there is nothing to update.
        """
        text, names, values = self._render()
        kwargs: dict[str, Any] = {"UpdateExpression": text}
        if self._conditions:
            kwargs["ConditionExpression"] = _render_condition(self._conditions, names, values)
        kwargs["ExpressionAttributeNames"] = names
        if values:  # DynamoDB refuses an empty map
            kwargs["ExpressionAttributeValues"] = {label: deepcopy(value) for label, value in values.items()}
        return kwargs

    def _with(self, clause: str, path: Path, form: str, *values: Any) -> UpdateExpression:
        return self._with_all([_action(clause, path, form, *values)])

    def _with_all(self, actions: Iterable[_Action]) -> UpdateExpression:
        added: list[_Action] = []
        paths: set[_Steps] = set()
        above: set[_Steps] = set()
        for action in actions:
            steps = action.path
            places = [steps[:end] for end in range(1, len(steps) + 1)]
            # DynamoDB refuses an update in which two paths overlap.
            taken = not (paths.isdisjoint(places) and self._taken.paths.isdisjoint(places))
            if taken or steps in above or steps in self._taken.above:
                other = next(one.path for one in (*self._actions, *added) if _overlap(one.path, steps))
                raise ValueError(f"Two updates overlap: {_shown(other)} and {_shown(steps)}")
            paths.add(steps)
            above.update(places[:-1])
            added.append(action)
        taken_now = _Taken(self._taken.paths | paths, self._taken.above | above)
        return UpdateExpression((*self._actions, *added), self._conditions, taken_now)

    def _render(self) -> tuple[str, dict[str, str], dict[str, Any]]:
        if not self._actions:
            raise ValueError("There is nothing to update")
        placeholders = _Placeholders()
        # Each clause may occur only once in an expression.
        written: dict[str, list[str]] = {clause: [] for clause in _CLAUSES}
        for action in self._actions:
            written[action.clause].append(placeholders.write(action))
        text = " ".join(f"{clause} {', '.join(parts)}" for clause, parts in written.items() if parts)
        return text, placeholders.names, placeholders.values

    def __repr__(self) -> str:
        return f"UpdateExpression({self._render()[0]!r})" if self._actions else "UpdateExpression()"


def build_update_expression(
    updates: Mapping[str, Any],
) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Set each attribute of `updates`; return the expression, its names and its values.

    >>> build_update_expression({"status": "FAILED", "error": "time-out"})[0]
    'SET #status = :status, #error = :error'

    Raises:
        ValueError: `updates` is empty or holds an empty name.
    """
    kwargs = UpdateExpression().set_all(updates).to_kwargs()
    return kwargs["UpdateExpression"], kwargs["ExpressionAttributeNames"], kwargs["ExpressionAttributeValues"]


class _Placeholders:
    """Placeholders of one expression, collected while its text is written."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self._alias_of: dict[str, str] = {}
        self._numbered = 0

    def write(self, action: _Action) -> str:
        path = self._path(action.path)
        values = [self._value(value) for value in action.values[:-1]]
        values += [self._value(value, action.path) for value in action.values[-1:]]
        return action.form.format(*values, path=path)

    def _path(self, steps: _Steps) -> str:
        first, *rest = steps
        inner = (f"[{step}]" if isinstance(step, int) else f".{self._name(step)}" for step in rest)
        return self._name(str(first)) + "".join(inner)

    def _name(self, name: str) -> str:
        alias = self._alias_of.get(name)
        if alias is None:
            alias = f"#{name}" if _PLAIN_NAME.fullmatch(name) else f"#x{self._next()}"
            self._alias_of[name] = alias
            self.names[alias] = name
        return alias

    def _value(self, value: Any, path: _Steps = ()) -> str:
        """Add a value and return its label, which is the attribute's name if possible.

        Paths don't overlap, so no two values get the same label.
        """
        plain = len(path) == 1 and _PLAIN_NAME.fullmatch(str(path[0]))
        label = f":{path[0]}" if plain else f":x{self._next()}"
        self.values[label] = value
        return label

    def _next(self) -> int:
        self._numbered += 1
        return self._numbered - 1


def condition_kwargs(condition: ConditionBase) -> dict[str, Any]:
    """Return the keyword arguments for a conditional put, its condition written as text.

    boto3 takes the condition object as well. But then all threads of a client share one set of placeholders, and two
    threads that write at once can mix up theirs.

    >>> from boto3.dynamodb.conditions import Attr
    >>> condition_kwargs(Attr("job_id").not_exists())
    {'ConditionExpression': 'attribute_not_exists(#n0)', 'ExpressionAttributeNames': {'#n0': 'job_id'}}
    """
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    kwargs = {"ConditionExpression": _render_condition([condition], names, values), "ExpressionAttributeNames": names}
    return {**kwargs, "ExpressionAttributeValues": values} if values else kwargs


def _render_condition(conditions: Sequence[ConditionBase], names: dict[str, str], values: dict[str, Any]) -> str:
    """Let boto3 write the condition, and add its names and values to ours.

    boto3's placeholders are #n0, :v0, and so on.
    """
    from boto3.dynamodb.conditions import ConditionExpressionBuilder

    built = ConditionExpressionBuilder().build_expression(reduce(and_, conditions))
    names.update(built.attribute_name_placeholders)
    values.update(built.attribute_value_placeholders)
    return str(built.condition_expression)


def _action(clause: str, path: Path, form: str, *values: Any) -> _Action:
    return _Action(clause, _steps(path), form, deepcopy(values))


def _steps(path: Path) -> _Steps:
    # Of a set or a dict, `tuple` would make a path in any order.
    steps = (path,) if isinstance(path, str) else tuple(path) if isinstance(path, tuple | list) else ()
    if not steps or not all(_valid_step(step) for step in steps) or isinstance(steps[0], int):
        raise ValueError("A path is an attribute name, or a tuple of one and of the names and indexes under it")
    # The text of a StrEnum's member, even if the class shows another one.
    return tuple(str.__str__(step) if isinstance(step, str) else step for step in steps)


def _valid_step(step: object) -> bool:
    if isinstance(step, int):
        return step >= 0 and not isinstance(step, bool)
    return isinstance(step, str) and step != ""


def _overlap(one: _Steps, other: _Steps) -> bool:
    """Tell whether the paths are the same, or one holds the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _shown(steps: _Steps) -> str:
    first, *rest = steps
    return f"{first}" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in rest)

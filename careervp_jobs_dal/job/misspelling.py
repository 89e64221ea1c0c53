"""Names of fields that are nearly the name of an option, or of an attribute that the library knows.

A method with options takes further fields as keyword arguments too. Stored as a field, a misspelled option would be
lost without a word: `max_attempt=9` would leave a job with three attempts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from careervp_jobs_dal.job import attribute
from careervp_jobs_dal.job.invalid_input import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

FIELDS = "fields"
_ATTRIBUTES = tuple(value for name, value in vars(attribute).items() if name.isupper() and isinstance(value, str))
# No attribute of the library, but the field that services store and read in every second call.
_CUSTOMARY = ("result_key",)
_KNOWN = (*_ATTRIBUTES, *_CUSTOMARY)

# Ordinary names that lie near a known one.
_ORDINARY = frozenset(
    {
        "application",
        "application_ids",
        "claim_ids",
        "result_keys",
        "starred_at",
        "states",
        "stats",
        "statue",
        "user_ids",
        "user_ip",
    }
)
# Names of a guard, which is easily thought to be an option: `expected_current_status`, `if_status`.
_GUARDS = {
    "expected_status": re.compile(
        r"(\w+_)?(expect|expects|expected|expecting|require|required|requires)_(\w+_)?(status|statuses|state|states)"
        r"|(status|state)_(expected|required)|(if|only_if|when|while|where|from|current|current_job)_(status|statuses)"
    )
}
# Letters by which a name may differ: (letters of the known name at least, differences at most), longest first.
_TOLERANCES = ((13, 2), (6, 1))
_SHORTEST_STEM = 5
_LONGEST = 40


def refuse_misspelled(names: Iterable[str], options: tuple[str, ...]) -> None:
    """Refuse names of fields that are nearly an option's or a known attribute's.

    >>> refuse_misspelled(["results", "priority"], ("max_attempts",))
    >>> refuse_misspelled(["max_attempt"], ("max_attempts",))
    Traceback (most recent call last):
    careervp_jobs_dal.job.invalid_input.InvalidInputError: max_attempt: did you mean max_attempts? fields={...} takes \
any name

    Raises:
        InvalidInputError: there is such a name; the message has the first one and the one that it resembles.
    """
    for name in names:
        meant = _meant(name, options) if len(name) <= _LONGEST else None
        if meant is not None:
            shown = name.encode("unicode_escape").decode()
            raise InvalidInputError(f"{shown}: did you mean {meant}? {FIELDS}={{...}} takes any name")


@lru_cache(maxsize=1024)
def _meant(name: str, options: tuple[str, ...]) -> str | None:
    """Return the known name that another name resembles, if any."""
    # No known name has a digit: `result_key_2` is one of several.
    if name in (*options, *_KNOWN) or name in _ORDINARY or re.search(r"\d", name):
        return None
    words = _words(name)
    letters = "".join(words)
    for option in options:
        guard = _GUARDS.get(option)
        stem = option not in _ATTRIBUTES and len(letters) >= _SHORTEST_STEM
        if (guard and guard.fullmatch("_".join(words))) or (stem and _letters(option).startswith(letters)):
            return option
    return next((known for known in (*options, *_KNOWN) if _resembles(words, letters, known)), None)


def _words(name: str) -> list[str]:
    """Split a name into words in lower case, the same for `maxAttempts` and `max-attempts`."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+", name)]


def _letters(name: str) -> str:
    return name.replace("_", "")


def _resembles(words: list[str], letters: str, known: str) -> bool:
    wanted = _letters(known)
    if letters == wanted or sorted(words) == sorted(known.split("_")):
        return True
    tolerance = next((most for least, most in _TOLERANCES if len(wanted) >= least), 0)
    # Counting letters is quick, and leaves few names for the full comparison.
    if abs(len(letters) - len(wanted)) > tolerance or len(set(letters) ^ set(wanted)) > 2 * tolerance:
        return False
    return _differences(letters, wanted) <= tolerance


def _differences(one: str, other: str) -> int:
    """Count the letters that were added, left out, replaced or swapped with their neighbours.

    >>> _differences("reslut", "result"), _differences("replacefail", "replacefailed")
    (1, 2)
    """
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, wanted in enumerate(other, 1):
            least = min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted:
                least = min(least, before[column - 2] + 1)
            line.append(least)
        before, above = above, line
    return above[-1]

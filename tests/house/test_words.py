"""The house style of docstrings: a function begins with a verb, a class with a noun, and both are short."""

from __future__ import annotations

import re

from tests.house.source import Defined, definitions

MOST_WORDS = 14
_VERBS = """
Add Adopt Advance Advise Allow Answer Append Apply Ask Begin Bill Bring Build Call Cancel Change Check Choose Claim
Clear Clip Close Collect Combine Compare Complain Complete Compress Confirm Connect Convert Count Create Cut Decode
Delay Delete Deny Derive Describe Draw Drive Encode End Ensure Enter Erase Escape Explain Fail Fence Fill Find Finish
Fit Follow Forget Format Freeze Garble Give Go Handle Hash Have Hide Hold Ignore Increment Inspect Iterate Join Judge
Keep Lead Leave Let List Lock Look Lose Make Mark Match Measure Merge Move Name Note Number Open Order Pack Pad Paint
Parse Pass Patch Pause Permit Poll Print Propose Purge Put Raise Read Recognize Record Recover Redraw Reduce Refuse
Register Release Remember Remove Render Renew Repeat Replace Report Require Reserve Retry Return Round Run Say Scan Seal
Search Send Serve Set Settle Show Skip Sort Split Start Stop Store Submit Sum Switch Tag Take Tell Throttle Turn Undo
Unpack Unseal Untag Update Use Verify Wait Watch Wrap Write Yield
"""
_NOUNS_TOO = "Answer Change Claim End Hold List Lock Look Name Number Order Record Report Search Set Start"

VERBS = frozenset(_VERBS.split())
"""Verbs that a function's summary may begin with; another one is welcome here."""
NOUNS_TOO = frozenset(_NOUNS_TOO.split())
"""Those of the verbs that are nouns as well, so that a class's summary may begin with them."""
VAGUE = re.compile(r"\b(what|whatever|who|whoever|whom|it is|there is something)\b", re.I)
NO_NOUN = frozenset({"What", "Who", "Where", "When", "How", "Whether", "One", "All", "Some", "Any", "It", "This", "Is"})


def told() -> list[Defined]:
    return [defined for defined in definitions() if defined.summary]


def test_a_function_begins_with_a_verb() -> None:
    wrong = [f"{one.place}: {one.summary}" for one in told() if not one.is_class and _first(one) not in VERBS]

    assert wrong == [], "begin with a verb (or add it to VERBS here, if it is one):\n" + "\n".join(wrong)


def test_a_class_begins_with_a_noun() -> None:
    no_nouns = (VERBS - NOUNS_TOO) | NO_NOUN
    wrong = [f"{one.place}: {one.summary}" for one in told() if one.is_class and _first(one) in no_nouns]

    assert wrong == [], "begin with a noun:\n" + "\n".join(wrong)


def test_a_summary_is_short() -> None:
    wrong = [f"{one.place}: {one.summary}" for one in told() if len(one.summary.split()) > MOST_WORDS]

    assert wrong == [], f"more than {MOST_WORDS} words:\n" + "\n".join(wrong)


def test_a_summary_names_the_thing() -> None:
    wrong = [f"{one.place}: {one.summary}" for one in told() if VAGUE.search(one.summary)]

    assert wrong == [], "name the thing:\n" + "\n".join(wrong)


def _first(one: Defined) -> str:
    return re.split(r"[\s:,.;`']", one.summary, maxsplit=1)[0]

"""The house style of docstrings: a function begins with a verb, a class with a noun, and both are short."""

from __future__ import annotations

import re

from tests.house.source import Defined, definitions

MOST_WORDS = 14
VERBS = frozenset(
    """
    Add Adopt Answer Append Apply Ask Begin Bill Bring Build Call Cancel Change Check Choose Claim Collect Combine
    Compare Complete Connect Convert Count Create Cut Decode Delete Derive Describe Draw Drive Encode End Ensure Enter
    Explain Fail Fence Fill Find Finish Follow Forget Format Give Go Handle Have Hide Increment Inspect Iterate Join
    Judge Keep Leave Let List Look Make Mark Match Measure Merge Move Name Note Number Open Order Pack Parse Pass Pause
    Poll Print Propose Put Raise Read Record Reduce Redraw Refuse Register Release Remember Remove Render Renew Repeat
    Replace Report Retry Return Round Run Say Scan Search Send Serve Set Show Sort Split Start Stop Store Submit Sum
    Switch Take Tell Turn Undo Unpack Update Use Verify Wait Watch Wrap Write Yield Finish Recover Purge Add Allow
    Escape Fit Cut Pad Draw Settle Erase Confirm Complain Paint Advance Freeze Deny Lose Throttle Delay Garble Answer
    Advise Patch Ignore Lock Clear Skip Seal Unseal Hash Compress Tag Untag Clip Hold Lead Like
    """.split()
)
"""Verbs that a function's summary may begin with; another one is welcome here."""
VAGUE = re.compile(r"\b(what|whatever|who|whoever|whom|it is|there is something)\b", re.I)
NO_NOUN = frozenset({"What", "Who", "Where", "When", "How", "Whether", "One", "All", "Some", "Any", "It", "This", "Is"})


def told() -> list[Defined]:
    return [defined for defined in definitions() if defined.summary]


def test_a_function_begins_with_a_verb() -> None:
    wrong = [f"{one.place}: {one.summary}" for one in told() if not one.is_class and _first(one) not in VERBS]

    assert wrong == [], "begin with a verb (or add it to VERBS here, if it is one):\n" + "\n".join(wrong)


def test_a_class_begins_with_a_noun() -> None:
    wrong = [
        f"{one.place}: {one.summary}"
        for one in told()
        if one.is_class
        and _first(one)
        in VERBS
        - {
            "Answer",
            "Claim",
            "Record",
            "Report",
            "Name",
            "Number",
            "Change",
            "Order",
            "End",
            "Start",
            "Search",
            "List",
            "Set",
            "Hold",
            "Way",
        }
        | NO_NOUN
    ]

    assert wrong == [], "begin with a noun:\n" + "\n".join(wrong)


def test_a_summary_is_short() -> None:
    wrong = [f"{one.place}: {one.summary}" for one in told() if len(one.summary.split()) > MOST_WORDS]

    assert wrong == [], f"more than {MOST_WORDS} words:\n" + "\n".join(wrong)


def test_a_summary_names_the_thing() -> None:
    wrong = [f"{one.place}: {one.summary}" for one in told() if VAGUE.search(one.summary)]

    assert wrong == [], "name the thing:\n" + "\n".join(wrong)


def _first(one: Defined) -> str:
    return re.split(r"[\s:,.;`']", one.summary, maxsplit=1)[0]

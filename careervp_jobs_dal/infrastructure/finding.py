"""A finding about a live table, and the order in which findings are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["error", "advice", "unchecked"]
_SEVERITIES: tuple[Severity, ...] = ("error", "advice", "unchecked")


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between a live table and its description.

    Attributes:
        severity: "error": something does not work on this table. "advice": all works, but not as well or as safely
            as it could. "unchecked": it could not be read.
        what: what was found, in words.
        remedy: what to do about it; where one command does it, that command.
    """

    severity: Severity
    what: str
    remedy: str


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Errors first, then advice, then what could not be checked.

    >>> [finding.severity for finding in by_severity([Finding("advice", "", ""), Finding("error", "", "")])]
    ['error', 'advice']
    """
    return sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity))

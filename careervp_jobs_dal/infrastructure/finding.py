"""A finding about a live table, and the order of findings by severity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["error", "advice", "unchecked"]
_SEVERITIES: tuple[Severity, ...] = ("error", "advice", "unchecked")


@dataclass(frozen=True, slots=True)
class Finding:
    """Difference between a live table and its description.

    Attributes:
        severity: "error": something does not work on this table. "advice": all works, but not as well or as safely
            as it could. "unchecked": this part of the table could not be read.
        what: the difference in words.
        remedy: the way to mend it; one command, if one command does it.
    """

    severity: Severity
    what: str
    remedy: str


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings: errors first, then advice, then unchecked parts.

    >>> [finding.severity for finding in by_severity([Finding("advice", "", ""), Finding("error", "", "")])]
    ['error', 'advice']
    """
    return sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity))

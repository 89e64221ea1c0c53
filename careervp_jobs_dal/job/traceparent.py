"""The place of a call in a trace, in the form of W3C's header `traceparent`."""

from __future__ import annotations

import re
from typing import NamedTuple

# Version, trace, parent, flags. A later version may have more after these, which this one does not know.
_FORM = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.S)
_OF_XRAY = re.compile(r"1-([0-9a-f]{8})-([0-9a-f]{24})")
_SAMPLED = 1


class TraceParent(NamedTuple):
    """Place in a trace.

    Attributes:
        trace_id: 32 hexadecimal digits.
        span_id: 16 hexadecimal digits.
        flags: bit 0 tells whether the trace is recorded.
    """

    trace_id: str
    span_id: str
    flags: int

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags:02x}"

    @property
    def xray_trace_id(self) -> str:
        """Return the trace's id as X-Ray writes it.

        >>> TraceParent("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8", 1).xray_trace_id
        '1-5759e988-bd862e3fe1be46a994272793'
        """
        return f"1-{self.trace_id[:8]}-{self.trace_id[8:]}"


def parse_traceparent(text: object) -> TraceParent | None:
    """Read a `traceparent`; anything else gives None.

    >>> parse_traceparent("00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01").span_id
    '53995c3f42cd8ad8'
    """
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None or (found[1] == "00" and found[5]):
        return None
    return TraceParent(found[2], found[3], int(found[4], 16))


def parse_xray(header: object) -> TraceParent | None:
    """Read X-Ray's header; one without a parent gives None.

    >>> str(parse_xray("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"))
    '00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01'
    """
    if not isinstance(header, str):
        return None
    parts = dict(part.strip().split("=", 1) for part in header.split(";") if "=" in part)
    root = _OF_XRAY.fullmatch(parts.get("Root", ""))
    if root is None:
        return None
    flags = _SAMPLED if parts.get("Sampled") == "1" else 0
    return parse_traceparent(f"00-{root[1]}{root[2]}-{parts.get('Parent', '')}-{flags:02x}")

"""A request file from disk: read, measured, and refused where the service could not use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from submit import parse_request
from worker import make_report

from careervp_jobs_dal import PublicError

if TYPE_CHECKING:
    from pathlib import Path


class BadRequestError(Exception):
    """A file that is missing, or is not a request of the right shape."""


@dataclass(frozen=True)
class RequestFile:
    """A request and what is worth knowing about its file."""

    path: Path
    content: dict[str, Any]
    size: int

    def __str__(self) -> str:
        """Describe the file without a word of its content."""
        needs = len(self.content["job_posting"]["responsibilities"])
        answers = len(self.content["gap_responses"])
        return f"{self.path.name}: {self.size:,} bytes; responsibilities: {needs}, answers: {answers}"


def read_request(path: Path) -> RequestFile:
    """Read one request.

    Raises:
        BadRequestError: in one line, the file and its fault, and nothing of its content.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadRequestError(f"{path}: {error.strerror}") from None
    try:
        content = parse_request(raw.decode())
        make_report(content)
    except UnicodeDecodeError:
        raise BadRequestError(f"{path}: not UTF-8 text") from None
    except (PublicError, ValueError) as error:
        raise BadRequestError(f"{path}: {error}") from None
    except (AttributeError, KeyError, TypeError):
        raise BadRequestError(
            f"{path}: job_posting or gap_responses has another shape"
        ) from None
    return RequestFile(path, content, len(raw))

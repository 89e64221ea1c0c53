"""The exception of a read that returns no `Result`, for an answer or a record that cannot be read.

This module imports botocore, so it is imported only when the exception is raised.
"""

from __future__ import annotations

import builtins

from botocore.exceptions import HTTPClientError


class UnreadableAnswerError(HTTPClientError, builtins.ConnectionError):
    """Failure to read an answer, for callers that expect botocore's exceptions."""

    fmt = "{error}"

"""The one exception of a work whose text users may see."""

from __future__ import annotations


class PublicError(Exception):
    """Failure of the work, with a text for the job's user.

    The text is stored as `public_error`, which `find_status` shows, and in `error`. The text of any other exception is
    stored in `error` alone, for operators.

    >>> def work(claim):
    ...     raise PublicError("The posting names no responsibilities.")
    >>> worker = JobWorker(repository, work, permanent=(PublicError,))
    >>> worker.process("vpr-1", timedelta(minutes=5))
    <ResultCode.SUCCESS: 'SUCCESS'>
    >>> repository.find_status("vpr-1").unwrap()["public_error"]
    'The posting names no responsibilities.'
    """

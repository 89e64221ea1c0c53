"""The settings of a worker's queue, as they follow from the times of the work.

A message that was received is hidden for the visibility timeout. It has to stay hidden while its job is held:

    receive           lease lapses       visible again: the next worker takes over
    |-- the work ----------|------------------|
    |-- the function's time-out --|           |
    |-- visibility timeout -------------------|

A message that comes back sooner finds the lease held. That costs a receive and no attempt, and after `maxReceiveCount`
receives the message becomes a dead letter, with attempts left.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import Final, NamedTuple

from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.record import DEFAULT_MAX_ATTEMPTS
from careervp_jobs_dal.job.validation import check_max_attempts

LONGEST_TIMEOUT: Final = timedelta(minutes=15)
"""The longest time of an invocation that Lambda allows."""
LONGEST_VISIBILITY: Final = timedelta(hours=12)
"""The longest visibility timeout that SQS allows."""
RETENTION: Final = timedelta(days=7)
"""Time for which the queue keeps a message. A dead letter's time counts from its first queue, so that one has more."""
DEAD_LETTER_RETENTION: Final = timedelta(days=14)
LONGEST_BATCH: Final = 10
"""The most messages in a batch that Lambda does not wait for."""
# AWS's advice for the visibility timeout, in times of the function's time-out.
_ADVISED = 6
_MOST_RECEIVES = 1000
_LEAST_CONCURRENCY, _MOST_CONCURRENCY = 2, 1000


class QueueSetting(NamedTuple):
    """Settings of a worker's queue."""

    visibility_timeout: timedelta
    max_receive_count: int


def queue_setting(
    timeout: timedelta,
    *,
    lease: timedelta | None = None,
    max_attempts: int = DEFAULT_MAX_ATTEMPTS,
    visibility_timeout: timedelta | None = None,
    max_receive_count: int | None = None,
) -> QueueSetting:
    """Derive the settings of a queue, and refuse those that cannot work.

    Args:
        timeout: the time-out of the worker's function, from 1 s to 15 min.
        lease: the worker's lease, at most 12 h; None for a lease that ends with the invocation.
        max_attempts: the most attempts of a job.
        visibility_timeout: another one than six times the time-out or the lease, whichever is longer; in seconds.
        max_receive_count: another number of receives than three for each attempt and one more.

    Returns:
        The settings.

    >>> queue_setting(timedelta(minutes=5))
    QueueSetting(visibility_timeout=datetime.timedelta(seconds=1800), max_receive_count=10)

    Raises:
        ValueError: a value is out of its bounds, or a job could not be done with these settings. The message says why.
    """
    check_timeout(timeout)
    check_max_attempts(max_attempts)
    is_lease = lease is None or _is_time(lease, LONGEST_VISIBILITY)
    _expect(is_lease, "lease must be a timedelta above 0 and at most 12 hours, for which SQS can hide a message")
    held = max(timeout, lease or timeout)
    if visibility_timeout is None:
        visibility_timeout = max(advised_visibility(timeout), timedelta(seconds=ceil(held.total_seconds())))
    if max_receive_count is None:
        max_receive_count = 3 * max_attempts + 1
    setting = QueueSetting(visibility_timeout, max_receive_count)
    _check(setting, held, max_attempts)
    return setting


def check_timeout(timeout: object, name: str = "timeout") -> None:
    """Check the time-out of a function.

    Raises:
        InvalidInputError: Lambda has no such time-out.
    """
    holds = _is_time(timeout, LONGEST_TIMEOUT) and _is_whole(timeout)
    _expect(holds, f"{name} must be a timedelta of whole seconds, from 1 second to 15 minutes")


def check_function(own: timedelta, declared: timedelta, name: str) -> None:
    """Compare a function's own time-out with that of its queue's settings.

    Raises:
        InvalidInputError: it is longer.
    """
    _expect(own <= declared, f"the function's time-out is longer than {name}, from which the queue's settings follow")


def check_event_source(batch_size: object, max_concurrency: object) -> None:
    """Check the settings by which Lambda takes messages from the queue.

    Raises:
        InvalidInputError: Lambda has no such setting.
    """
    _expect(_is_count(batch_size, 1, LONGEST_BATCH), f"batch_size must be a whole number from 1 to {LONGEST_BATCH}")
    holds = max_concurrency is None or _is_count(max_concurrency, _LEAST_CONCURRENCY, _MOST_CONCURRENCY)
    _expect(holds, f"max_concurrency must be a whole number from {_LEAST_CONCURRENCY} to {_MOST_CONCURRENCY}")


def advised_visibility(timeout: timedelta) -> timedelta:
    """Return the visibility timeout that AWS advises for a function's time-out.

    >>> advised_visibility(timedelta(seconds=30))
    datetime.timedelta(seconds=180)
    """
    return _ADVISED * timeout


def _check(setting: QueueSetting, held: timedelta, max_attempts: int) -> None:
    visibility, receives = setting
    holds = _is_time(visibility, LONGEST_VISIBILITY) and _is_whole(visibility)
    _expect(holds, "visibility_timeout must be a timedelta of whole seconds, above 0 and at most 12 hours")
    _expect(
        visibility >= held,
        "visibility_timeout must be at least the function's time-out and the lease, or a message comes back "
        "while its job is held",
    )
    _expect(
        _is_count(receives, 1, _MOST_RECEIVES),
        f"max_receive_count must be a whole number from 1 to {_MOST_RECEIVES}; by default it is three for each attempt",
    )
    _expect(
        receives > max_attempts,
        "max_receive_count must be above max_attempts, or a message becomes a dead letter with attempts left",
    )
    _expect(
        visibility * receives < RETENTION,
        f"visibility_timeout times max_receive_count must be below {RETENTION.days} days, or SQS deletes a message "
        "before it becomes a dead letter",
    )


def _expect(holds: bool, rule: str) -> None:
    if not holds:
        raise InvalidInputError(rule)


def _is_time(value: object, longest: timedelta) -> bool:
    return isinstance(value, timedelta) and timedelta(0) < value <= longest


def _is_whole(value: object) -> bool:
    return isinstance(value, timedelta) and value % timedelta(seconds=1) == timedelta(0)


def _is_count(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most

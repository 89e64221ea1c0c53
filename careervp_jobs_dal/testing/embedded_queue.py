"""A queue of an embedded AWS: services send to it, a test decides what arrives when, and delivers it to a worker.

service -> SendMessage ----> waiting messages ----> deliver(handler) ----> acknowledged: gone
|  the test loses,      |
|  doubles, delays,     left in the queue: hidden for the visibility timeout,
|  reorders them        delivered again, and a dead letter in the end
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

from careervp_jobs_dal.aws.fork import ForkSafeLock
from careervp_jobs_dal.testing.account import aws_environment
from careervp_jobs_dal.testing.argument_check import check_function, check_instance, check_time, check_whole
from careervp_jobs_dal.testing.clock import Clock
from careervp_jobs_dal.testing.lambda_context import LambdaContext
from careervp_jobs_dal.testing.sqs_event import QUEUE_ARN, bodies_of, check_answer, left_in_the_queue, sqs_record, times
from careervp_jobs_dal.testing.sqs_requests import SqsRequests
from careervp_jobs_dal.worker.visibility import queue_url_of

if TYPE_CHECKING:
    from random import Random

Handler: TypeAlias = Callable[[dict[str, Any], Any], Any]

_NO_TIME = timedelta(0)
_VISIBILITY = timedelta(seconds=30)
_MOST_RECEIVES = 10
_MOST_ROUNDS = 1000
_NAME = re.compile(r"[\w-]{1,80}", re.ASCII)


@dataclass(eq=False)
class _Message:
    """Message of the queue.

    Attributes:
        body: its text.
        sent_at: the instant at which it was sent.
        visible_at: the instant from which it can be received.
        attributes: further ones that the sender gave, such as MessageGroupId.
        message_id: its id; a message that is delivered twice has one id.
        receives: the number of times that it was received.
        first_received_at: the instant of the first receipt.
        handle: the handle of the newest receipt.
    """

    body: str
    sent_at: datetime
    visible_at: datetime
    attributes: dict[str, str] = field(default_factory=dict)
    message_id: str = field(default_factory=lambda: str(uuid4()))
    receives: int = 0
    first_received_at: datetime | None = None
    handle: str | None = None

    def receive(self, now: datetime, hidden: timedelta) -> None:
        """Count a receipt, and hide the message."""
        self.receives += 1
        self.first_received_at = self.first_received_at or now
        self.visible_at = now + hidden
        self.handle = str(uuid4())

    def record(self, arn: str) -> dict[str, Any]:
        """Return it as Lambda delivers it."""
        counts = {"ApproximateReceiveCount": str(self.receives)}
        stamps = times(self.sent_at, self.first_received_at or self.sent_at)
        return sqs_record(self.message_id, str(self.handle), self.body, {**self.attributes, **counts, **stamps}, arn)


class EmbeddedQueue:
    """SQS queue of an embedded AWS, whose messages a test delivers.

    `embedded_queue` makes one. Any client of SQS can send to `url` and change a message's visibility timeout; nothing
    is received but by `deliver`. The clock alone makes messages visible again.

    Attributes:
        url: the queue's URL.
        arn: its ARN.
        clock: the clock of its timeouts.
        dead_letters: the queue of its dead letters; None for a dead-letter queue itself.

    >>> with embedded_jobs() as jobs, embedded_queue(clock=jobs.clock) as queue:
    ...     worker = JobWorker(jobs.repository, lambda claim: None)
    ...     queue.send(jobs.builder.pending()["job_id"])
    ...     queue.double()
    ...     queue.deliver(worker), len(queue)
    (2, 0)
    """

    def __init__(
        self, arn: str, clock: Clock, visibility_timeout: timedelta, max_receive_count: int | None = None
    ) -> None:
        self.arn: str = arn
        self.url: str = str(queue_url_of(arn))
        self.clock: Clock = clock
        self.dead_letters: EmbeddedQueue | None = None
        self._visibility = visibility_timeout
        self._most = max_receive_count
        if max_receive_count is not None:
            self.dead_letters = EmbeddedQueue(f"{arn}-dead-letters", clock, visibility_timeout)
        self._messages: list[_Message] = []
        self._lock = ForkSafeLock()
        self._requests = SqsRequests(self.url, self._put, self._hide)  # from now on it is sent to

    def __len__(self) -> int:
        """Count the messages, visible or not."""
        return len(self._messages)

    @property
    def bodies(self) -> list[str]:
        """Return the bodies of the messages, in their order.

        >>> with embedded_queue() as queue:
        ...     queue.send("vpr-1")
        ...     queue.bodies
        ['{"job_id": "vpr-1"}']
        """
        return [message.body for message in list(self._messages)]

    def send(self, *job_ids: str, body: Callable[[str], str] | None = None, delay: timedelta = _NO_TIME) -> None:
        """Send a message for each job, as services do.

        Args:
            *job_ids: the jobs' ids.
            body: makes the message's body of an id; without it, `{"job_id": …}`.
            delay: the time until the messages are visible.

        Raises:
            ValueError: an id is no text, or `delay` is no timedelta, or negative.

        >>> with embedded_queue() as queue:
        ...     queue.send("vpr-1", "vpr-2")
        ...     len(queue)
        2
        """
        check_time("delay", delay)
        for text in bodies_of(job_ids, body):
            self._put(text, delay, {})

    def lose(self) -> None:
        """Lose all messages, as when a service dies before it sends.

        >>> with embedded_queue() as queue:
        ...     queue.send("vpr-1")
        ...     queue.lose()
        ...     len(queue)
        0
        """
        with self._lock:
            self._messages.clear()

    def double(self) -> None:
        """Have each message delivered once more than its handler allows, as SQS may do.

        >>> with embedded_queue() as queue:
        ...     queue.send("vpr-1")
        ...     queue.double()
        ...     len(queue)
        2
        """
        with self._lock:
            self._messages += [copy(message) for message in self._messages]

    def delay(self, by: timedelta) -> None:
        """Have all messages arrive later.

        >>> with embedded_queue() as queue:
        ...     queue.send("vpr-1")
        ...     queue.delay(timedelta(minutes=5))
        ...     before = queue.deliver(lambda event, context: None)
        ...     queue.clock.advance(timedelta(minutes=5))
        ...     before, queue.deliver(lambda event, context: None)
        (0, 1)

        Raises:
            ValueError: `by` is no timedelta, or negative.
        """
        check_time("by", by)
        now = self.clock()
        with self._lock:
            for message in self._messages:
                message.visible_at = max(message.visible_at, now) + by

    def reorder(self, random: Random | None = None) -> None:
        """Have the newest message arrive first, or shuffle all.

        Args:
            random: shuffles the messages; without it, their order is reversed.

        >>> with embedded_queue() as queue:
        ...     queue.send("vpr-1", "vpr-2")
        ...     queue.reorder()
        ...     queue.bodies
        ['{"job_id": "vpr-2"}', '{"job_id": "vpr-1"}']
        """
        if random is not None and not callable(getattr(random, "shuffle", None)):
            raise ValueError(f"random must be a random.Random; not {random!r}")
        with self._lock:
            if random is None:
                self._messages.reverse()
            else:
                random.shuffle(self._messages)

    def deliver(self, handler: Handler, *, batch_size: int = 1, context: object = None) -> int:
        """Give the handler each visible message once.

        The queue works as with an event source mapping that has ReportBatchItemFailures. A message that the handler
        acknowledges is deleted. Another one stays, hidden for its visibility timeout. A message that was received
        `max_receive_count` times goes to the dead letters instead.

        Args:
            handler: the Lambda handler, such as a `JobWorker`.
            batch_size: the most messages of one event.
            context: the Lambda context; without it, a `LambdaContext` of 5 min by the queue's clock for each event.

        Returns:
            The number of messages that were acknowledged.

        Raises:
            ValueError: `batch_size` is no whole number from 1 to 10,000, or `handler` no function.
            TypeError: Lambda could not return the handler's answer, or await it; its batch stays in the queue.
            BaseException: from the handler; its batch stays in the queue.

        >>> def handler(event, context):
        ...     print(len(event["Records"]))
        >>> with embedded_queue() as queue:
        ...     queue.send("vpr-1", "vpr-2")
        ...     queue.deliver(handler, batch_size=10)
        2
        2
        """
        check_whole("batch_size", batch_size, 1, 10_000)
        check_function("handler", handler)
        round_of = list(self._messages)
        acknowledged = 0
        while batch := self._receive(round_of, batch_size):
            event = {"Records": [message.record(self.arn) for message in batch]}
            answer = handler(event, context or LambdaContext(clock=self.clock))
            check_answer(answer)
            left = left_in_the_queue(answer, {message.message_id for message in batch})
            acknowledged += self._delete([message for message in batch if message.message_id not in left])
        return acknowledged

    def drain(self, handler: Handler, *, batch_size: int = 1) -> int:
        """Give the handler all messages, and move the clock to each next one.

        Returns:
            The number of messages that were acknowledged; the others are dead letters.

        Raises:
            RuntimeError: messages still stay after 1,000 rounds.

        >>> with embedded_jobs() as jobs, embedded_queue(clock=jobs.clock) as queue:
        ...     worker = JobWorker(jobs.repository, lambda claim: None)
        ...     held = jobs.builder.processing(lease=timedelta(minutes=5))
        ...     queue.send(held.job_id)
        ...     queue.drain(worker), jobs.repository.find_job(held.job_id).unwrap()["attempt"]
        (1, 2)
        """
        acknowledged = 0
        for _ in range(_MOST_ROUNDS):
            acknowledged += self.deliver(handler, batch_size=batch_size)
            if not self._messages:
                return acknowledged
            self.clock.now = max(self.clock(), min(message.visible_at for message in self._messages))
        raise RuntimeError(f"{len(self)} messages are still in the queue after {_MOST_ROUNDS} rounds")

    def _put(self, body: str, delay: timedelta, attributes: dict[str, str]) -> str:
        """Add a message, and return its id."""
        now = self.clock()
        message = _Message(body, now, now + delay, attributes)
        with self._lock:
            self._messages.append(message)
        return message.message_id

    def _hide(self, handle: str, visible_after: timedelta) -> bool:
        """Set the visibility timeout of a received message; tell whether the queue has it."""
        with self._lock:
            received = [message for message in self._messages if message.handle == handle]
            for message in received:
                message.visible_at = self.clock() + visible_after
        return bool(received)

    def _close(self) -> None:
        self._requests.close()
        if self.dead_letters is not None:
            self.dead_letters._close()

    def _receive(self, round_of: list[_Message], most: int) -> list[_Message]:
        """Take a batch of messages that this round has not had yet."""
        batch: dict[str, _Message] = {}
        now = self.clock()
        with self._lock:
            while round_of and len(batch) < most:
                message = round_of.pop(0)
                if message not in self._messages or message.visible_at > now:
                    continue
                if message.message_id in batch:  # two copies of one message never share a batch
                    round_of.insert(0, message)
                    break
                if self.dead_letters is not None and message.receives == self._most:
                    self._messages.remove(message)
                    message.visible_at = now
                    self.dead_letters._messages.append(message)
                    continue
                message.receive(now, self._visibility)
                batch[message.message_id] = message
        return list(batch.values())

    def _delete(self, acknowledged: list[_Message]) -> int:
        with self._lock:
            self._messages[:] = [message for message in self._messages if message not in acknowledged]
        return len(acknowledged)


@contextmanager
def embedded_queue(
    name: str = "jobs",
    *,
    clock: Clock | None = None,
    visibility_timeout: timedelta = _VISIBILITY,
    max_receive_count: int = _MOST_RECEIVES,
) -> Iterator[EmbeddedQueue]:
    """Run a block with a queue in an embedded AWS.

    The block stands beside `embedded_jobs` or within `embedded_aws`. JOBS_QUEUE_URL holds the queue's URL.

    Args:
        name: the queue's name.
        clock: the clock of its timeouts, that of the jobs as a rule; without it, one that stands at the present.
        visibility_timeout: the time for which a message is hidden after its receipt.
        max_receive_count: the number of times that a message is received before it is a dead letter.

    Raises:
        ValueError: an argument has no valid value; the message names it.

    >>> with embedded_jobs(), embedded_queue() as queue:
    ...     sqs = boto3.client("sqs")
    ...     url = os.environ["JOBS_QUEUE_URL"]
    ...     _ = sqs.send_message(QueueUrl=url, MessageBody='{"job_id": "vpr-1"}')
    ...     len(queue)
    1
    """
    check_time("visibility_timeout", visibility_timeout, timedelta(hours=12))
    check_whole("max_receive_count", max_receive_count, most=1000)
    if clock is not None:
        check_instance("clock", clock, Clock, "a Clock")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"name must be the name of a standard queue: letters, digits, - and _; not {name!r}")
    with (
        opened_queue(name, clock or Clock(), visibility_timeout, max_receive_count) as queue,
        aws_environment(JOBS_QUEUE_URL=queue.url),
    ):
        yield queue


@contextmanager
def opened_queue(
    name: str, clock: Clock, visibility_timeout: timedelta = _VISIBILITY, max_receive_count: int = _MOST_RECEIVES
) -> Iterator[EmbeddedQueue]:
    """Run a block with a queue that no environment variable names."""
    arn = f"{QUEUE_ARN.rpartition(':')[0]}:{name}"
    queue = EmbeddedQueue(arn, clock, visibility_timeout, max_receive_count)
    try:
        yield queue
    finally:
        queue._close()

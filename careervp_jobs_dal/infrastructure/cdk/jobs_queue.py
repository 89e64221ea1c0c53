"""The construct of the workers' queue and its dead letters."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from careervp_jobs_dal.infrastructure.queue_setting import (
    DEAD_LETTER_RETENTION,
    LONGEST_BATCH,
    RETENTION,
    advised_visibility,
    check_event_source,
    check_function,
    check_timeout,
    queue_setting,
)
from careervp_jobs_dal.job.record import DEFAULT_MAX_ATTEMPTS

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms


class JobsQueue(Construct):
    """Queue of the jobs' messages, with a dead-letter queue.

    Its settings follow from the worker's times. Settings that cannot work are refused, with the reason.

    Args:
        scope: the construct around it.
        construct_id: its id there.
        timeout: the time-out of the worker's function, in seconds, at most 15 min.
        lease: the worker's lease, at most 12 h; None for a lease that ends with the invocation.
        max_attempts: the most attempts of a job.
        visibility_timeout: the visibility timeout; without it, six times the time-out, or the lease if that is longer.
        max_receive_count: the receives before a message becomes a dead letter; without it, three for each attempt, and
            one more.
        dead_letter_timeout: the time-out of the function behind the dead-letter queue.
        queue_name: the queue's name; the dead-letter queue's name has `-dead` behind it. Without it, CloudFormation
            makes both names.
        encryption_key: a key of the account; None for SQS's own, which costs nothing.

    Attributes:
        timeout: the time-out of the worker's function.
        queue: the queue of SQS.
        dead_letter_queue: the queue of the messages that were received too often.

    Raises:
        ValueError: a value is out of its bounds, or a job could not be done with these settings.
    """

    timeout: timedelta
    queue: sqs.Queue
    dead_letter_queue: sqs.Queue

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        timeout: timedelta,
        lease: timedelta | None = None,
        max_attempts: int = DEFAULT_MAX_ATTEMPTS,
        visibility_timeout: timedelta | None = None,
        max_receive_count: int | None = None,
        dead_letter_timeout: timedelta = timedelta(seconds=30),
        queue_name: str | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        setting = queue_setting(
            timeout,
            lease=lease,
            max_attempts=max_attempts,
            visibility_timeout=visibility_timeout,
            max_receive_count=max_receive_count,
        )
        check_timeout(dead_letter_timeout, "dead_letter_timeout")
        super().__init__(scope, construct_id)
        self.timeout, self._dead_letter_timeout, self._key = timeout, dead_letter_timeout, encryption_key
        hidden, dead = advised_visibility(dead_letter_timeout), queue_name and f"{queue_name}-dead"
        self.dead_letter_queue = self._queue("DeadLetters", hidden, DEAD_LETTER_RETENTION, dead)
        redrive = sqs.DeadLetterQueue(queue=self.dead_letter_queue, max_receive_count=setting.max_receive_count)
        self.queue = self._queue("Queue", setting.visibility_timeout, RETENTION, queue_name, redrive)

    def add_worker(
        self, function: lambda_.IFunction, *, batch_size: int = 1, max_concurrency: int | None = None
    ) -> None:
        """Have a function work on the queue's messages.

        The event source mapping has ReportBatchItemFailures, so only failed messages come again.

        Args:
            function: the function of a `JobWorker`. It gets the permissions on the queue.
            batch_size: the most messages in one invocation, at most 10; they share one time-out.
            max_concurrency: the most invocations side by side, from 2 to 1,000; None for no limit.

        Raises:
            ValueError: a value is out of its bounds, or the function's time-out is above the queue's `timeout`.
        """
        check_event_source(batch_size, max_concurrency)
        _check(function, self.timeout, "timeout")
        function.add_event_source(_source(self.queue, batch_size, max_concurrency))

    def add_dead_letter_handler(self, function: lambda_.IFunction) -> None:
        """Have a function end the jobs whose messages became dead letters.

        Args:
            function: the function of a `DeadLetterHandler`. It gets the permissions on the queue.

        Raises:
            ValueError: the function's time-out is above `dead_letter_timeout`.
        """
        _check(function, self._dead_letter_timeout, "dead_letter_timeout")
        function.add_event_source(_source(self.dead_letter_queue, LONGEST_BATCH, None))

    def grant_send(self, grantee: iam.IGrantable) -> iam.Grant:
        """Permit a function to send messages, as submit and sweeper do."""
        return self.queue.grant_send_messages(grantee)

    def _queue(
        self,
        construct_id: str,
        visibility: timedelta,
        retention: timedelta,
        name: str | None,
        redrive: sqs.DeadLetterQueue | None = None,
    ) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            queue_name=name,
            visibility_timeout=_duration(visibility),
            retention_period=_duration(retention),
            dead_letter_queue=redrive,
            enforce_ssl=True,
            encryption=sqs.QueueEncryption.KMS if self._key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=self._key,
        )


def _source(queue: sqs.IQueue, batch_size: int, max_concurrency: int | None) -> event_sources.SqsEventSource:
    return event_sources.SqsEventSource(
        queue, batch_size=batch_size, max_concurrency=max_concurrency, report_batch_item_failures=True
    )


def _check(function: lambda_.IFunction, timeout: timedelta, name: str) -> None:
    """Check a function's time-out; that of a function of another stack is not known."""
    if isinstance(function, lambda_.Function):
        # Lambda's own default is 3 s.
        seconds = function.timeout.to_seconds() if function.timeout else 3
        check_function(timedelta(seconds=float(seconds)), timeout, name)


def _duration(time: timedelta) -> Duration:
    return Duration.seconds(int(time.total_seconds()))

"""`Monitoring`: the alarms and the dashboard of one service, from the names of its parts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from careervp_jobs_dal.infrastructure.alarm import CompositeAlarm
from careervp_jobs_dal.infrastructure.alarm_set import AlarmSet
from careervp_jobs_dal.infrastructure.dashboard import dashboard_body
from careervp_jobs_dal.infrastructure.monitoring_configuration import monitoring_configuration
from careervp_jobs_dal.infrastructure.monitoring_template import monitoring_template
from careervp_jobs_dal.job.index import IDEMPOTENCY_INDEX, Index, idempotency_index
from careervp_jobs_dal.job.index import optional_indexes as indexes_named
from careervp_jobs_dal.job.invalid_input import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from careervp_jobs_dal.infrastructure.alarm import Alarm

_MINUTE = timedelta(minutes=1)
_LONGEST_TIMEOUT = timedelta(minutes=15)
_LONGEST_WAIT = timedelta(days=7)
# CloudWatch looks back one day at most, and three sweeps must fit in it.
_LONGEST_PAUSE = timedelta(hours=8)

# A template's variable can stand anywhere in a name: ${Stage}, ${var.stage}.
_VARIABLE = re.compile(r"\$\{[^{}]+\}")
_RULES = {
    "namespace": (r"(?!AWS/)[A-Za-z0-9_./#:-]{1,255}", "a namespace of CloudWatch that does not begin with AWS/"),
    "service": (r"(?!:)[!-~]{1,255}", "printable ASCII without spaces"),
    "table_name": (r"[A-Za-z0-9_.-]{1,255}", "the name of a table, not its ARN"),
    "queue_name": (r"[A-Za-z0-9_-]{1,80}(\.fifo)?", "the name of a queue, not its URL or ARN"),
    "function_name": (r"[A-Za-z0-9_-]{1,64}", "the name of a function, not its ARN"),
    "topic_arn": (r"arn:[^:\s]+:sns:[^:\s]+:[^:\s]+:[A-Za-z0-9_.-]+", "the ARN of an SNS topic"),
    "prefix": (r"[A-Za-z0-9_.-]{1,150}", "at most 150 letters, digits, '_', '.' or '-'"),
    "runbook": (r"[!-~]{1,500}", "an address without spaces"),
}
_RULE_OF = {
    "dead_letter_queue_name": "queue_name",
    "worker_name": "function_name",
    "submit_name": "function_name",
    "sweeper_name": "function_name",
    "ticket_topic_arn": "topic_arn",
    "idempotency_index_name": "table_name",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """Alarms and dashboard of one service, made from the metrics that it emits.

    A part without a name has no alarm. In a name a variable of the template can stand: `${Stage}` becomes a parameter
    of the CloudFormation template, and `${var.stage}` is Terraform's.

    Attributes:
        namespace: the namespace of the service's metrics (POWERTOOLS_METRICS_NAMESPACE).
        service: the service's name (POWERTOOLS_SERVICE_NAME), the same in all of its functions.
        table_name: the table, as its repositories name it.
        queue_name: the queue of the jobs.
        dead_letter_queue_name: the queue of its dead letters.
        worker_name: the worker function.
        worker_timeout: the worker function's time-out, at most 15 minutes.
        submit_name: the submit function.
        sweeper_name: the sweeper function.
        sweep_every: the time from one sweep to the next, whole minutes, at most 8 hours.
        promised_wait: the longest time that a job should wait for a worker, at most 7 days.
        failure_rate: the share of failed jobs, above 0 and below 1, that is worth a page.
        topic_arn: the SNS topic that hears of the composite alarm, which pages.
        ticket_topic_arn: the SNS topic that hears of each alarm that does not page.
        prefix: the beginning of the alarms' names, and the dashboard's name; without it the table's name.
        runbook: the address of the runbook, for the alarms' descriptions.
        idempotency_index_name: the name of the index on `idempotency_key`.
        optional_indexes: the optional indexes that the table has, as for `create_table`.

    Raises:
        ValueError: a name or a number cannot be right, or parts do not fit together.

    >>> watched = Monitoring(
    ...     namespace="CareerVP",
    ...     service="vpr",
    ...     table_name="jobs",
    ...     dead_letter_queue_name="jobs-dead",
    ... )
    >>> [alarm.name for alarm in watched.alarms() if alarm.urgency == "page"]
    ['jobs-dead-letters', 'jobs-waiting', 'jobs-failures']
    """

    namespace: str
    service: str
    table_name: str
    queue_name: str | None = None
    dead_letter_queue_name: str | None = None
    worker_name: str | None = None
    worker_timeout: timedelta | None = None
    submit_name: str | None = None
    sweeper_name: str | None = None
    sweep_every: timedelta = timedelta(minutes=5)
    promised_wait: timedelta = timedelta(minutes=5)
    failure_rate: float = 0.05
    topic_arn: str | None = None
    ticket_topic_arn: str | None = None
    prefix: str | None = None
    runbook: str = "docs/guides/runbook.md"
    idempotency_index_name: str = IDEMPOTENCY_INDEX
    optional_indexes: bool | Iterable[str] = False

    def __post_init__(self) -> None:
        for name in (*_RULES, *_RULE_OF):
            if name != "function_name":
                self._check_name(name)
        # An iterator would be empty the second time.
        object.__setattr__(self, "optional_indexes", [index.name for index in indexes_named(self.optional_indexes)])
        self._check_numbers()
        if self.queue_name and self.queue_name == self.dead_letter_queue_name:
            raise InvalidInputError("The queue cannot be its own queue of dead letters")
        if self.worker_timeout is not None and not self.worker_name:
            raise InvalidInputError("worker_timeout needs worker_name")

    def alarms(self) -> tuple[Alarm, ...]:
        """Return the alarms, those that page first.

        The composite alarm of those that page is not among them.

        >>> alarms = Monitoring(namespace="CareerVP", service="vpr", table_name="jobs").alarms()
        >>> next(alarm.threshold for alarm in alarms if alarm.key == "waiting")
        300
        """
        return tuple(AlarmSet(self))

    def page(self) -> CompositeAlarm:
        """Return the composite alarm that pages.

        >>> Monitoring(namespace="CareerVP", service="vpr", table_name="jobs").page().name
        'jobs-page'
        """
        alarms = tuple(alarm for alarm in self.alarms() if alarm.urgency == "page")
        return CompositeAlarm(f"{self.name}-page", f"{self.runbook}#page", alarms, self.topic_arn)

    def dashboard(self, region: str | None = None) -> str:
        """Make the body of the dashboard, as PutDashboard takes it.

        It has a row for the outcome, the time, the queue, the worker and the table. A part without a name has no row.

        Args:
            region: the AWS Region of the metrics; without it that of the dashboard.

        Returns:
            The body as JSON.

        >>> import json
        >>> watched = Monitoring(namespace="CareerVP", service="vpr", table_name="jobs")
        >>> json.loads(watched.dashboard("eu-west-1"))["widgets"][1]["properties"]["title"]
        'Jobs'
        """
        return json.dumps(dashboard_body(self, region), indent=2)

    def cloudformation(self, *, alarms: bool = True, dashboard: bool = True) -> str:
        """Make a CloudFormation template.

        Each variable in a name, such as `${Stage}`, is a parameter of the template.

        Args:
            alarms: with the alarms.
            dashboard: with the dashboard.

        Returns:
            The template as JSON, the same for the same arguments.

        Raises:
            ValueError: a variable is none of CloudFormation, or nothing is wanted.

        >>> import json
        >>> name = "jobs-${Stage}"
        >>> watched = Monitoring(namespace="CareerVP", service="vpr", table_name=name)
        >>> json.loads(watched.cloudformation())["Parameters"]
        {'Stage': {'Type': 'String'}}
        """
        return monitoring_template(self, alarms, dashboard)

    def terraform(self, *, alarms: bool = True, dashboard: bool = True) -> str:
        """Make a Terraform configuration, for the provider hashicorp/aws.

        Args:
            alarms: with the alarms.
            dashboard: with the dashboard.

        Returns:
            The configuration in HCL, the same for the same arguments.

        Raises:
            ValueError: nothing is wanted.

        >>> name = "jobs-${var.stage}"
        >>> watched = Monitoring(namespace="CareerVP", service="vpr", table_name=name)
        >>> for line in watched.terraform().splitlines()[:2]:
        ...     print(line)
        resource "aws_cloudwatch_metric_alarm" "waiting" {
          alarm_name          = "jobs-${var.stage}-waiting"
        """
        return monitoring_configuration(self, alarms, dashboard)

    @property
    def name(self) -> str:
        """Return the beginning of each alarm's name."""
        return self.prefix or self.table_name

    def indexes(self) -> tuple[Index, ...]:
        """Return the table's indexes.

        >>> watched = Monitoring(namespace="CareerVP", service="vpr", table_name="jobs")
        >>> [index.name for index in watched.indexes()]
        ['idempotency-key-index']
        """
        return (idempotency_index(self.idempotency_index_name), *indexes_named(self.optional_indexes))

    def _check_name(self, name: str) -> None:
        pattern, description = _RULES[_RULE_OF.get(name, name)]
        value = getattr(self, name)
        if value is None and name not in ("namespace", "service", "table_name", "runbook", "idempotency_index_name"):
            return
        if not isinstance(value, str) or not _fits(pattern, value):
            raise InvalidInputError(f"{name} must be {description}")

    def _check_numbers(self) -> None:
        if not isinstance(self.failure_rate, int | float) or not 0 < self.failure_rate < 1:
            raise InvalidInputError("failure_rate must be above 0 and below 1")
        _check_span("promised_wait", self.promised_wait, timedelta(seconds=1), _LONGEST_WAIT)
        _check_span("sweep_every", self.sweep_every, _MINUTE, _LONGEST_PAUSE)
        if self.sweep_every % _MINUTE:
            raise InvalidInputError("sweep_every must be whole minutes, as CloudWatch counts")
        if self.worker_timeout is not None:
            _check_span("worker_timeout", self.worker_timeout, timedelta(seconds=1), _LONGEST_TIMEOUT)


def _fits(pattern: str, value: str) -> bool:
    return bool(_VARIABLE.fullmatch(value) or re.fullmatch(pattern, _VARIABLE.sub("x", value)))


def _check_span(name: str, span: timedelta, least: timedelta, most: timedelta) -> None:
    if not isinstance(span, timedelta) or not least <= span <= most:
        raise InvalidInputError(f"{name} must be a timedelta from {least} to {most}")

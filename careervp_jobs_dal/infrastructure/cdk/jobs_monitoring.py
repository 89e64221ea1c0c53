"""The construct of the alarms and the dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Required, TypedDict, Unpack

from aws_cdk import CfnResource, Stack
from constructs import Construct

from careervp_jobs_dal.infrastructure.monitoring import Monitoring
from careervp_jobs_dal.infrastructure.monitoring_template import dashboard_name

if TYPE_CHECKING:
    from datetime import timedelta

    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns

    from careervp_jobs_dal.infrastructure.alarm import CompositeAlarm
    from careervp_jobs_dal.infrastructure.cdk.grant import GrantingTable
    from careervp_jobs_dal.infrastructure.cdk.jobs_queue import JobsQueue


class Promises(TypedDict, total=False):
    """Names and numbers of the alarms.

    Those without a value are as for `Monitoring`.

    Attributes:
        namespace: the namespace of the service's metrics (POWERTOOLS_METRICS_NAMESPACE).
        service: the service's name (POWERTOOLS_SERVICE_NAME), the same in all of its functions.
        sweep_every: the time from one sweep to the next, whole minutes.
        promised_wait: the longest time that a job should wait for a worker.
        failure_rate: the share of failed jobs that is worth a page.
        prefix: the beginning of the alarms' names, and the dashboard's name; without it the table's name.
        runbook: the address of the runbook, for the alarms' descriptions.
    """

    namespace: Required[str]
    service: Required[str]
    sweep_every: timedelta
    promised_wait: timedelta
    failure_rate: float
    prefix: str
    runbook: str


class JobsMonitoring(Construct):
    """Alarms and dashboard of one service, from the same data as those of `Monitoring`.

    Args:
        scope: the construct around it.
        construct_id: its id there.
        table: the table.
        queue: the queue.
        worker: the worker's function.
        submit: the function that submits; None for no alarms on it.
        sweeper: the sweeper's function; None for no alarms on it.
        page_topic: the topic of the composite alarm, which pages.
        ticket_topic: the topic of the alarms that do not page.
        promises: the names and numbers of `Promises`; `namespace` and `service` have no default.

    Attributes:
        alarms: the alarms by their keys, such as "dead-letters".
        composite_alarm: the alarm that pages.
        dashboard: the dashboard.

    Raises:
        ValueError: a value is out of its bounds.
    """

    alarms: dict[str, CfnResource]
    composite_alarm: CfnResource
    dashboard: CfnResource

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        table: GrantingTable,
        queue: JobsQueue,
        worker: lambda_.IFunction,
        submit: lambda_.IFunction | None = None,
        sweeper: lambda_.IFunction | None = None,
        page_topic: sns.ITopic | None = None,
        ticket_topic: sns.ITopic | None = None,
        **promises: Unpack[Promises],
    ) -> None:
        watched = Monitoring(
            **promises,
            **_names(table, queue),
            worker_name=worker.function_name,
            submit_name=submit and submit.function_name,
            sweeper_name=sweeper and sweeper.function_name,
            topic_arn=page_topic and page_topic.topic_arn,
            ticket_topic_arn=ticket_topic and ticket_topic.topic_arn,
        )
        super().__init__(scope, construct_id)
        self.alarms = {each.key: self._resource(_id(each.key), "Alarm", each.request()) for each in watched.alarms()}
        self.composite_alarm = self._composite_alarm(watched.page())
        body = watched.dashboard(Stack.of(self).region)
        properties = {"DashboardName": dashboard_name(watched), "DashboardBody": body}
        self.dashboard = self._resource("Dashboard", "Dashboard", properties)

    def _composite_alarm(self, page: CompositeAlarm) -> CfnResource:
        alarm = self._resource("Page", "CompositeAlarm", page.request())
        for each in page.alarms:
            # The rule has their names, and not their references.
            alarm.node.add_dependency(self.alarms[each.key])
        return alarm

    def _resource(self, construct_id: str, kind: str, properties: dict[str, Any]) -> CfnResource:
        return CfnResource(self, construct_id, type=f"AWS::CloudWatch::{kind}", properties=properties)


def _names(table: GrantingTable, queue: JobsQueue) -> dict[str, Any]:
    return {
        "table_name": table.table_name,
        "queue_name": queue.queue.queue_name,
        "dead_letter_queue_name": queue.dead_letter_queue.queue_name,
        "worker_timeout": queue.timeout,
        "idempotency_index_name": table.idempotency_index_name,
        "optional_indexes": table.optional_indexes,
    }


def _id(key: str) -> str:
    return "".join(map(str.capitalize, key.split("-")))

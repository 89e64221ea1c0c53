"""The construct of the alarms and the dashboard."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aws_cdk import CfnResource, Stack
from constructs import Construct

from careervp_jobs_dal.infrastructure.monitoring import Monitoring
from careervp_jobs_dal.infrastructure.monitoring_template import dashboard_name

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns

    from careervp_jobs_dal.infrastructure.cdk.grant import GrantingTable
    from careervp_jobs_dal.infrastructure.cdk.jobs_queue import JobsQueue


class JobsMonitoring(Construct):
    """Alarms and dashboard of one service, from the same data as those of `Monitoring`.

    Args:
        scope: the construct around it.
        construct_id: its id there.
        table: the table.
        queue: the queue.
        namespace: the namespace of the service's metrics (POWERTOOLS_METRICS_NAMESPACE).
        service: the service's name (POWERTOOLS_SERVICE_NAME), the same in all of its functions.
        worker: the worker's function.
        submit: the function that submits; None for no alarms on it.
        sweeper: the sweeper's function; None for no alarms on it.
        sweep_every: the time from one sweep to the next, whole minutes.
        promised_wait: the longest time that a job should wait for a worker.
        failure_rate: the share of failed jobs that is worth a page.
        page_topic: the topic that hears of the composite alarm.
        ticket_topic: the topic that hears of each alarm that does not page.
        prefix: the beginning of the alarms' names; None for the table's name. The dashboard's name is the same.
        runbook: the address of the runbook, for the alarms' descriptions.

    Attributes:
        alarms: the alarms by their keys, such as "dead-letters".
        composite_alarm: the alarm that pages.
        dashboard: the dashboard.

    Raises:
        ValueError: a value is out of its bounds.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        table: GrantingTable,
        queue: JobsQueue,
        namespace: str,
        service: str,
        worker: lambda_.IFunction,
        submit: lambda_.IFunction | None = None,
        sweeper: lambda_.IFunction | None = None,
        sweep_every: timedelta = timedelta(minutes=5),
        promised_wait: timedelta = timedelta(minutes=5),
        failure_rate: float = 0.05,
        page_topic: sns.ITopic | None = None,
        ticket_topic: sns.ITopic | None = None,
        prefix: str | None = None,
        runbook: str = "docs/guides/runbook.md",
    ) -> None:
        watched = Monitoring(
            namespace=namespace,
            service=service,
            table_name=table.table_name,
            queue_name=queue.queue.queue_name,
            dead_letter_queue_name=queue.dead_letter_queue.queue_name,
            worker_name=worker.function_name,
            worker_timeout=queue.timeout,
            submit_name=submit and submit.function_name,
            sweeper_name=sweeper and sweeper.function_name,
            sweep_every=sweep_every,
            promised_wait=promised_wait,
            failure_rate=failure_rate,
            topic_arn=page_topic and page_topic.topic_arn,
            ticket_topic_arn=ticket_topic and ticket_topic.topic_arn,
            prefix=prefix,
            runbook=runbook,
            idempotency_index_name=table.idempotency_index_name,
            optional_indexes=table.optional_indexes,
        )
        super().__init__(scope, construct_id)
        self.alarms = {each.key: self._resource(_id(each.key), "Alarm", each.request()) for each in watched.alarms()}
        page = watched.page()
        self.composite_alarm = self._resource("Page", "CompositeAlarm", page.request())
        for each in page.alarms:
            # The rule has their names, and not their references.
            self.composite_alarm.add_dependency(self.alarms[each.key])
        dashboard = {
            "DashboardName": dashboard_name(watched),
            "DashboardBody": watched.dashboard(Stack.of(self).region),
        }
        self.dashboard = self._resource("Dashboard", "Dashboard", dashboard)

    def _resource(self, construct_id: str, kind: str, properties: dict[str, Any]) -> CfnResource:
        return CfnResource(self, construct_id, type=f"AWS::CloudWatch::{kind}", properties=properties)


def _id(key: str) -> str:
    return "".join(map(str.capitalize, key.split("-")))

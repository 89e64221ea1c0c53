"""The construct of the alarms and the dashboard."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aws_cdk import CfnResource
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from careervp_jobs_dal.infrastructure.monitoring import Monitoring

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns

    from careervp_jobs_dal.infrastructure.alarm import Alarm
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
        prefix: the beginning of the alarms' names; None for the table's name.
        runbook: the address of the runbook, for the alarms' descriptions.

    Attributes:
        alarms: the alarms by their keys, such as "dead-letters".
        composite_alarm: the alarm that pages.

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
            prefix=prefix,
            runbook=runbook,
            idempotency_index_name=table.idempotency_index_name,
            optional_indexes=table.optional_indexes,
        )
        super().__init__(scope, construct_id)
        ticket = [ticket_topic.topic_arn] if ticket_topic else []
        described = watched.alarms()
        self.alarms = {each.key: self._alarm(each, ticket) for each in described}
        pages = [self.alarms[each.key] for each in described if each.urgency == "page"]
        self.composite_alarm = cloudwatch.CompositeAlarm(
            self, "Page", alarm_rule=cloudwatch.AlarmRule.any_of(*map(_rule, pages))
        )
        if page_topic:
            self.composite_alarm.add_alarm_action(actions.SnsAction(page_topic))

    def _alarm(self, alarm: Alarm, ticket: list[str]) -> cloudwatch.IAlarm:
        told = {"AlarmActions": ticket} if ticket and alarm.urgency == "ticket" else {}
        construct_id = "".join(map(str.capitalize, alarm.key.split("-")))
        resource = CfnResource(
            self, construct_id, type="AWS::CloudWatch::Alarm", properties={**alarm.request(), **told}
        )
        arn = resource.get_att("Arn").to_string()
        return cloudwatch.Alarm.from_alarm_arn(self, f"{construct_id}Alarm", arn)


def _rule(alarm: cloudwatch.IAlarm) -> cloudwatch.IAlarmRule:
    return cloudwatch.AlarmRule.from_alarm(alarm, cloudwatch.AlarmState.ALARM)

"""The construct of the pipe from the table's stream to the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_pipes as pipes
from constructs import Construct

from careervp_jobs_dal.infrastructure.stream_filter import INPUT_TEMPLATE, stream_filters

if TYPE_CHECKING:
    from careervp_jobs_dal.infrastructure.cdk.grant import GrantingTable
    from careervp_jobs_dal.infrastructure.cdk.jobs_queue import JobsQueue

_READS_OF_A_STREAM = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
_LARGEST_BATCH = 10


class JobsPipe(Construct):
    """Pipe of EventBridge from the table's stream to the queue.

    It sends a message for each job that begins. A job that is written is then queued, whatever becomes of its writer. A
    pipe can never be used again once its table's stream was turned off.

    Args:
        scope: the construct around it.
        construct_id: its id there.
        table: the table; its stream has the view NEW_AND_OLD_IMAGES.
        queue: the queue.

    Attributes:
        pipe: the pipe of EventBridge.

    Raises:
        ValueError: the table has no stream, or one with another view.
    """

    def __init__(self, scope: Construct, construct_id: str, *, table: GrantingTable, queue: JobsQueue) -> None:
        stream = table.stream_arn
        if stream is None:
            raise ValueError("the table has no stream; give JobsTable one, or from_table the stream's ARN as well")
        if table.stream_view not in (None, dynamodb.StreamViewType.NEW_AND_OLD_IMAGES):
            raise ValueError("the pipe compares the images of a record; the stream's view must be NEW_AND_OLD_IMAGES")
        super().__init__(scope, construct_id)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("pipes.amazonaws.com"))
        actions = [f"dynamodb:{action}" for action in _READS_OF_A_STREAM]
        grants = [
            iam.Grant.add_to_principal(grantee=role, actions=actions, resource_arns=[stream]),
            queue.grant_send(role),
        ]
        if table.table.encryption_key is not None:
            grants.append(table.table.encryption_key.grant_decrypt(role))
        self.pipe = pipes.CfnPipe(
            self,
            "Pipe",
            role_arn=role.role_arn,
            source=stream,
            source_parameters=_source_parameters(),
            target=queue.queue.queue_arn,
            target_parameters=pipes.CfnPipe.PipeTargetParametersProperty(input_template=INPUT_TEMPLATE),
        )
        # A pipe tries its permissions when it is made.
        for grant in grants:
            grant.apply_before(self.pipe)


def _source_parameters() -> pipes.CfnPipe.PipeSourceParametersProperty:
    filters = [pipes.CfnPipe.FilterProperty(pattern=pattern) for pattern in stream_filters()]
    return pipes.CfnPipe.PipeSourceParametersProperty(
        dynamo_db_stream_parameters=pipes.CfnPipe.PipeSourceDynamoDBStreamParametersProperty(
            # With LATEST the changes between the pipe's making and its first read would be left out.
            starting_position="TRIM_HORIZON",
            batch_size=_LARGEST_BATCH,
            on_partial_batch_item_failure="AUTOMATIC_BISECT",
        ),
        filter_criteria=pipes.CfnPipe.FilterCriteriaProperty(filters=filters),
    )

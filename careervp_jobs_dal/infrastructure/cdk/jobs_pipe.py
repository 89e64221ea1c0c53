"""The construct of the pipe from the table's stream to the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnResource
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from careervp_jobs_dal.infrastructure.stream_filter import pipe_parameters

if TYPE_CHECKING:
    from careervp_jobs_dal.infrastructure.cdk.grant import GrantingTable
    from careervp_jobs_dal.infrastructure.cdk.jobs_queue import JobsQueue

_READS_OF_A_STREAM = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")


class JobsPipe(Construct):
    """Pipe of EventBridge from the table's stream to the queue.

    It sends a message for each job that begins. So a stored job is queued even if its writer dies. Once the table's
    stream was turned off, the pipe cannot be used again.

    Args:
        scope: the construct around it.
        construct_id: its id there.
        table: the table; its stream has the view NEW_AND_OLD_IMAGES.
        queue: the queue.
        put_back: as for `pipe_parameters`.

    Attributes:
        pipe: the pipe of EventBridge.

    Raises:
        ValueError: the table has no stream, or its stream has another view.
    """

    pipe: CfnResource

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        table: GrantingTable,
        queue: JobsQueue,
        put_back: bool = False,
    ) -> None:
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
        ends = {"RoleArn": role.role_arn, "Source": stream, "Target": queue.queue.queue_arn}
        properties = {**ends, **pipe_parameters(put_back=put_back)}
        self.pipe = CfnResource(self, "Pipe", type="AWS::Pipes::Pipe", properties=properties)
        # A pipe tries its permissions when it is made.
        for grant in grants:
            grant.apply_before(self.pipe)

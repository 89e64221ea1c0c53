"""The construct of the jobs table, made from its description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb

from careervp_jobs_dal.infrastructure.cdk.grant import GrantingTable
from careervp_jobs_dal.job.attribute import JOB_ID, TTL
from careervp_jobs_dal.job.index import IDEMPOTENCY_INDEX, Index, Projection, idempotency_index
from careervp_jobs_dal.job.index import optional_indexes as indexes_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_kms as kms
    from constructs import Construct

# By whether the table is protected.
_REMOVAL = {True: RemovalPolicy.RETAIN, False: RemovalPolicy.DESTROY}
_ALWAYS: dict[str, Any] = {
    "partition_key": dynamodb.Attribute(name=JOB_ID, type=dynamodb.AttributeType.STRING),
    "time_to_live_attribute": TTL,
    "point_in_time_recovery_specification": dynamodb.PointInTimeRecoverySpecification(
        point_in_time_recovery_enabled=True
    ),
}


class JobsTable(GrantingTable):
    """Jobs table with its indexes, time to live and point-in-time recovery, billed on demand.

    Args:
        scope: the construct around it.
        construct_id: its id there.
        table_name: the table's name; without it CloudFormation makes one.
        idempotency_index_name: the name of the index on `idempotency_key`.
        index_projection: as for `create_table`.
        optional_indexes: as for `create_table`; both by default.
        stream: the view of the table's stream; None for no stream. `JobsPipe` needs NEW_AND_OLD_IMAGES, and
            with it `read_changes` recognizes all changes.
        encryption_key: a KMS key of the account; None for AWS's own key, which costs nothing. With a key, the stack
            needs an `env` with its Region.
        deletion_protection: whether the table is protected, and stays when its stack is deleted. False is for tests.

    Attributes:
        table: the table of DynamoDB.

    Raises:
        ValueError: there is no such optional index.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        table_name: str | None = None,
        idempotency_index_name: str = IDEMPOTENCY_INDEX,
        index_projection: Projection = "KEYS_ONLY",
        optional_indexes: bool | Iterable[str] = True,
        stream: dynamodb.StreamViewType | None = None,
        encryption_key: kms.IKey | None = None,
        deletion_protection: bool = True,
    ) -> None:
        super().__init__(scope, construct_id)
        optional = indexes_named(optional_indexes)
        indexes = (idempotency_index(idempotency_index_name, index_projection), *optional)
        table = dynamodb.TableV2(
            self,
            "Table",
            table_name=table_name,
            global_secondary_indexes=[_index(each) for each in indexes],
            **_ALWAYS,
            dynamo_stream=stream,
            encryption=encryption_key and dynamodb.TableEncryptionV2.customer_managed_key(encryption_key),
            deletion_protection=deletion_protection,
            removal_policy=_REMOVAL[deletion_protection],
        )
        # The table has an ARN for a stream that it does not have.
        stream_arn = table.table_stream_arn if stream else None
        self._hold(table, idempotency_index_name, optional, stream_arn, stream)

    @staticmethod
    def from_table(
        scope: Construct,
        construct_id: str,
        table: dynamodb.ITable,
        *,
        idempotency_index_name: str = IDEMPOTENCY_INDEX,
        optional_indexes: bool | Iterable[str] = False,
    ) -> GrantingTable:
        """Adopt an existing table for its grants, and change nothing of it.

        Args:
            scope: the construct around it.
            construct_id: its id there.
            table: the table, such as `TableV2.from_table_name(…)`; with its key, if the account has one for it, and
                with its stream, if a `JobsPipe` reads it.
            idempotency_index_name: the name of its index on `idempotency_key`.
            optional_indexes: the optional indexes that it has.

        Returns:
            The table, with the same grants.

        Raises:
            ValueError: there is no such optional index.
        """
        adopted = _AdoptedTable(scope, construct_id)
        adopted.adopt(table, idempotency_index_name, indexes_named(optional_indexes))
        return adopted


class _AdoptedTable(GrantingTable):
    """Jobs table that is not the stack's own."""

    def adopt(self, table: dynamodb.ITable, idempotency_index_name: str, indexes: Iterable[Index]) -> None:
        """Hold the table, of whose stream the view is not known."""
        self._hold(table, idempotency_index_name, indexes, table.table_stream_arn, None)


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _index(index: Index) -> dynamodb.GlobalSecondaryIndexPropsV2:
    return dynamodb.GlobalSecondaryIndexPropsV2(
        index_name=index.name,
        partition_key=_text(index.partition),
        sort_key=_text(index.sort) if index.sort else None,
        projection_type=dynamodb.ProjectionType[index.projection],
    )

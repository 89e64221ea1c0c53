"""The grants of a jobs table, from the one declaration of what each method sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from careervp_jobs_dal.infrastructure.permission import Role, needed
from careervp_jobs_dal.infrastructure.policy import policy_document
from careervp_jobs_dal.job.index import ACTIVE_JOBS_INDEX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_dynamodb as dynamodb

_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem"})


class GrantingTable(Construct):
    """Jobs table with the least grants for each role.

    They come from the declaration of the requests that each method sends. Where the table has a key of the account, a
    grant permits its use as well.

    Attributes:
        table: the table of DynamoDB.
        idempotency_index_name: the name of the index on `idempotency_key`.
        optional_indexes: the names of its optional indexes.
        stream_arn: the ARN of its stream, or None.
        stream_view: the view of the stream, where it is known.
    """

    table: dynamodb.ITable
    idempotency_index_name: str
    optional_indexes: tuple[str, ...]
    stream_arn: str | None
    stream_view: dynamodb.StreamViewType | None

    @property
    def table_name(self) -> str:
        """Return the table's name, for `JOBS_TABLE_NAME`."""
        return self.table.table_name

    def grant_submit(self, grantee: iam.IGrantable) -> iam.Grant:
        """Permit a function to submit jobs."""
        return self.grant("submit", grantee)

    def grant_worker(self, grantee: iam.IGrantable) -> iam.Grant:
        """Permit a function to claim and end jobs, also for a `DeadLetterHandler`."""
        return self.grant("worker", grantee)

    def grant_status(self, grantee: iam.IGrantable) -> iam.Grant:
        """Permit a function to read jobs."""
        return self.grant("status", grantee)

    def grant_sweeper(self, grantee: iam.IGrantable) -> iam.Grant:
        """Permit a function to recover jobs.

        Raises:
            ValueError: the table has no `active-jobs-index`.
        """
        if ACTIVE_JOBS_INDEX not in self.optional_indexes:
            raise ValueError(f"the sweeper needs {ACTIVE_JOBS_INDEX}; name it in the table's optional_indexes")
        return self.grant("sweeper", grantee)

    def grant_operator(self, grantee: iam.IGrantable) -> iam.Grant:
        """Permit people, or their tools, all calls of `JobsOperator`."""
        return self.grant("operator", grantee)

    def grant(self, who: Role | Iterable[str], grantee: iam.IGrantable) -> iam.Grant:
        """Permit the requests of a role or of methods.

        Args:
            who: the role, or the names of the methods.
            grantee: the function or role that is permitted.

        Raises:
            ValueError: there is no such role or method.
        """
        permissions = needed(who)
        arn = self.table.table_arn
        document = policy_document(permissions, arn, lambda index: f"{arn}/index/{index}", self.idempotency_index_name)
        grants = [
            iam.Grant.add_to_principal(grantee=grantee, actions=each["Action"], resource_arns=each["Resource"])
            for each in document["Statement"]
        ]
        key = self.table.encryption_key
        if key is not None:
            writes = any(each.action in _WRITES for each in permissions)
            grants.append(key.grant_encrypt_decrypt(grantee) if writes else key.grant_decrypt(grantee))
        first, *others = grants
        for other in others:
            first = first.combine(other)
        return first

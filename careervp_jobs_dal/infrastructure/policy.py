"""IAM policies, made from the requests of the methods: no role gets more permissions than its methods need."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.infrastructure.permission import Permission, Role, needed
from careervp_jobs_dal.job.index import IDEMPOTENCY_INDEX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def iam_policy(role: Role | Iterable[str], table_arn: str, idempotency_index_name: str = IDEMPOTENCY_INDEX) -> str:
    """Make the least policy for a function with this role.

    Args:
        role: "submit", "worker", "status", "sweeper" or "operator"; or the names of the methods that are called.
        table_arn: the table's ARN; a placeholder of another tool is left as it is.
        idempotency_index_name: the name of the index on `idempotency_key`.

    Returns:
        The policy document as JSON, the same for the same arguments.

    Raises:
        ValueError: there is no such role or method.

    >>> print(iam_policy("status", "arn:aws:dynamodb:eu-west-1:123456789012:table/jobs"))
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "Table",
          "Effect": "Allow",
          "Action": [
            "dynamodb:GetItem"
          ],
          "Resource": [
            "arn:aws:dynamodb:eu-west-1:123456789012:table/jobs"
          ]
        }
      ]
    }
    """
    document = policy_document(
        needed(role), table_arn, lambda index: f"{table_arn}/index/{index}", idempotency_index_name
    )
    return json.dumps(document, indent=2)


def policy_document(
    permissions: Iterable[Permission],
    table: Any,
    index_resource: Callable[[str], Any],
    idempotency_index_name: str = IDEMPOTENCY_INDEX,
) -> dict[str, Any]:
    """Make the policy document of these permissions.

    `table` and `index_resource` write the resources in the syntax of the tool that reads the document.

    >>> document = policy_document(needed("submit"), "TABLE", "INDEX {}".format, "by-key")
    >>> [(each["Action"], each["Resource"]) for each in document["Statement"]]
    [(['dynamodb:GetItem', 'dynamodb:PutItem'], ['TABLE']), (['dynamodb:Query'], ['INDEX by-key'])]
    """
    names = {IDEMPOTENCY_INDEX: idempotency_index_name}
    permissions = list(permissions)
    on_table = [each.action for each in permissions if not each.on_index]
    indexes = [index_resource(names.get(each.on_index, each.on_index)) for each in permissions if each.on_index]
    on_indexes = dict.fromkeys(each.action for each in permissions if each.on_index)
    statements = [_statement("Table", on_table, [table]), _statement("Indexes", on_indexes, indexes)]
    return {"Version": "2012-10-17", "Statement": [each for each in statements if each["Action"]]}


def _statement(sid: str, actions: Iterable[str], resources: list[Any]) -> dict[str, Any]:
    named = [f"dynamodb:{action}" for action in actions]
    return {"Sid": sid, "Effect": "Allow", "Action": named, "Resource": resources}

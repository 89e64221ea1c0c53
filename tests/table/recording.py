"""What a client is asked to send: recorded, and where a policy is given, allowed or denied by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from careervp_jobs_dal.infrastructure.permission import Permission

TABLE_ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/jobs"
_EVENT = "provide-client-params.dynamodb"


class Recording:
    """The permissions that requests needed, and those that were denied."""

    def __init__(self, policy: str | None = None) -> None:
        self.needed: set[Permission] = set()
        self.denied: set[Permission] = set()
        self._statements = None if policy is None else json.loads(policy)["Statement"]

    def __call__(self, *, params: dict[str, Any], model: Any, **_: object) -> None:
        # A transaction needs the permission for each of its writes, and none of its own.
        names = {f"{kind}Item" for each in params.get("TransactItems", ()) for kind in each} or {model.name}
        permissions = {Permission(name, params.get("IndexName", "")) for name in names}
        self.needed |= permissions
        denied = {permission for permission in permissions if not self.allows(permission)}
        if denied:
            self.denied |= denied
            error = {"Code": "AccessDeniedException", "Message": f"not authorized to perform {model.name}"}
            raise ClientError({"Error": error}, model.name)  # type: ignore[typeddict-item]

    def allows(self, permission: Permission) -> bool:
        """As IAM decides where nothing but these statements is attached: an index is a resource of its own."""
        if self._statements is None:
            return True
        resource = f"{TABLE_ARN}/index/{permission.on_index}" if permission.on_index else TABLE_ARN
        return any(
            each["Effect"] == "Allow"
            and f"dynamodb:{permission.action}" in each["Action"]
            and resource in each["Resource"]
            for each in self._statements
        )


@contextmanager
def recorded(client: Any, policy: str | None = None) -> Iterator[Recording]:
    """Record within this block, and let the policy decide."""
    recording = Recording(policy)
    client.meta.events.register(_EVENT, recording)
    try:
        yield recording
    finally:
        client.meta.events.unregister(_EVENT, recording)

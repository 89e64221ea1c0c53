"""The permissions that each method needs, and the methods that each role calls. No other module repeats them.

A test records the requests of every method, also after refusals, and compares them with this list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from careervp_jobs_dal.job.index import ACTIVE_JOBS_INDEX, IDEMPOTENCY_INDEX, USER_JOBS_INDEX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Role = Literal["submit", "worker", "status", "sweeper", "operator"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)


class Permission(NamedTuple):
    """Permission for one action of DynamoDB, on the table or on an index."""

    action: str
    on_index: str = ""


_PUT = Permission("PutItem")
_GET = Permission("GetItem")
_GET_MANY = Permission("BatchGetItem")
_UPDATE = Permission("UpdateItem")
_DELETE = Permission("DeleteItem")
_SCAN = Permission("Scan")
_DESCRIBE = Permission("DescribeTable")
# In IAM, an index is a resource of its own: the table's ARN with /index/ and the index's name.
_BY_KEY = Permission("Query", IDEMPOTENCY_INDEX)
_BY_USER = Permission("Query", USER_JOBS_INDEX)
_BY_AGE = Permission("Query", ACTIVE_JOBS_INDEX)

PERMISSIONS: Final[Mapping[str, tuple[Permission, ...]]] = {
    "create_job": (_PUT, _GET),
    "get_job": (_GET,),
    "get_job_by_idempotency_key": (_BY_KEY, _GET),
    "update_job_status": (_UPDATE, _GET),
    "update_job": (_UPDATE, _GET),
    "submit_job": (_PUT, _GET),
    "submit_jobs": (_PUT, _GET),
    "max_active_per_user": (_PUT, _UPDATE, _GET_MANY, _GET),
    "find_job": (_GET,),
    "find_status": (_GET,),
    "wait_for_job": (_GET,),
    "claim_job": (_UPDATE, _GET),
    "renew_claim": (_UPDATE, _GET),
    "complete_job": (_UPDATE, _GET),
    "fail_job": (_UPDATE, _GET),
    "release_claim": (_UPDATE, _GET),
    "cancel_job": (_UPDATE, _GET),
    "create_table": (Permission("CreateTable"), _DESCRIBE, Permission("UpdateTimeToLive")),
    "verify_table": (_DESCRIBE, Permission("DescribeTimeToLive"), Permission("DescribeContinuousBackups")),
    "list_jobs": (_BY_USER, _GET_MANY),
    "iter_jobs": (_BY_USER, _GET_MANY),
    "get_jobs": (_GET_MANY,),
    "list_overdue": (_BY_AGE, _GET_MANY),
    "recover_jobs": (_BY_AGE, _GET_MANY, _UPDATE, _GET),
    "retry_job": (_UPDATE, _GET),
    "purge_jobs": (_SCAN, _DELETE, _GET),
    "erase_user": (_BY_USER, _GET_MANY, _UPDATE, _DELETE, _GET),
    "stats": (_BY_AGE, _GET_MANY, _SCAN),
}
"""Permissions by the name of the method, function or setting. A write reads only where a refusal has no record."""

METHODS: Final[Mapping[Role, tuple[str, ...]]] = {
    "submit": ("submit_job", "submit_jobs", "create_job", "get_job_by_idempotency_key"),
    "worker": (
        *("claim_job", "renew_claim", "complete_job", "fail_job", "release_claim", "find_job"),
        *("get_job", "update_job", "update_job_status"),
    ),
    "status": ("find_status", "find_job", "wait_for_job", "get_job"),
    "sweeper": ("recover_jobs",),
    "operator": (
        *("find_job", "list_jobs", "iter_jobs", "get_jobs", "list_overdue", "stats", "verify_table"),
        *("recover_jobs", "retry_job", "cancel_job", "purge_jobs", "erase_user"),
    ),
}
"""Methods that each role of a service calls. `JobWorker` calls those of the worker."""


def needed(who: Role | Iterable[str]) -> tuple[Permission, ...]:
    """Return the permissions that a role or a set of methods needs.

    Each occurs once, those on the table first, in alphabetical order.

    >>> needed("status")
    (Permission(action='GetItem', on_index=''),)
    >>> [permission.action for permission in needed(["submit_job", "cancel_job"])]
    ['GetItem', 'PutItem', 'UpdateItem']

    Raises:
        ValueError: there is no such role or method.
    """
    names = _methods_of(who) if isinstance(who, str) else tuple(who)
    unknown = [name for name in names if name not in PERMISSIONS]
    if unknown or not names:
        raise ValueError(f"Not a method that sends something: {', '.join(map(str, unknown)) or 'none is named'}")
    return tuple(sorted({each for name in names for each in PERMISSIONS[name]}, key=lambda each: each[::-1]))


def _methods_of(role: str) -> tuple[str, ...]:
    for name, methods in METHODS.items():
        if name == role:
            return methods
    raise ValueError(f"The roles are {', '.join(ROLES)}")

"""The name of each public call, the same in code, log lines, events, metrics, the command line and the docs."""

from __future__ import annotations

from enum import StrEnum


class Verb(StrEnum):
    """Name of a public call: its method's name, without the noun where clear.

    >>> f"{Verb.CLAIM} failed"
    'claim failed'
    """

    CONNECT = "connect"
    CREATE = "create"
    GET = "get"
    GET_BY_IDEMPOTENCY_KEY = "get_by_idempotency_key"
    UPDATE = "update"

    SUBMIT = "submit"
    CLAIM = "claim"
    RENEW = "renew"
    COMPLETE = "complete"
    FAIL = "fail"
    RELEASE = "release"
    CANCEL = "cancel"
    FIND = "find"
    FIND_STATUS = "find_status"
    WAIT = "wait"

    LIST = "list"
    LIST_OVERDUE = "list_overdue"
    LIST_FAILED = "list_failed"
    GET_JOBS = "get_jobs"
    RECOVER = "recover"
    RETRY = "retry"
    PURGE = "purge"
    ERASE_USER = "erase_user"
    STATS = "stats"

    CREATE_TABLE = "create_table"
    VERIFY_TABLE = "verify_table"

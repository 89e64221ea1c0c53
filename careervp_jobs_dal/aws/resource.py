"""The process's boto3 resource, and whose it is.

A client keeps the keys, the region and the connections that it was made with. So it serves only repositories of the
same process, the same default session of boto3 and the same AWS environment; any other repository gets a new one. Only
the latest is kept here, so nothing grows with the number of repositories.
"""

from __future__ import annotations

import os
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from careervp_jobs_dal.aws.bounded import bound
from careervp_jobs_dal.aws.fork import ForkSafeLock, fork_count
from careervp_jobs_dal.aws.shortcut import present, shorten
from careervp_jobs_dal.aws.time_out import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS, is_late
from careervp_jobs_dal.aws.user_agent import user_agent

if TYPE_CHECKING:
    from collections.abc import Callable

    from boto3.session import Session

    from careervp_jobs_dal.aws.boto3_type import DynamoDBServiceResource

# botocore keeps 10 connections by default; any further thread would open a new one for each of its requests.
_POOL = 50
# The ways to keys that boto3 finds by itself. Other keys were given by the application, and stay whatever changes.
_FOUND_BY_BOTO3 = frozenset({"env", "shared-credentials-file", "config-file"})

_lock = ForkSafeLock()
_kept: Shared | None = None
_first_seen: WeakKeyDictionary[Session, int] = WeakKeyDictionary()


class Owner(NamedTuple):
    """Owner of a client: a process, a session and an environment.

    Attributes:
        forks: the number of forks behind the process.
        session: the default session, if the application has given it keys, a region or a profile; else None.
        environment: a hash of the AWS environment.
    """

    forks: int
    session: Session | None
    environment: int


class Shared(NamedTuple):
    """Resource, and its owner; None for a resource that must not be used twice."""

    resource: DynamoDBServiceResource
    owner: Owner | None

    def is_current(self) -> bool:
        """Tell whether another repository may use the resource."""
        import boto3

        return not is_patched(boto3.resource, "boto3") and self.owner == present_owner()


def shared_resource() -> Shared:
    """Return the process's resource, or make it.

    A resource without credentials, or of a patched `boto3.resource`, is given to this caller only: there may be
    credentials at the next call, and a test's mock must not outlive the test.
    """
    global _kept
    with _lock:
        if _kept is not None and _kept.is_current():
            return _kept
        made = _make()
        if made.owner is not None:
            _kept = made
        return made


def present_owner() -> Owner:
    """Return the owner that a client made now would have."""
    import boto3

    session = boto3.DEFAULT_SESSION
    if session is not None:
        _first_seen.setdefault(session, aws_environment())
    given = session is not None and not _follows_environment(session)
    return Owner(fork_count(), session if given else None, aws_environment())


def aws_environment() -> int:
    """Return a hash of AWS's environment variables, which a client reads only once."""
    return hash(frozenset(item for item in os.environ.items() if item[0].startswith("AWS_")))


def is_patched(function: Callable[..., object], package: str) -> bool:
    """Tell whether a test or a tracer has replaced a function of this package."""
    # botocore has decorators of its own, and a tracer's wrapper copies the name of the module.
    home = getattr(function, "__globals__", {}).get("__name__", "")
    return not isinstance(function, FunctionType) or home.partition(".")[0] != package


def _make() -> Shared:
    import boto3

    factory = boto3.resource
    patched = is_patched(factory, "boto3")
    if not patched and boto3.DEFAULT_SESSION is not None and is_outdated(boto3.DEFAULT_SESSION):
        factory = boto3.session.Session().resource
    resource: DynamoDBServiceResource = factory("dynamodb", config=_config())
    if patched:
        return Shared(resource, None)
    client = resource.meta.client
    # An attempt is judged before the guard may end the retries.
    shorten(client)
    client.meta.events.register_first("needs-retry.dynamodb", _end_retries)
    bound(client)
    owner = present_owner()  # boto3 may have made its default session just now
    return Shared(resource, owner if _has_credentials(client) else None)


def _config() -> Any:
    import boto3
    from botocore import __version__ as botocore_version
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        tcp_keepalive=True,
        max_pool_connections=_POOL,
        # Plans check their arguments themselves. Without a fixed user agent, botocore builds it twice for every call.
        parameter_validation=False,
        user_agent=user_agent(f"Boto3/{boto3.__version__}", f"Botocore/{botocore_version}"),
    )


def is_outdated(session: Session) -> bool:
    """Tell whether a default session has keys of an environment that has changed.

    boto3 found the keys by itself. Such a session would join the old keys to the new region.
    """
    changed = _first_seen.setdefault(session, aws_environment()) != aws_environment()
    return _follows_environment(session) and (changed or _has_old_keys(session))


def _follows_environment(session: Session) -> bool:
    """Tell whether boto3 has filled a session by itself, without arguments of the application."""
    given: object = getattr(session._session, "instance_variables", dict)()
    keys = session.get_credentials()
    return not given and (keys is None or keys.method in _FOUND_BY_BOTO3)


def _has_old_keys(session: Session) -> bool:
    keys = session.get_credentials()
    return keys is not None and keys.method == "env" and keys.access_key != os.environ.get("AWS_ACCESS_KEY_ID")


def _has_credentials(client: Any) -> bool:
    """Tell whether a client can sign; another botocore may not show it."""
    signer = getattr(client, "_request_signer", None)
    return getattr(signer, "_credentials", signer) is not None


def _end_retries(
    *,
    response: tuple[Any, dict[str, Any]] | None,
    caught_exception: Exception | None,
    attempts: int,
    operation: Any,
    **_: Any,
) -> None:
    """End botocore's own retries before the deadline.

    The error is the one that botocore would raise after its last attempt.
    """
    parsed = {} if response is None else response[1]
    if (caught_exception is None and "Error" not in parsed) or not _is_late(attempts):
        return
    if caught_exception is not None:
        raise caught_exception
    from botocore.exceptions import ClientError

    # botocore sets this after its own retries; it shows that the request was sent more than once.
    parsed["ResponseMetadata"]["RetryAttempts"] = attempts - 1
    raise ClientError(parsed, operation.name)  # type: ignore[arg-type]


def _is_late(attempts: int) -> bool:
    """Tell whether another pause and attempt would end after the deadline."""
    call = present()
    # The upper bound of the pause in botocore's standard mode: at first 1 s, then twice as long each time.
    pause: int = 2 ** (attempts - 1)
    return call is not None and is_late(call.give_up_at, pause + CONNECT_SECONDS + READ_SECONDS)

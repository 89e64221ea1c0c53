"""The choice between the two ways to DynamoDB: one table of the reasons to go through boto3.

The direct way is taken where keys, region and endpoint come from the environment, and nothing asks for more. Each row
here is something that asks for more. Code, documentation and `JobsRepository.transport` are made of this table.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from careervp_jobs_dal.aws.direct import Account
from careervp_jobs_dal.aws.environment import ENDPOINT_VARIABLES, REGION_VARIABLE, first_set
from careervp_jobs_dal.aws.resource import is_outdated, is_patched
from careervp_jobs_dal.aws.signature import Keys
from careervp_jobs_dal.aws.socket_pool import PORTS, Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from careervp_jobs_dal.aws.connection import Connection


class Reason(NamedTuple):
    """Reason to go through boto3.

    Attributes:
        name: its name in tests.
        words: its words in `JobsRepository.transport`, in error texts and in the documentation.
        holds: tells whether it holds, now and for this connection.
        waived: whether `transport="direct"` goes the direct way nevertheless.
    """

    name: str
    words: str
    holds: Callable[[Connection], bool]
    waived: bool = False


def first_reason(reasons: tuple[Reason, ...], connection: Connection, *, insisted: bool = False) -> Reason | None:
    """Return the first reason that holds."""
    return next((row for row in reasons if not (insisted and row.waived) and row.holds(connection)), None)


def read_account() -> Account:
    """Return the account that the environment names; there must be no reason against it."""
    keys = Keys(os.environ[_ACCESS_KEY], os.environ[_SECRET_KEY], _token())
    region = os.environ[REGION_VARIABLE]
    endpoint = _configured_endpoint()
    if endpoint is None:
        endpoint = Endpoint("https", f"dynamodb.{region}.{_domain(region)}", 443, _authorities())
    return Account(keys, region, endpoint)


_ACCESS_KEY, _SECRET_KEY = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
_TOKENS = ("AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN")  # in the order in which botocore looks for them
_AUTHORITIES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
_FILES = (("AWS_CONFIG_FILE", "~/.aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"))
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_REGIONS = re.compile(r"(?:(?:us-gov|us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+|(cn-[a-z]+-\d+))")
_VISIBLE = re.compile(r"[!-~]+")
_HOST, _PORT = r"(?P<host>[\w.-]+|\[[0-9a-f:.]+\])", r"(?::(?P<port>\d{1,5}))?"
_ADDRESS = re.compile(rf"(?P<scheme>https?)://{_HOST}{_PORT}/*", re.ASCII | re.IGNORECASE)
_LAST_PORT = 65_535


def _set(*names: str) -> bool:
    return any(os.environ.get(name) for name in names)


def _true(name: str) -> bool:
    return os.environ.get(name, "").lower() == "true"


def _token() -> str | None:
    return first_set(*_TOKENS)


def _domain(region: str) -> str | None:
    """Return the domain of a region's endpoints; None for a region of another form."""
    known = _REGIONS.fullmatch(region)
    if known is None:
        return None
    return "amazonaws.com.cn" if known[1] else "amazonaws.com"


def _authorities() -> str | None:
    return first_set(*_AUTHORITIES)


def _configured_endpoint() -> Endpoint | None:
    """Return the endpoint that the environment names; None if it names none.

    Raises:
        ValueError: it is no address of a server.
    """
    url = first_set(*ENDPOINT_VARIABLES)
    if url is None:
        return None
    parts = _ADDRESS.fullmatch(url)
    if parts is None or int(parts["port"] or 0) > _LAST_PORT:
        raise ValueError("no address of a server")
    scheme, host = parts["scheme"].lower(), parts["host"].lower().strip("[]")
    return Endpoint(scheme, host, int(parts["port"] or 0) or PORTS[scheme], _authorities())


def _has_odd_keys(_: Connection) -> bool:
    # Anything else could end the header, or be sent in another encoding than it is signed in.
    keys = (os.environ[_ACCESS_KEY], os.environ[_SECRET_KEY], _token() or "none")
    return not all(map(_VISIBLE.fullmatch, keys))


def _has_odd_endpoint(_: Connection) -> bool:
    try:
        return _configured_endpoint() is None and _domain(os.environ[REGION_VARIABLE]) is None
    except ValueError:
        return True


def _has_files(_: Connection) -> bool:
    return any(os.path.exists(os.path.expanduser(os.environ.get(name) or usual)) for name, usual in _FILES)


def _lacks_authorities(_: Connection) -> bool:
    place = _authorities()
    return place is not None and not os.path.exists(place)


def _loaded(name: str) -> ModuleType | None:
    """Return a module if the process has imported it."""
    return sys.modules.get(name)


def _is_traced(_: Connection) -> bool:
    client = _loaded("botocore.client")
    return client is not None and is_patched(client.BaseClient._make_api_call, "botocore")


def _is_boto3_patched(_: Connection) -> bool:
    boto3 = _loaded("boto3")
    return boto3 is not None and any(is_patched(maker, "boto3") for maker in (boto3.resource, boto3.client))


def _has_session(_: Connection) -> bool:
    """Tell whether the application has given boto3's default session other keys, or another region."""
    boto3 = _loaded("boto3")
    session = None if boto3 is None else boto3.DEFAULT_SESSION
    if session is None or is_outdated(session):
        return False
    keys = session.get_credentials()
    own = (session.region_name, session.profile_name, keys and (keys.access_key, keys.secret_key, keys.token))
    environment = (os.environ[_ACCESS_KEY], os.environ[_SECRET_KEY], _token())
    return bool(own != (os.environ[REGION_VARIABLE], "default", environment))


PASSING_REASONS = (
    Reason(
        "in hand", "a boto3 resource was given, or repo.dynamodb or repo.table was taken", lambda c: c.in_hand, True
    ),
    Reason("moto", "moto is in the process", lambda _: _loaded("moto") is not None, True),
    Reason("traced", "a tracer or a test has patched botocore's client", _is_traced, True),
    Reason("patched", "a test has patched boto3", _is_boto3_patched, True),
)
"""Reasons that can come up in a running process; they are looked at before each request."""

LASTING_REASONS = (
    Reason("injected", "a boto3 resource was given", lambda c: c.injected),
    Reason(
        "no keys", f"{_ACCESS_KEY} or {_SECRET_KEY} is not set", lambda _: not (_set(_ACCESS_KEY) and _set(_SECRET_KEY))
    ),
    Reason("ending keys", "AWS_CREDENTIAL_EXPIRATION is set", lambda _: _set("AWS_CREDENTIAL_EXPIRATION")),
    Reason("odd keys", "the keys in the environment have characters that a header cannot have", _has_odd_keys),
    Reason("no region", f"{REGION_VARIABLE} is not set", lambda _: not _set(REGION_VARIABLE)),
    Reason(
        "endpoint",
        "the region has another form, or the endpoint in the environment is no plain address",
        _has_odd_endpoint,
    ),
    Reason("profile", "AWS_PROFILE is set", lambda _: _set("AWS_PROFILE", "AWS_DEFAULT_PROFILE")),
    Reason("files", "there is an AWS config or credentials file", _has_files),
    Reason("session", "boto3's default session has keys or a region of its own", _has_session),
    Reason("proxy", "a proxy is set", lambda _: _set(*_PROXIES)),
    Reason("fips", "AWS_USE_FIPS_ENDPOINT is true", lambda _: _true("AWS_USE_FIPS_ENDPOINT")),
    Reason("dual stack", "AWS_USE_DUALSTACK_ENDPOINT is true", lambda _: _true("AWS_USE_DUALSTACK_ENDPOINT")),
    Reason(
        "ignored endpoint",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true",
        lambda _: _true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"),
    ),
    Reason(
        "account endpoint",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE is required",
        lambda _: os.environ.get("AWS_ACCOUNT_ID_ENDPOINT_MODE") == "required",
    ),
    Reason("authorities", "AWS_CA_BUNDLE or REQUESTS_CA_BUNDLE names no file", _lacks_authorities),
)
"""Reasons in the environment; they are looked at once, with the first request."""

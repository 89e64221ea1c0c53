"""The signature is botocore's, whatever text stands in keys, values and tokens."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal.aws.direct import Account, Channel
from careervp_jobs_dal.aws.signature import Keys, Signer
from careervp_jobs_dal.aws.socket_pool import Endpoint

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)
DAYS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1))  # in UTC, as SigV4 has it


def botocores(keys: Keys, region: str, headers: dict[str, str], body: bytes, date: str, host: str) -> str:
    """The Authorization header that botocore makes for the same request."""
    auth = SigV4Auth(Credentials(*keys), "dynamodb", region)
    request = AWSRequest("POST", f"https://{host}/", headers=headers, data=body)
    request.context["timestamp"] = date
    request.headers["X-Amz-Date"] = date
    if keys.token is not None:
        request.headers["X-Amz-Security-Token"] = keys.token
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    names = auth.signed_headers(auth.headers_to_sign(request))
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={names}, Signature={signature}"


@given(VISIBLE, VISIBLE, st.none() | VISIBLE, st.dictionaries(TEXT, TEXT), DAYS, st.sampled_from(["GetItem", "Query"]))
def test_a_request_is_signed_as_botocore_signs_it(
    access_key: str, secret_key: str, token: str | None, values: dict[str, str], day: datetime, operation: str
) -> None:
    keys, region, host = Keys(access_key, secret_key, token), "eu-west-1", "dynamodb.eu-west-1.amazonaws.com"
    body, date = json.dumps(values).encode(), day.strftime("%Y%m%dT%H%M%SZ")
    target, content_type = f"DynamoDB_20120810.{operation}", "application/x-amz-json-1.0"

    signed = Signer(keys, region, host, content_type).authorization(target, body, date)

    headers = {"Content-Type": content_type, "X-Amz-Target": target}
    assert signed == botocores(keys, region, headers, body, date, host)


@given(st.lists(DAYS, max_size=5))
def test_a_signer_goes_on_to_the_next_day(days: list[datetime]) -> None:
    old = Signer(KEYS, "eu-west-1", "host", "json")

    for day in days:
        date = day.strftime("%Y%m%dT%H%M%SZ")
        fresh = Signer(KEYS, "eu-west-1", "host", "json")
        assert old.authorization("t", b"", date) == fresh.authorization("t", b"", date)


KEYS = Keys("AKID", "the secret", "the token")


def test_a_request_has_the_headers_that_are_signed() -> None:
    channel = Channel.to(Account(KEYS, "eu-west-1", Endpoint("http", "127.0.0.1", 8000)))

    head, _, body = channel.framed("GetItem", b"{}").partition(b"\r\n\r\n")

    first, *lines = head.decode().split("\r\n")
    headers: Any = dict(line.split(": ", 1) for line in lines)
    assert (first, body, headers["Host"], headers["Content-Length"]) == (
        "POST / HTTP/1.1",
        b"{}",
        "127.0.0.1:8000",
        "2",
    )
    wanted = {name: headers[name] for name in ("Content-Type", "X-Amz-Target")}
    assert headers["Authorization"] == botocores(
        KEYS, "eu-west-1", wanted, b"{}", headers["X-Amz-Date"], headers["Host"]
    )
    assert abs(datetime.now(UTC) - datetime.strptime(headers["X-Amz-Date"] + "+0000", "%Y%m%dT%H%M%SZ%z")).seconds < 60


def test_keys_show_nothing_of_themselves() -> None:
    place = Account(KEYS, "eu-west-1", Endpoint("http", "127.0.0.1", 8000))

    assert not {"AKID", "the secret", "the token"} & {*repr(place).split("'")}
    assert "secret" not in repr(place)
    assert "token" not in repr(Channel.to(place))

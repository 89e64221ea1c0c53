"""The direct way to DynamoDB: requests are written, signed and sent here, without botocore.

    write the body -> sign -> send -> check the checksum -> read the records once
                       ^                |
                       +--- pause <-----+  throttled, a server's error, or no answer: three attempts within the deadline

Every failure gets the code that the same failure has on the way through boto3.
"""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.aws.direct_error import ErrorAnswerError
from careervp_jobs_dal.aws.expectation import is_intact, read_error
from careervp_jobs_dal.aws.failure import GarbledAnswerError, Place, diagnose, leaves_doubt
from careervp_jobs_dal.aws.signature import Keys, Signer
from careervp_jobs_dal.aws.socket_pool import Endpoint, SocketPool
from careervp_jobs_dal.aws.time_out import ATTEMPTS, is_late
from careervp_jobs_dal.aws.transport import Delivery
from careervp_jobs_dal.aws.user_agent import user_agent
from careervp_jobs_dal.codec.attribute_value import UNREADABLE, read_answer, tagged_map
from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careervp_jobs_dal.aws.http_answer import HttpAnswer
    from careervp_jobs_dal.plans.plan import Request

OPERATIONS = {
    "get_item": "GetItem",
    "put_item": "PutItem",
    "update_item": "UpdateItem",
    "delete_item": "DeleteItem",
    "query": "Query",
    "scan": "Scan",
    "batch_get_item": "BatchGetItem",
    "transact_write_items": "TransactWriteItems",
}
"""Operations that this way knows, by the names of boto3's methods."""

_CONTENT_TYPE = "application/x-amz-json-1.0"
_ATTRIBUTES = ("Key", "Item", "ExpressionAttributeValues", "ExclusiveStartKey")
_REQUEST_ITEMS = "RequestItems"
_TRANSACT_ITEMS = "TransactItems"
# Made once: `json.dumps` with separators makes one for every call.
_JSON = json.JSONEncoder(separators=(",", ":"))
_OK = 200
_FIRST_ERROR = 300
_PASSING_STATUSES = frozenset({429, 500, 502, 503, 504})
_MAY_PASS = frozenset({ResultCode.THROTTLED, ResultCode.UNAVAILABLE})


class ChecksumError(GarbledAnswerError):
    """Answer that differs from its checksum."""


class Account(NamedTuple):
    """Account of AWS that a client belongs to: keys, region and endpoint."""

    keys: Keys
    region: str
    endpoint: Endpoint


class Quota:
    """Quota of retries: a server that fails on and on gets fewer copies.

    Each retry takes five from it, each request that succeeds at once gives one back. Other clients of the process have
    quotas of their own.
    """

    FULL = 500
    PRICE = 5

    def __init__(self) -> None:
        self._left = self.FULL

    def take(self) -> bool:
        """Take the price of a retry, if there is enough left."""
        allowed = self._left >= self.PRICE
        self._left -= self.PRICE * allowed
        return allowed

    def give_back(self) -> None:
        """Give back a part, after a request that succeeded at once."""
        self._left = min(self._left + 1, self.FULL)


class Channel(NamedTuple):
    """Everything that the repositories of one account share."""

    account: Account
    pool: SocketPool
    quota: Quota
    signer: Signer
    head: str

    def __repr__(self) -> str:
        return f"Channel({self.account!r})"  # the head has the session's token

    @classmethod
    def to(cls, account: Account) -> Channel:
        """Open the channel to an account; nothing is connected yet."""
        host = account.endpoint.netloc
        head = (
            f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: {_CONTENT_TYPE}\r\nAccept-Encoding: identity\r\n"
            f"User-Agent: {user_agent()}\r\n"
        )
        if account.keys.token is not None:
            head += f"X-Amz-Security-Token: {account.keys.token}\r\n"
        signer = Signer(account.keys, account.region, host, _CONTENT_TYPE)
        return cls(account, SocketPool(account.endpoint), Quota(), signer, head)

    def framed(self, operation: str, body: bytes) -> bytes:
        """Return the signed request."""
        target = f"DynamoDB_20120810.{operation}"
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        authorization = self.signer.authorization(target, body, date)
        head = (
            f"{self.head}X-Amz-Target: {target}\r\nX-Amz-Date: {date}\r\n"
            f"Authorization: {authorization}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Direct:
    """Transport that needs no botocore, for one table."""

    def __init__(self, channel: Channel, table_name: str) -> None:
        self._channel = channel
        self._table_name = table_name

    @property
    def place(self) -> Place:
        """Return the place that requests go to."""
        account = self._channel.account
        return Place(self._table_name, account.region, account.endpoint.url)

    def knows(self, operation: str) -> bool:
        """Tell whether this way can send an operation."""
        return operation in OPERATIONS

    def prepare(self) -> None:
        """Read the authorities now."""
        self._channel.pool.prepare()

    def send(self, request: Request, parameters: Mapping[str, Any], give_up_at: float) -> Delivery:
        """Send a request, and repeat it after a failure that may pass."""
        doubtful, attempt = False, 0
        operation = OPERATIONS[request.operation]
        try:
            body = _body(self._table_name, parameters)
        except Exception as error:
            return Delivery(error=error)
        while True:
            attempt += 1
            try:
                answer = self._attempt(operation, body, give_up_at)
            except Exception as error:
                doubtful = doubtful or leaves_doubt(error)
                # The pauses of botocore's standard mode: at most 1 s, then at most twice as long each time.
                pause = random.uniform(0, 2 ** (attempt - 1))  # noqa: S311  # no secret depends on it
                if not self._may_repeat(error, attempt) or is_late(give_up_at, pause):
                    _note_attempts(error, attempt)
                    return Delivery(error=error, resent=attempt > 1, doubtful=doubtful)
            else:
                if attempt == 1:
                    self._channel.quota.give_back()
                return Delivery(answer, examined=True, resent=attempt > 1, doubtful=doubtful)
            time.sleep(pause)

    def _may_repeat(self, error: Exception, attempt: int) -> bool:
        return attempt < ATTEMPTS and _may_pass(error) and self._channel.quota.take()

    def _attempt(self, operation: str, body: bytes, give_up_at: float) -> Mapping[str, Any]:
        """Send one copy, and read its answer.

        Raises:
            NetworkError: there was none.
            ErrorAnswerError: it is an error.
            GarbledAnswerError: it is none of DynamoDB's.
        """
        http = self._channel.pool.exchange(self._channel.framed(operation, body), give_up_at)
        if http.status >= _FIRST_ERROR:
            raise ErrorAnswerError(_error_response(http), operation)
        if http.status != _OK:
            raise GarbledAnswerError
        if not is_intact(http.headers, http.body):
            raise ChecksumError
        try:
            return read_answer(http.body)
        except UNREADABLE:
            raise GarbledAnswerError from None


def _may_pass(error: Exception) -> bool:
    """Tell whether another copy may succeed; botocore's standard mode judges alike."""
    if type(error) is GarbledAnswerError:
        return False
    if isinstance(error, ErrorAnswerError) and error.is_strange:
        return error.status in _PASSING_STATUSES
    return diagnose(error, "").code in _MAY_PASS


def _body(table_name: str, parameters: Mapping[str, Any]) -> bytes:
    """Write a request as DynamoDB's JSON."""
    if _TRANSACT_ITEMS in parameters:
        writes = [{name: _tagged(write) for name, write in each.items()} for each in parameters[_TRANSACT_ITEMS]]
        return _JSON.encode({**parameters, _TRANSACT_ITEMS: writes}).encode()
    written = _tagged(parameters)
    if _REQUEST_ITEMS in written:
        asked = written[_REQUEST_ITEMS].items()
        tables = {table: {**part, "Keys": [tagged_map(key) for key in part["Keys"]]} for table, part in asked}
        written[_REQUEST_ITEMS] = tables
    else:
        written["TableName"] = table_name
    return _JSON.encode(written).encode()


def _tagged(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tagged_map(value) if name in _ATTRIBUTES else value for name, value in parameters.items()}


def _error_response(http: HttpAnswer) -> dict[str, Any]:
    """Read an error into the form of botocore's `ClientError.response`."""
    error = read_error(http.body) if is_intact(http.headers, http.body) else None
    metadata = {
        "RequestId": http.headers.get("x-amzn-requestid"),
        "HTTPStatusCode": http.status,
        "HTTPHeaders": http.headers,
        "RetryAttempts": 0,
    }
    if error is None:
        return {"Error": {"Code": str(http.status), "Message": ""}, "ResponseMetadata": metadata}
    said = {"Code": error.kind.rpartition("#")[2], "Message": error.message}
    item = {} if error.item is None else {"Item": error.item}
    reasons = {} if error.reasons is None else {"CancellationReasons": error.reasons}
    return {"Error": said, "ResponseMetadata": metadata, **item, **reasons}


def _note_attempts(error: Exception, attempts: int) -> None:
    if isinstance(error, ErrorAnswerError):
        error.response["ResponseMetadata"]["RetryAttempts"] = attempts - 1

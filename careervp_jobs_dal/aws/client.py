"""boto3 clients for the command line, with its settings: a DynamoDB resource, a queue for job ids, and S3."""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from careervp_jobs_dal.aws.queue_message import Parcel, message_of
from careervp_jobs_dal.aws.request_log import log_requests
from careervp_jobs_dal.job.line import hide_password

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from careervp_jobs_dal.aws.boto3_type import DynamoDBServiceResource

_LONGEST_TEXT = 300
_REGION_OF_HOST = re.compile(r"//sqs\.([a-z0-9-]+)\.amazonaws\.com")
_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
ATTEMPTS = 3


class SettingsError(Exception):
    """Refusal of a profile, a region or an address, before anything was sent.

    The text holds no value of a record, so it can be shown.

    Attributes:
        what: the wrong setting, "profile", "region" or "endpoint"; "" if it is another one.
    """

    def __init__(self, text: str, what: str = "") -> None:
        super().__init__(text)
        self.what = what


class NoRegionGivenError(SettingsError):
    """Refusal because neither the settings nor the environment name a region."""


class QueueAddressError(SettingsError):
    """Refusal of a queue's address that is no complete URL."""


class QueueError(ConnectionError):
    """Failure of a request to a queue.

    Its text shows no value of a record.

    Attributes:
        error_code: SQS's error code, or the name of the exception.
    """

    def __init__(self, text: str, error_code: str = "") -> None:
        super().__init__(text)
        self.error_code = error_code


class Settings(NamedTuple):
    """AWS profile, region and endpoint, each None for boto3's own choice.

    `say` gets a line for each request.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    say: Callable[[str], object] | None = None


def open_dynamodb(settings: Settings) -> DynamoDBServiceResource:
    """Make a boto3 resource with these settings.

    Raises:
        SettingsError: the settings cannot be used.
    """
    resource: DynamoDBServiceResource = _made(
        lambda session, config: session.resource("dynamodb", endpoint_url=settings.endpoint_url, config=config),
        settings,
    )
    return resource


def locate(settings: Settings) -> tuple[str | None, str | None]:
    """Return the region and the address that these settings lead to.

    The address is None for AWS's own. Both are the settings' where they cannot be used.
    """
    region, endpoint_url = settings.region, settings.endpoint_url
    with suppress(SettingsError):
        meta = open_dynamodb(settings).meta.client.meta
        region, endpoint_url = meta.region_name, meta.endpoint_url
    host = urlsplit(endpoint_url or "").hostname or endpoint_url
    return region, None if host is None or host.endswith(_AWS_HOSTS) else endpoint_url


def open_queue(queue_url: str, settings: Settings) -> Callable[[str], None]:
    """Return a function that sends a job's id to the queue.

    The message has the form that `JobWorker` reads.

    Raises:
        SettingsError: the settings or the queue's address cannot be used.
    """
    client = open_sqs(queue_url, settings)

    def send(job_id: str) -> None:
        with queue_errors(queue_url):
            client.send_message(QueueUrl=queue_url, **message_of(Parcel(job_id), queue_url))

    return send


def open_sqs(queue_url: str, settings: Settings) -> Any:
    """Make a client of SQS for a queue.

    The queue's address names the endpoint, and the region where it is one of AWS.

    Raises:
        SettingsError: the settings or the queue's address cannot be used.
    """
    endpoint = _endpoint_of(queue_url)
    region = _REGION_OF_HOST.search(endpoint)
    there = settings._replace(region=region[1]) if region else settings
    return _made(lambda session, config: session.client("sqs", endpoint_url=endpoint, config=config), there)


@contextmanager
def queue_errors(queue_url: str) -> Iterator[None]:
    """Turn an exception of boto3 into a `QueueError`, which names the queue.

    Raises:
        QueueError: the block failed.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        told = error.response.get("Error", {})
        code = str(told.get("Code", "no code"))
        text = f"SQS refused the request ({code}): {told.get('Message', '')}"
        raise QueueError(at_queue(text, queue_url), code) from None
    except BotoCoreError as error:
        code = type(error).__name__
        raise QueueError(at_queue(f"SQS was not reached ({code}): {error}", queue_url), code) from None


def at_queue(text: str, queue_url: str) -> str:
    """Name the queue after a text, without a password in its address."""
    return hide_password(f"{text[:_LONGEST_TEXT].rstrip('. ')}: queue {queue_url}")


def open_results(settings: Settings) -> Any:
    """Make a client of S3 with these settings; the endpoint is DynamoDB's alone.

    Raises:
        SettingsError: the settings cannot be used.
    """
    return _made(lambda session, config: session.client("s3", config=config), settings)


def _endpoint_of(queue_url: str) -> str:
    """Return the address of SQS, with which the address of every queue begins."""
    try:
        parts = urlsplit(queue_url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise QueueAddressError("A queue is named by its whole address, https://…")
    return f"{parts.scheme}://{parts.netloc}"


def _made(make: Callable[[Any, Any], Any], settings: Settings) -> Any:
    from boto3.session import Session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, NoRegionError

    # `total_max_attempts` counts the first attempt as well; botocore's `max_attempts` counts only the retries.
    retries: Any = {"mode": "standard", "total_max_attempts": ATTEMPTS}
    config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries=retries)
    try:
        made = make(Session(profile_name=settings.profile, region_name=settings.region), config)
    except NoRegionError as error:
        raise NoRegionGivenError(str(error)) from None
    except (BotoCoreError, ValueError) as error:
        text = str(error)
        what = next((name for name in ("profile", "region", "endpoint") if name in text.lower()), "")
        raise SettingsError(text, what) from None
    if settings.say is not None:
        log_requests(getattr(made.meta, "client", made), settings.say)
    return made

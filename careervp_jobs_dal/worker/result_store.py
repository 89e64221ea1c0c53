"""A store for results outside the table: S3, or any other with the same method."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from careervp_jobs_dal.aws.service_client import ServiceClient
from careervp_jobs_dal.codec.values import decode, encode_item
from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.job.invalid_input import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careervp_jobs_dal.job.record import Claim

RESULT_KEY = "result_key"
_LONGEST_LINK = timedelta(days=7)


class ResultStore(Protocol):
    """Storage of results outside the table, for `JobWorker(results=…)`."""

    def put(self, claim: Claim, result: Mapping[str, Any], /) -> str:
        """Store a result under a name with the claim's id; return the name.

        The record gets it as `result_key`. An exception is one of the attempt: the job is put back while it has
        attempts left.
        """
        ...


class S3Results:
    """Storage of results in an S3 bucket, as JSON.

    An object is named by the ids of job and claim. Two workers can end up with one job: each writes an object of its
    own, and the record names the one that counts.

    Args:
        bucket: the bucket's name.
        prefix: the text that each name begins with.
        client: a ready client of S3; without it one is made on first use, which signs links for the function's region.

    Raises:
        ValueError: the bucket or the prefix is no text.

    >>> results = S3Results("results")
    >>> worker = JobWorker(repository, lambda claim: {"score": 0.5}, results=results)
    """

    def __init__(self, bucket: str, *, prefix: str = "results/", client: Any = None) -> None:
        if not isinstance(bucket, str) or not bucket:
            raise ValueError("bucket must be the name of a bucket")
        if not isinstance(prefix, str):
            raise ValueError("prefix must be text")  # noqa: TRY004  # one error for every setting
        self._bucket = bucket
        self._prefix = prefix
        # boto3's own default is a signature that newer regions refuse, for a host that redirects.
        regional = {"signature_version": "s3v4", "s3": {"addressing_style": "virtual"}}
        retries = {"mode": "standard", "total_max_attempts": 3}
        self._client = ServiceClient("s3", client, connect_timeout=1, read_timeout=10, retries=retries, **regional)

    def put(self, claim: Claim, result: Mapping[str, Any], /) -> str:
        """Write a result as JSON, and return the object's key.

        Values have the forms in which the table gives them back: a datetime, a UUID or an enum is text, a Decimal is a
        number.

        >>> claim = repository.claim_job("vpr-1", lease=timedelta(minutes=5)).unwrap()
        >>> key = S3Results("results", client=s3).put(claim, {"score": 0.5})
        >>> key == f"results/vpr-1/{claim.claim_id}.json"
        True

        Raises:
            ValueError: the result holds a value that neither the table nor JSON can hold; the text gives the path.
            Exception: boto3's, where S3 does not take the object.
        """
        key = f"{self._prefix}{claim.job_id}/{claim.claim_id}.json"
        self._client.get().put_object(
            Bucket=self._bucket, Key=key, Body=to_json(result), ContentType="application/json"
        )
        return key

    def url(self, job: Mapping[str, Any], *, expires_in: timedelta = timedelta(minutes=5)) -> str | None:
        """Return a link to a job's result in S3; this sends nothing.

        Args:
            job: the record, or as much of it as `find_status(…, fields=["result_key"])` gives.
            expires_in: the time for which the link holds, from 1 second to 7 days. A link ends with the credentials
                that signed it, if they end earlier.

        Returns:
            The link; None for a job without a result.

        >>> S3Results("results", client=s3).url({"status": "PENDING"}) is None
        True

        Raises:
            ValueError: `expires_in` is no such time.
            Exception: boto3's, where it finds no credentials.
        """
        if not isinstance(expires_in, timedelta) or not timedelta(seconds=1) <= expires_in <= _LONGEST_LINK:
            raise ValueError("expires_in must be a timedelta from 1 second to 7 days")
        key = job.get(RESULT_KEY)
        if not isinstance(key, str):
            return None
        place = {"Bucket": self._bucket, "Key": key}
        seconds = int(expires_in.total_seconds())
        link: str = self._client.get().generate_presigned_url("get_object", Params=place, ExpiresIn=seconds)
        return link

    def erase(self, job: Mapping[str, Any], /) -> None:
        """Delete the results of all of a job's attempts, for `erase_user(on_erase=…)`.

        The caller needs `s3:ListBucket` and `s3:DeleteObject`. A bucket with versions keeps the deleted ones until a
        rule of its lifecycle ends them.

        Args:
            job: the record, or as much of it as `job_id` and `result_key`.

        >>> S3Results("results", client=s3).erase({"job_id": "vpr-1"})

        Raises:
            Exception: boto3's, where an object cannot be deleted.
        """
        client = self._client.get()
        # The delimiter leaves out what lies deeper: the objects of a job whose id goes on after a slash.
        folder = {"Prefix": f"{self._prefix}{job[JOB_ID]}/", "Delimiter": "/"}
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, **folder)
        keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
        # A result that was stored under an earlier prefix has its name in the record alone.
        named = [job[RESULT_KEY]] if isinstance(job.get(RESULT_KEY), str) else []
        for key in dict.fromkeys([*keys, *named]):
            client.delete_object(Bucket=self._bucket, Key=key)


def to_json(result: Mapping[str, Any]) -> bytes:
    """Write a result as JSON, with the forms that values have in the table.

    >>> from decimal import Decimal
    >>> to_json({"cost": Decimal("0.5"), "role": "Ingénieur"}).decode()
    '{"cost": 0.5, "role": "Ingénieur"}'

    Raises:
        InvalidInputError: a value cannot be stored; the message gives the path to it.
    """
    plain = decode(encode_item(result).item)
    _refuse_foreign(plain)
    return json.dumps(plain, ensure_ascii=False).encode()


def _refuse_foreign(value: object) -> None:
    """Refuse bytes and sets, which the table holds and JSON does not.

    Raises:
        InvalidInputError: there are some; the message gives the path to the first.
    """
    inner: list[tuple[str, object]] = []
    if isinstance(value, dict):
        inner = [(f".{name}", each) for name, each in value.items()]
    elif isinstance(value, list):
        inner = [(f"[{index}]", each) for index, each in enumerate(value)]
    elif isinstance(value, bytes | set):
        raise InvalidInputError(f"a value of type {type(value).__name__} is no JSON")
    for step, each in inner:
        try:
            _refuse_foreign(each)
        except InvalidInputError as refused:
            raise refused.within(step) from None

"""The environment variables that the library reads, each looked up here and nowhere else."""

from __future__ import annotations

import os

TABLE_NAME_VARIABLES = ("JOBS_TABLE_NAME", "VPR_JOBS_TABLE_NAME")
QUEUE_URL_VARIABLE = "JOBS_QUEUE_URL"
DEAD_LETTER_QUEUE_URL_VARIABLE = "JOBS_DEAD_LETTER_QUEUE_URL"
DEBUG_VARIABLE = "JOBS_DEBUG"
TRANSPORT_VARIABLE = "JOBS_TRANSPORT"
REGION_VARIABLE = "AWS_DEFAULT_REGION"
ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL")
SECRET_VARIABLE = "JOBS_ID_SECRET"  # noqa: S105  # the name, not the secret


def first_set(*names: str) -> str | None:
    """Return the value of the first variable that is set and not empty."""
    return next(filter(None, map(os.environ.get, names)), None)


def find_table_name() -> str | None:
    """Return the table that the environment names."""
    return first_set(*TABLE_NAME_VARIABLES)


def region_and_endpoint_from_environment() -> tuple[str | None, str | None]:
    """Return the region and the address of DynamoDB that the environment names."""
    return first_set(REGION_VARIABLE), first_set(*ENDPOINT_VARIABLES)


def table_name_from_environment() -> str:
    """Return the table that the environment names.

    Raises:
        ValueError: no variable names a table.
    """
    name = find_table_name()
    if name is None:
        raise ValueError(f"Pass table_name, or set {' or '.join(TABLE_NAME_VARIABLES)}")
    return name


def id_secret_from_environment() -> str | None:
    """Return the secret for job ids."""
    return first_set(SECRET_VARIABLE)


def transport_from_environment() -> str | None:
    """Return the setting of the transport."""
    return first_set(TRANSPORT_VARIABLE)


def queue_url_from_environment() -> str | None:
    """Return the address of the workers' queue."""
    return first_set(QUEUE_URL_VARIABLE)


def dead_letter_queue_url_from_environment() -> str | None:
    """Return the address of the queue of dead letters."""
    return first_set(DEAD_LETTER_QUEUE_URL_VARIABLE)


def debug_from_environment() -> bool:
    """Tell whether the command line is to show each request."""
    return first_set(DEBUG_VARIABLE) is not None

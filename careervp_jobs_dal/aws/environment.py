"""The environment variables that the library reads, each looked up here and nowhere else."""

from __future__ import annotations

import os

TABLE_NAME_VARIABLES = ("JOBS_TABLE_NAME", "VPR_JOBS_TABLE_NAME")
TRANSPORT_VARIABLE = "JOBS_TRANSPORT"
SECRET_VARIABLE = "JOBS_ID_SECRET"  # noqa: S105  # the name, not the secret


def find_table_name() -> str | None:
    """Return the table that the environment names; an empty variable counts as none."""
    return next(filter(None, map(os.environ.get, TABLE_NAME_VARIABLES)), None)


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
    """Return the secret for job ids; an empty variable counts as none."""
    return os.environ.get(SECRET_VARIABLE) or None


def transport_from_environment() -> str | None:
    """Return the setting of the transport; an empty variable counts as none."""
    return os.environ.get(TRANSPORT_VARIABLE) or None

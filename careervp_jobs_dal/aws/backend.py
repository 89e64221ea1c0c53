"""The access to a table that a repository and its operators share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from careervp_jobs_dal.aws.gateway import Gateway
    from careervp_jobs_dal.codec.packing import Decoder


class Backend(NamedTuple):
    """Access to one table.

    Attributes:
        table_name: the table's name.
        gateway: the driver that sends plans to the table.
        decode: turns a stored item into the record that callers see.
        id_secret: the secret for job ids and cursors; None without one.
    """

    table_name: str
    gateway: Gateway
    decode: Decoder
    id_secret: str | None

"""The object that a repository and an operator of its jobs share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from careervp_jobs_dal.aws.gateway import Gateway
    from careervp_jobs_dal.codec.packing import Decoder


class Backend(NamedTuple):
    """Way to one table.

    Attributes:
        table_name: the table's name.
        gateway: sends plans to it.
        decode: makes the record that callers see of a stored one.
        id_secret: the secret for job ids and cursors, where there is one.
    """

    table_name: str
    gateway: Gateway
    decode: Decoder
    id_secret: str | None

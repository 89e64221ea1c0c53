"""The route of one repository: through boto3 or direct, chosen for each request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careervp_jobs_dal.aws.direct import OPERATIONS, Channel, Direct
from careervp_jobs_dal.aws.log import write_line
from careervp_jobs_dal.aws.selection import (
    LASTING_REASONS,
    PASSING_REASONS,
    WAYS,
    Reason,
    Way,
    first_reason,
    read_account,
)

if TYPE_CHECKING:
    from careervp_jobs_dal.aws.connection import Connection
    from careervp_jobs_dal.aws.direct import Account
    from careervp_jobs_dal.aws.failure import Place
    from careervp_jobs_dal.aws.transport import Transport

_MOST_CHANNELS = 8

_channels: dict[Account, Channel] = {}


class Route:
    """Choice between boto3 and the direct way, by the setting `boto3`, `auto` or `direct`.

    Raises:
        ValueError: the setting is another one, or it is `direct` and there is a reason against it.
    """

    def __init__(self, setting: Way, connection: Connection, table_name: str) -> None:
        if setting not in WAYS:
            raise ValueError('transport must be "boto3", "auto" or "direct"')
        self._setting = setting
        self._connection = connection
        self._table_name = table_name
        self._direct: Direct | None = None
        self._lasting: Reason | None = None
        if setting == "direct":
            self._choose()
            if self._lasting is not None:
                raise ValueError(f'transport "direct" is not possible: {self._lasting.words}')

    @property
    def words(self) -> str:
        """Return the way of the next request, and the reason for it."""
        if self._setting == "boto3":
            return "boto3: the setting"
        reason = self._reason()
        return f"boto3: {reason.words}" if reason else "direct: keys, region and endpoint come from the environment"

    @property
    def place(self) -> Place:
        """Return the place that requests go to, as far as known."""
        return self._direct.place if self._direct is not None else self._connection.place

    def transport(self, operation: str) -> Transport:
        """Return the transport for one request."""
        if self._setting == "boto3" or operation not in OPERATIONS or self._reason():
            return self._connection
        return self._direct or self._connection

    def require_boto3(self) -> None:
        """Require that calls can go through a Table that the application gives.

        Raises:
            ValueError: the setting is `direct`.
        """
        if self._setting == "direct":
            raise ValueError('transport "direct" sends no request through a Table')

    def connect(self) -> None:
        """Make the client of the way now, without a connection."""
        if self._setting == "boto3" or self._reason() or self._direct is None:
            self._connection.table  # noqa: B018  # making it is the point
        else:
            self._direct.prepare()

    def _reason(self) -> Reason | None:
        insisted = self._setting == "direct"
        passing = first_reason(PASSING_REASONS, self._connection, insisted=insisted)
        if passing is None and self._direct is None and self._lasting is None:
            self._choose()
        return passing or self._lasting

    def _choose(self) -> None:
        self._lasting = first_reason(LASTING_REASONS, self._connection)
        if self._lasting is None:
            self._direct = Direct(_channel(read_account()), self._table_name)
        elif self._setting == "auto":
            write_line("info", f"DynamoDB is reached through boto3: {self._lasting.words}", {})


def _channel(account: Account) -> Channel:
    """Return the channel that all repositories of this account share."""
    channel = _channels.get(account)
    if channel is None:
        if len(_channels) >= _MOST_CHANNELS:
            _channels.clear()  # whoever uses one keeps it
        channel = _channels.setdefault(account, Channel.to(account))
    return channel

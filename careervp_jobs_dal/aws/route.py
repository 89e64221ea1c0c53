"""The route of one repository: through boto3 or direct, chosen for each request.

The modules of the direct way are imported only for a setting that may need them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careervp_jobs_dal.aws.log import write_line

if TYPE_CHECKING:
    from careervp_jobs_dal.aws.connection import Connection
    from careervp_jobs_dal.aws.direct import Account, Channel, Direct
    from careervp_jobs_dal.aws.failure import Place
    from careervp_jobs_dal.aws.selection import Reason
    from careervp_jobs_dal.aws.transport import Transport

_BOTO3, _AUTO, _DIRECT = "boto3", "auto", "direct"
_MOST_CHANNELS = 8

_channels: dict[Account, Channel] = {}


class Route:
    """Choice between boto3 and the direct way, by the setting `boto3`, `auto` or `direct`.

    Raises:
        ValueError: the setting is another one, or it is `direct` and there is a reason against it.
    """

    def __init__(self, setting: str | None, connection: Connection, table_name: str) -> None:
        setting = setting or _BOTO3
        if setting not in (_BOTO3, _AUTO, _DIRECT):
            raise ValueError('transport must be "boto3", "auto" or "direct"')
        self._setting = setting
        self._connection = connection
        self._table_name = table_name
        self._direct: Direct | None = None
        self._lasting: Reason | None = None
        if setting == _DIRECT:
            self._choose()
            if self._lasting is not None:
                raise ValueError(f'transport "direct" is not possible: {self._lasting.words}')

    @property
    def words(self) -> str:
        """Return the way of the next request, and the reason for it."""
        if self._setting == _BOTO3:
            return "boto3: the setting"
        reason = self._reason()
        return f"boto3: {reason.words}" if reason else "direct: keys, region and endpoint come from the environment"

    @property
    def place(self) -> Place:
        """Return the place that requests go to, as far as known."""
        return self._direct.place if self._direct is not None else self._connection.place

    def transport(self, operation: str) -> Transport:
        """Return the transport for one request."""
        if self._setting == _BOTO3 or self._reason() is not None or self._direct is None:
            return self._connection
        return self._direct if self._direct.knows(operation) else self._connection

    def require_boto3(self) -> None:
        """Require that calls can go through a Table that the application gives.

        Raises:
            ValueError: the setting is `direct`.
        """
        if self._setting == _DIRECT:
            raise ValueError('transport "direct" sends no request through a Table')

    def connect(self) -> None:
        """Make the client of the way now, without a connection."""
        if self._setting == _BOTO3 or self._reason() is not None or self._direct is None:
            self._connection.table  # noqa: B018  # making it is the point
        else:
            self._direct.prepare()

    def _reason(self) -> Reason | None:
        from careervp_jobs_dal.aws.selection import PASSING_REASONS, first_reason

        insisted = self._setting == _DIRECT
        passing = first_reason(PASSING_REASONS, self._connection, insisted=insisted)
        if passing is None and self._direct is None and self._lasting is None:
            self._choose()
        return passing or self._lasting

    def _choose(self) -> None:
        from careervp_jobs_dal.aws.direct import Direct
        from careervp_jobs_dal.aws.selection import LASTING_REASONS, first_reason, read_account

        self._lasting = first_reason(LASTING_REASONS, self._connection)
        if self._lasting is None:
            self._direct = Direct(_channel(read_account()), self._table_name)
        elif self._setting == _AUTO:
            write_line("info", f"DynamoDB is reached through boto3: {self._lasting.words}", {})


def _channel(account: Account) -> Channel:
    """Return the channel that all repositories of this account share."""
    from careervp_jobs_dal.aws.direct import Channel

    channel = _channels.get(account)
    if channel is None:
        if len(_channels) >= _MOST_CHANNELS:
            _channels.clear()  # whoever uses one keeps it
        channel = _channels.setdefault(account, Channel.to(account))
    return channel

"""The commands, in the order in which the help names them."""

from __future__ import annotations

from careervp_jobs_dal.cli.commands.cancel import CANCEL
from careervp_jobs_dal.cli.commands.completion import COMPLETION
from careervp_jobs_dal.cli.commands.dead_letters import LIST_DEAD_LETTERS, REDRIVE
from careervp_jobs_dal.cli.commands.demo import DEMO
from careervp_jobs_dal.cli.commands.erase_user import ERASE_USER
from careervp_jobs_dal.cli.commands.init import INIT
from careervp_jobs_dal.cli.commands.list import LIST
from careervp_jobs_dal.cli.commands.monitor import ALARMS, DASHBOARD
from careervp_jobs_dal.cli.commands.purge import PURGE
from careervp_jobs_dal.cli.commands.recover import RECOVER
from careervp_jobs_dal.cli.commands.retry import RETRY
from careervp_jobs_dal.cli.commands.show import SHOW
from careervp_jobs_dal.cli.commands.stats import STATS
from careervp_jobs_dal.cli.commands.submit import SUBMIT
from careervp_jobs_dal.cli.commands.table import CREATE, EXPORT, VERIFY
from careervp_jobs_dal.cli.commands.watch import WATCH

COMMANDS = (
    DEMO,
    INIT,
    SHOW,
    LIST,
    WATCH,
    STATS,
    SUBMIT,
    RETRY,
    CANCEL,
    RECOVER,
    LIST_DEAD_LETTERS,
    REDRIVE,
    PURGE,
    ERASE_USER,
    CREATE,
    VERIFY,
    EXPORT,
    ALARMS,
    DASHBOARD,
    COMPLETION,
)

"""Commands of the AWS command line that bring a table in line with its description."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.infrastructure.description import index_request, time_to_live_request

if TYPE_CHECKING:
    from careervp_jobs_dal.job.index import Index


def add_index(table_name: str, index: Index) -> str:
    """Add an index to a table in use; DynamoDB adds one at a time.

    >>> from careervp_jobs_dal.job.index import Index
    >>> add_index("jobs", Index("by-key", "idempotency_key", None, "KEYS_ONLY")).partition(" --global")[0]
    'aws dynamodb update-table --table-name jobs --attribute-definitions AttributeName=idempotency_key,AttributeType=S'
    """
    names = [name for name in (index.partition, index.sort) if name]
    definitions = " ".join(f"AttributeName={name},AttributeType=S" for name in names)
    return _change_indexes(table_name, {"Create": index_request(index)}, f" --attribute-definitions {definitions}")


def delete_index(table_name: str, index_name: str) -> str:
    """Delete an index, because its keys and projection cannot be changed.

    >>> print(delete_index("jobs", "by-key").partition("jobs ")[2])
    --global-secondary-index-updates '[{"Delete":{"IndexName":"by-key"}}]'
    """
    return _change_indexes(table_name, {"Delete": {"IndexName": index_name}})


def switch_time_to_live_on(table_name: str, attribute: str | None = None, *, on: bool = True) -> str:
    """Switch the time to live on, or off for another attribute.

    A table has one time to live: it must be off for the other attribute before it can be on for `ttl`.

    >>> switch_time_to_live_on("jobs").partition("jobs ")[2]
    '--time-to-live-specification Enabled=true,AttributeName=ttl'
    """
    name = attribute or time_to_live_request(table_name)["TimeToLiveSpecification"]["AttributeName"]
    specification = shlex.quote(f"Enabled={str(on).lower()},AttributeName={name}")
    return _command("update-time-to-live", table_name, f" --time-to-live-specification {specification}")


def switch_recovery_on(table_name: str) -> str:
    """Switch point-in-time recovery on, which keeps 35 days of backups.

    >>> switch_recovery_on("jobs").partition("jobs ")[2]
    '--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true'
    """
    specification = " --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
    return _command("update-continuous-backups", table_name, specification)


def switch_protection_on(table_name: str) -> str:
    """Switch deletion protection on, so that no call deletes the table by mistake.

    >>> switch_protection_on("jobs").partition("jobs ")[2]
    '--deletion-protection-enabled'
    """
    return _command("update-table", table_name, " --deletion-protection-enabled")


def bill_on_demand(table_name: str) -> str:
    """Bill on demand, so that the capacity follows the load.

    >>> bill_on_demand("jobs").partition("jobs ")[2]
    '--billing-mode PAY_PER_REQUEST'
    """
    return _command("update-table", table_name, " --billing-mode PAY_PER_REQUEST")


def lift_limits(table_name: str, index_name: str | None = None) -> str:
    """Remove the maximums of a table or an index that is billed on demand.

    >>> lift_limits("jobs").partition("jobs ")[2]
    '--on-demand-throughput MaxReadRequestUnits=-1,MaxWriteRequestUnits=-1'
    """
    if index_name is None:
        return _command(
            "update-table", table_name, " --on-demand-throughput MaxReadRequestUnits=-1,MaxWriteRequestUnits=-1"
        )
    lifted = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}
    return _change_indexes(table_name, {"Update": {"IndexName": index_name, "OnDemandThroughput": lifted}})


def switch_stream(table_name: str, view: str | None = None) -> str:
    """Switch the stream on with this view, or off without one.

    >>> switch_stream("jobs").partition("jobs ")[2]
    '--stream-specification StreamEnabled=false'
    """
    specification = f"StreamEnabled=true,StreamViewType={view}" if view else "StreamEnabled=false"
    return _command("update-table", table_name, f" --stream-specification {specification}")


def _change_indexes(table_name: str, change: dict[str, Any], definitions: str = "") -> str:
    update = shlex.quote(json.dumps([change], separators=(",", ":")))
    return _command("update-table", table_name, f"{definitions} --global-secondary-index-updates {update}")


def _command(verb: str, table_name: str, options: str) -> str:
    return f"aws dynamodb {verb} --table-name {shlex.quote(table_name)}{options}"

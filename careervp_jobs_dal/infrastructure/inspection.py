"""The inspection of a live table: DynamoDB's answers about it, compared with its description.

Each function looks at one answer and returns a finding for each defect. The functions send nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from careervp_jobs_dal.infrastructure import aws_command as command
from careervp_jobs_dal.infrastructure.description import key_schema
from careervp_jobs_dal.infrastructure.finding import Finding
from careervp_jobs_dal.job.attribute import JOB_ID, TTL
from careervp_jobs_dal.job.index import OPTIONAL_INDEXES, Index, Projection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NEW_TABLE = "The key of a table cannot be changed: make a new table, and copy the records"


class Expected(NamedTuple):
    """Expected indexes of a table.

    Attributes:
        table_name: the table's name.
        required: the index on the idempotency key.
        wanted: the optional indexes that must exist.
    """

    table_name: str
    required: Index
    wanted: tuple[Index, ...] = ()


def inspect_table(expected: Expected, answer: Mapping[str, Any]) -> list[Finding]:
    """Inspect the answer of DescribeTable.

    >>> inspect_table(Expected("jobs", OPTIONAL_INDEXES[0]), {"Table": {"TableStatus": "DELETING"}})[0].what
    'The table is DELETING'
    """
    name, table = expected.table_name, answer["Table"]
    return [
        *_status(table),
        *_table_key(table),
        *_indexes(expected, table),
        *_billing(name, table),
        *_protection(name, table),
        *_replicas(table),
    ]


def inspect_time_to_live(expected: Expected, answer: Mapping[str, Any]) -> list[Finding]:
    """Inspect the answer of DescribeTimeToLive.

    >>> inspect_time_to_live(Expected("jobs", OPTIONAL_INDEXES[0]), {"TimeToLiveDescription": {}})[0].severity
    'error'
    """
    name, description = expected.table_name, answer["TimeToLiveDescription"]
    turn_on = command.switch_time_to_live_on(name)
    if description.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}:
        return [Finding("error", "The time to live is off: expired records stay for ever", turn_on)]
    attribute = description.get("AttributeName")
    if attribute != TTL:
        # DynamoDB takes up to an hour for such a change, and no other one in that time.
        turn_off = command.switch_time_to_live_on(name, attribute, on=False)
        what = f"The time to live goes by the attribute {attribute} instead of {TTL}"
        return [Finding("error", what, f"{turn_off}; an hour later {turn_on}")]
    return []


def inspect_backups(expected: Expected, answer: Mapping[str, Any]) -> list[Finding]:
    """Inspect the answer of DescribeContinuousBackups.

    >>> inspect_backups(Expected("jobs", OPTIONAL_INDEXES[0]), {"ContinuousBackupsDescription": {}})[0].what
    'Point-in-time recovery is off: deleted or damaged records cannot be brought back'
    """
    recovery = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    if recovery.get("PointInTimeRecoveryStatus") in {"ENABLED", "ENABLING"}:
        return []
    what = "Point-in-time recovery is off: deleted or damaged records cannot be brought back"
    return [Finding("advice", what, command.switch_recovery_on(expected.table_name))]


def _status(table: Mapping[str, Any]) -> Iterator[Finding]:
    status = table.get("TableStatus", "ACTIVE")
    if status == "UPDATING":
        yield Finding("advice", "The table is UPDATING", "Look again when it is ACTIVE")
    elif status == "CREATING":
        yield Finding("error", "The table is CREATING", "Wait until it is ACTIVE")
    elif status != "ACTIVE":
        yield Finding("error", f"The table is {status}", "Find out why, or use another table")


def _table_key(table: Mapping[str, Any]) -> Iterator[Finding]:
    wanted, found = _keys(key_schema(JOB_ID)), _keys(table.get("KeySchema", []), _types(table))
    if found != wanted:
        yield Finding("error", f"The key of the table is {found} instead of {wanted}", NEW_TABLE)


def _indexes(expected: Expected, table: Mapping[str, Any]) -> Iterator[Finding]:
    """Inspect the indexes: needed ones must exist, and existing ones must be right."""
    name, types = expected.table_name, _types(table)
    found = {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", [])}
    for index in (expected.required, *OPTIONAL_INDEXES):
        if index.name in found:
            yield from _index(name, index, found[index.name], types, optional=index is not expected.required)
        elif index is expected.required or index in expected.wanted:
            yield Finding("error", f"The index {index.name} is missing", command.add_index(name, index))


def _index(
    name: str, index: Index, found: Mapping[str, Any], types: Mapping[str, str], *, optional: bool
) -> Iterator[Finding]:
    anew = f"{command.delete_index(name, index.name)}; when it is gone {command.add_index(name, index)}"
    wanted, keys = _keys(key_schema(index.partition, index.sort)), _keys(found["KeySchema"], types)
    if keys != wanted:
        yield Finding("error", f"The key of the index {index.name} is {keys} instead of {wanted}", anew)
    yield from _projection(index, found["Projection"]["ProjectionType"], anew, optional=optional)
    status = found.get("IndexStatus", "ACTIVE")
    if status not in {"ACTIVE", "UPDATING"}:
        yield Finding("error", f"The index {index.name} is {status}", "Wait until it is ACTIVE")


def _projection(index: Index, found: str, anew: str, *, optional: bool) -> Iterator[Finding]:
    """Inspect the projection of an index.

    Jobs are read from the table, so a larger projection than the keys only costs more, unless other code reads it.
    """
    if optional and found != index.projection:
        what = f"The index {index.name} projects {found} instead of {index.projection}: every write pays for that"
        yield Finding("advice", what, anew)
    elif not optional and found not in get_args(Projection):
        what = f"The index {index.name} projects {found}: its matches would be taken for whole records"
        yield Finding("error", what, anew)
    elif not optional and found == "ALL":
        what = f"The index {index.name} projects ALL: every write is billed twice, for code that reads it if any"
        yield Finding("advice", what, anew)


def _billing(name: str, table: Mapping[str, Any]) -> Iterator[Finding]:
    """Advise on-demand billing for a table with provisioned capacity."""
    # DynamoDB leaves out the summary for a table that was never on demand.
    if table.get("BillingModeSummary", {}).get("BillingMode") != "PAY_PER_REQUEST":
        what = "The capacity is provisioned: more load than that is throttled"
        yield Finding("advice", what, command.bill_on_demand(name))


def _protection(name: str, table: Mapping[str, Any]) -> Iterator[Finding]:
    if not table.get("DeletionProtectionEnabled"):
        what = "Deletion protection is off: one call deletes the table"
        yield Finding("advice", what, command.switch_protection_on(name))


def _replicas(table: Mapping[str, Any]) -> Iterator[Finding]:
    """Advise that only one Region writes to a table with replicas.

    The replica that gets a conditional write decides it, and may not have the latest writes of the other Regions yet.
    """
    regions = sorted(replica["RegionName"] for replica in table.get("Replicas", []))
    if regions and table.get("MultiRegionConsistency") != "STRONG":
        what = f"The table has replicas ({', '.join(regions)}): two Regions can make or claim one job twice"
        yield Finding("advice", what, "Let the functions of one Region alone write")


def _types(table: Mapping[str, Any]) -> dict[str, str]:
    return {each["AttributeName"]: each["AttributeType"] for each in table.get("AttributeDefinitions", [])}


def _keys(schema: Iterable[Mapping[str, str]], types: Mapping[str, str] | None = None) -> str:
    """Write a key in words, partition key first; without types, all are texts."""
    # "HASH" sorts before "RANGE".
    ordered = sorted(schema, key=lambda key: key["KeyType"])
    names = [key["AttributeName"] for key in ordered]
    return ", ".join(f"{name} ({'S' if types is None else types.get(name, '?')})" for name in names) or "unknown"

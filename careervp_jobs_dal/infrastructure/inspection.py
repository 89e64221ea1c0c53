"""The inspection of a live table: DynamoDB's answers about it, compared with its description.

Each function looks at one answer and returns a finding for each defect. The functions send nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.infrastructure import aws_command as command
from careervp_jobs_dal.infrastructure.description import key_schema
from careervp_jobs_dal.infrastructure.finding import Finding
from careervp_jobs_dal.infrastructure.index_inspection import Expected, inspect_indexes, key_words, types_of
from careervp_jobs_dal.job.attribute import JOB_ID, TTL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BOTH_IMAGES = "NEW_AND_OLD_IMAGES"
_NO_LIMIT = -1
NEW_TABLE = "The key of a table cannot be changed: make a new table, and copy the records"


def inspect_table(expected: Expected, answer: Mapping[str, Any]) -> list[Finding]:
    """Inspect the answer of DescribeTable.

    >>> from careervp_jobs_dal.job.index import idempotency_index
    >>> inspect_table(Expected("jobs", idempotency_index()), {"Table": {"TableStatus": "DELETING"}})[0].what
    'The table is DELETING'
    """
    name, table = expected.table_name, answer["Table"]
    return [
        *_status(table),
        *_table_key(table),
        *inspect_indexes(expected, table),
        *_encryption(table),
        *_billing(name, table),
        *_limits(name, table),
        *_protection(name, table),
        *_stream(name, table),
        *_replicas(expected, table),
    ]


def inspect_time_to_live(expected: Expected, answer: Mapping[str, Any]) -> list[Finding]:
    """Inspect the answer of DescribeTimeToLive.

    >>> from careervp_jobs_dal.job.index import idempotency_index
    >>> inspect_time_to_live(Expected("jobs", idempotency_index()), {"TimeToLiveDescription": {}})[0].severity
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

    >>> from careervp_jobs_dal.job.index import idempotency_index
    >>> inspect_backups(Expected("jobs", idempotency_index()), {"ContinuousBackupsDescription": {}})[0].what
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
    elif status == "ARCHIVED":
        backup = table.get("ArchivalSummary", {}).get("ArchivalBackupArn", "that DynamoDB made")
        what = "The table is ARCHIVED: its KMS key could not be used for more than seven days"
        yield Finding("error", what, f"Delete the table, and restore the backup {backup}")
    elif status not in {"ACTIVE", "INACCESSIBLE_ENCRYPTION_CREDENTIALS"}:
        yield Finding("error", f"The table is {status}", "Find out why, or use another table")


def _table_key(table: Mapping[str, Any]) -> Iterator[Finding]:
    wanted, found = key_words(key_schema(JOB_ID)), key_words(table.get("KeySchema", []), types_of(table))
    if found != wanted:
        yield Finding("error", f"The key of the table is {found} instead of {wanted}", NEW_TABLE)


def _encryption(table: Mapping[str, Any]) -> Iterator[Finding]:
    """Report a KMS key that cannot be used, also where the table is ACTIVE."""
    inaccessible = table.get("TableStatus") == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    if inaccessible or "InaccessibleEncryptionDateTime" in table.get("SSEDescription", {}):
        what = "The table's KMS key cannot be used, so no record can be read or written"
        remedy = "Enable the key, and DynamoDB's use of it: after seven days without it DynamoDB archives the table"
        yield Finding("error", what, remedy)


def _billing(name: str, table: Mapping[str, Any]) -> Iterator[Finding]:
    """Advise on-demand billing for a table with provisioned capacity."""
    # DynamoDB leaves out the summary for a table that was never on demand.
    if table.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST":
        return
    reads, writes = _provisioned(table, "Read"), _provisioned(table, "Write")
    what = f"The capacity is provisioned: more than {writes:,} write and {reads:,} read units a second are throttled"
    yield Finding("advice", what, command.bill_on_demand(name))
    for index in table.get("GlobalSecondaryIndexes", []):
        units = _provisioned(index, "Write")
        if units < writes:
            what = f"The index {index['IndexName']} has {units:,} write units, fewer than the table's {writes:,}"
            yield Finding("advice", f"{what}: a full index throttles the table's writes", command.bill_on_demand(name))


def _limits(name: str, table: Mapping[str, Any]) -> Iterator[Finding]:
    """Advise against maximums of a table that is billed on demand."""
    for index_name, part in (
        (None, table),
        *((index["IndexName"], index) for index in table.get("GlobalSecondaryIndexes", [])),
    ):
        most = part.get("OnDemandThroughput", {})
        limits = {kind: most.get(f"Max{kind.title()}RequestUnits", -1) for kind in ("write", "read")}
        said = " and ".join(f"{units:,} {kind}" for kind, units in limits.items() if units != _NO_LIMIT)
        if said:
            place = f"The index {index_name}" if index_name else "The table"
            what = f"{place} has a maximum of {said} units a second: more load than that is throttled"
            yield Finding("advice", what, command.lift_limits(name, index_name))


def _provisioned(part: Mapping[str, Any], kind: str) -> int:
    units: int = part.get("ProvisionedThroughput", {}).get(f"{kind}CapacityUnits", 0)
    return units


def _protection(name: str, table: Mapping[str, Any]) -> Iterator[Finding]:
    if not table.get("DeletionProtectionEnabled"):
        what = "Deletion protection is off: one call deletes the table"
        yield Finding("advice", what, command.switch_protection_on(name))


def _stream(name: str, table: Mapping[str, Any]) -> Iterator[Finding]:
    """Advise a view with both images: they tell every change of a job."""
    stream = table.get("StreamSpecification", {})
    view = stream.get("StreamViewType")
    if stream.get("StreamEnabled") and view != BOTH_IMAGES:
        what = f"The stream has the view {view}: without both images some changes of a job cannot be told"
        # The view of a stream cannot be changed; the new stream has another ARN.
        off, on = command.switch_stream(name), command.switch_stream(name, BOTH_IMAGES)
        yield Finding("advice", what, f"{off}; when it is off {on}; then connect its readers to the new stream")


def _replicas(expected: Expected, table: Mapping[str, Any]) -> Iterator[Finding]:
    """Report several Regions that can write in eventual mode.

    The replica that gets a conditional write decides it, and may not have the latest writes of the other Regions yet.
    """
    # An ARN is arn:aws:dynamodb:REGION:ACCOUNT:table/NAME.
    here = table.get("TableArn", "").split(":")[3:4]
    regions = sorted({replica["RegionName"] for replica in table.get("Replicas", [])} - {*here})
    if regions and table.get("MultiRegionConsistency") != "STRONG" and not expected.one_region_writes:
        what = f"The table has replicas ({', '.join(regions)}) in eventual mode: two Regions can claim one job twice"
        remedy = (
            "Let one Region alone write, and say so (one_region_writes=True); the mode of a table cannot be changed"
        )
        yield Finding("error", what, remedy)

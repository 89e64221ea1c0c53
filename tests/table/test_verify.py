"""`verify_table`: each defect of a table made wrong on purpose is found, named, and can be mended as it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ReadTimeoutError

from careervp_jobs_dal import Finding, JobsOperator, JobsRepository, ResultCode, create_table, verify_table
from careervp_jobs_dal.infrastructure import verification
from careervp_jobs_dal.infrastructure.description import key_schema
from careervp_jobs_dal.infrastructure.finding import by_severity
from careervp_jobs_dal.infrastructure.index_inspection import Expected
from careervp_jobs_dal.infrastructure.inspection import (
    NEW_TABLE,
    inspect_backups,
    inspect_table,
    inspect_time_to_live,
)
from careervp_jobs_dal.job.index import (
    ACTIVE_JOBS_INDEX,
    IDEMPOTENCY_INDEX,
    OPTIONAL_INDEXES,
    USER_JOBS_INDEX,
    idempotency_index,
)
from tests.engines.catalogue import Engine
from tests.faults import Faults
from tests.table.live import Making, carry_out

RECOVERY_UNCHECKED = "Point-in-time recovery could not be checked: the read failed"
RECOVERY_OFF = "Point-in-time recovery is off: deleted or damaged records cannot be brought back"
PROTECTION_OFF = "Deletion protection is off: one call deletes the table"

_numbers = count()


class Defect(NamedTuple):
    spoil: Callable[[Making], object]
    severity: str
    what: str
    optional_indexes: Any = True


def keys(making: Making, index: str, *names: str) -> None:
    making.index(index)["KeySchema"] = key_schema(*names)


def project(making: Making, index: str, **projection: Any) -> None:
    making.index(index)["Projection"] = projection


def provision(making: Making) -> None:
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    making.request |= {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units}
    for index in making.request["GlobalSecondaryIndexes"]:
        index["ProvisionedThroughput"] = units


DEFECTS = {
    "another partition key": Defect(
        lambda making: making.request.update(KeySchema=key_schema("id")),
        "error",
        "The key of the table is id (S) instead of job_id (S)",
    ),
    "a sort key": Defect(
        lambda making: making.request.update(KeySchema=key_schema("job_id", "created_at")),
        "error",
        "The key of the table is job_id (S), created_at (S) instead of job_id (S)",
    ),
    "numbers as ids": Defect(
        lambda making: making.set_type("job_id", "N"),
        "error",
        "The key of the table is job_id (N) instead of job_id (S)",
    ),
    "no index on the idempotency key": Defect(
        lambda making: making.drop(IDEMPOTENCY_INDEX), "error", "The index idempotency-key-index is missing"
    ),
    "the index on another attribute": Defect(
        lambda making: keys(making, IDEMPOTENCY_INDEX, "key"),
        "error",
        "The key of the index idempotency-key-index is key (S) instead of idempotency_key (S)",
    ),
    "the index with a sort key": Defect(
        lambda making: keys(making, IDEMPOTENCY_INDEX, "idempotency_key", "created_at"),
        "error",
        "The key of the index idempotency-key-index is idempotency_key (S), created_at (S)"
        " instead of idempotency_key (S)",
    ),
    "numbers as idempotency keys": Defect(
        lambda making: making.set_type("idempotency_key", "N"),
        "error",
        "The key of the index idempotency-key-index is idempotency_key (N) instead of idempotency_key (S)",
    ),
    "the index projects a part": Defect(
        lambda making: project(
            making, IDEMPOTENCY_INDEX, ProjectionType="INCLUDE", NonKeyAttributes=["status", "created_at"]
        ),
        "error",
        "The index idempotency-key-index projects INCLUDE: its matches would be taken for whole records",
    ),
    "no index of users' jobs": Defect(
        lambda making: making.drop(USER_JOBS_INDEX), "error", "The index user-jobs-index is missing"
    ),
    "no index of active jobs": Defect(
        lambda making: making.drop(ACTIVE_JOBS_INDEX),
        "error",
        "The index active-jobs-index is missing",
        [ACTIVE_JOBS_INDEX],
    ),
    "users' jobs without an order": Defect(
        lambda making: keys(making, USER_JOBS_INDEX, "user_id"),
        "error",
        "The key of the index user-jobs-index is user_id (S) instead of user_id (S), created_at (S)",
    ),
    "active jobs by status": Defect(
        lambda making: keys(making, ACTIVE_JOBS_INDEX, "status", "created_at"),
        "error",
        "The key of the index active-jobs-index is status (S), created_at (S) instead of active_shard (S), due_at (S)",
    ),
    "shards as numbers": Defect(
        lambda making: making.set_type("active_shard", "N"),
        "error",
        "The key of the index active-jobs-index is active_shard (N), due_at (S)"
        " instead of active_shard (S), due_at (S)",
    ),
    "a wrong optional index that nobody asked for": Defect(
        lambda making: keys(making, ACTIVE_JOBS_INDEX, "active_shard"),
        "error",
        "The key of the index active-jobs-index is active_shard (S) instead of active_shard (S), due_at (S)",
        False,
    ),
    "an optional index that projects all": Defect(
        lambda making: project(making, ACTIVE_JOBS_INDEX, ProjectionType="ALL"),
        "advice",
        "The index active-jobs-index projects ALL instead of KEYS_ONLY: every write pays for that",
    ),
    "an index on keys that projects all": Defect(
        lambda making: project(making, IDEMPOTENCY_INDEX, ProjectionType="ALL"),
        "advice",
        "The index idempotency-key-index projects ALL: every write is billed twice, for code that reads it if any",
    ),
    "no time to live": Defect(
        lambda making: setattr(making, "time_to_live", None),
        "error",
        "The time to live is off: expired records stay for ever",
    ),
    "time to live by another attribute": Defect(
        lambda making: setattr(making, "time_to_live", {"Enabled": True, "AttributeName": "expires_at"}),
        "error",
        "The time to live goes by the attribute expires_at instead of ttl",
    ),
    "no point-in-time recovery": Defect(lambda making: setattr(making, "recovery", False), "advice", RECOVERY_OFF),
    "provisioned capacity": Defect(
        provision,
        "advice",
        "The capacity is provisioned: more than 5 write and 5 read units a second are throttled",
    ),
    "a stream without old images": Defect(
        lambda making: making.request.update(
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        ),
        "advice",
        "The stream has the view NEW_IMAGE: without both images some changes of a job cannot be told",
    ),
    "a foreign index on a number as text": Defect(
        lambda making: making.add("by-ttl", "user_id", "ttl"),
        "error",
        "The index by-ttl has the key ttl (S), which the library writes as N: such writes are refused",
    ),
    "a foreign index on a text as number": Defect(
        lambda making: making.add("by-start", "started_at", letter="N"),
        "error",
        "The index by-start has the key started_at (N), which the library writes as S: such writes are refused",
    ),
    "a foreign index on the payload": Defect(
        lambda making: making.add("by-payload", "input_data", letter="B"),
        "error",
        "The index by-payload has the key input_data (B), which the library writes as M or B: such writes are refused",
    ),
    "a foreign index on what a worker may say in any type": Defect(
        lambda making: making.add("by-progress", "progress"),
        "advice",
        "The index by-progress has the key progress (S): a write with another type in progress is refused",
    ),
    "a foreign index on a text that may be empty": Defect(
        lambda making: making.add("by-application", "application_id", "created_at"),
        "advice",
        "The index by-application has the key application_id (S):"
        " a write with an empty text in application_id is refused",
    ),
    "no deletion protection": Defect(
        lambda making: making.request.pop("DeletionProtectionEnabled"), "advice", PROTECTION_OFF
    ),
}
LACKING_BACKUPS = {"no point-in-time recovery"}


@pytest.fixture
def client() -> Any:
    return JobsRepository("any").dynamodb.meta.client


@pytest.fixture
def sound(engine: Engine) -> list[tuple[str, str]]:
    """What is found on a table without a defect: nothing, where the engine can be asked everything."""
    return [] if engine.has_backups else [("unchecked", RECOVERY_UNCHECKED)]


@pytest.fixture
def making() -> Making:
    return Making(f"verified-{next(_numbers)}")


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.severity, finding.what) for finding in findings]


@pytest.mark.parametrize("wanted", [True, False, [USER_JOBS_INDEX]])
def test_a_table_as_described_has_no_finding(
    client: Any, engine: Engine, making: Making, sound: list[tuple[str, str]], wanted: Any
) -> None:
    making.make(client, has_backups=engine.has_backups)

    assert told(verify_table(making.name, optional_indexes=wanted).unwrap()) == sound


@pytest.mark.parametrize("name", DEFECTS)
def test_a_single_defect_is_found_and_nothing_else(
    client: Any, engine: Engine, making: Making, sound: list[tuple[str, str]], name: str
) -> None:
    if name in LACKING_BACKUPS and not engine.has_backups:
        pytest.skip(f"{engine.name} has no backups")
    defect = DEFECTS[name]
    defect.spoil(making)
    making.make(client, has_backups=engine.has_backups)

    found = verify_table(making.name, optional_indexes=defect.optional_indexes).unwrap()

    assert told(found) == [(defect.severity, defect.what), *sound]


@pytest.mark.parametrize("name", DEFECTS)
def test_the_remedy_mends_the_defect(client: Any, engine: Engine, making: Making, name: str) -> None:
    if engine.name != "moto":
        pytest.skip("an index takes its time to come and go")
    defect = DEFECTS[name]
    defect.spoil(making)
    making.make(client, has_backups=True)
    (finding,) = verify_table(making.name, optional_indexes=defect.optional_indexes).unwrap()

    if finding.remedy == NEW_TABLE:
        assert "key of the table" in finding.what
        return
    for step in re.split("; when it is gone |; an hour later |; when it is off |; then ", finding.remedy):
        # moto does not switch a stream on again that was on before, and readers have no command.
        if not step.endswith(("StreamViewType=NEW_AND_OLD_IMAGES", "readers to the new stream")):
            carry_out(client, step)

    assert verify_table(making.name, optional_indexes=defect.optional_indexes).unwrap() == []


def test_all_defects_are_told_at_once_errors_first(client: Any, engine: Engine, making: Making) -> None:
    making.drop(IDEMPOTENCY_INDEX)
    making.drop(USER_JOBS_INDEX)
    del making.request["DeletionProtectionEnabled"]
    making.time_to_live = None
    making.make(client, has_backups=engine.has_backups)

    found = verify_table(making.name, optional_indexes=True).unwrap()

    assert [finding.severity for finding in found][:4] == ["error", "error", "error", "advice"]


def test_a_table_of_create_table_lacks_what_only_a_live_one_needs(table_name: str, engine: Engine) -> None:
    found = told(verify_table(table_name).unwrap())

    recovery = ("advice", RECOVERY_OFF) if engine.has_backups else ("unchecked", RECOVERY_UNCHECKED)
    assert found == [("advice", PROTECTION_OFF), recovery]


@pytest.mark.parametrize("projection", ["ALL", "KEYS_ONLY"])
def test_the_index_has_the_name_and_either_projection_that_it_was_given(projection: Any) -> None:
    name = create_table(f"verified-{next(_numbers)}", "by-key", index_projection=projection).unwrap()

    assert "error" not in {finding.severity for finding in verify_table(name, "by-key").unwrap()}
    assert ("error", "The index idempotency-key-index is missing") in told(verify_table(name).unwrap())


def test_the_table_is_taken_from_the_environment(table_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBS_TABLE_NAME", raising=False)
    monkeypatch.delenv("VPR_JOBS_TABLE_NAME", raising=False)
    with pytest.raises(ValueError, match="JOBS_TABLE_NAME"):
        verify_table()

    monkeypatch.setenv("VPR_JOBS_TABLE_NAME", table_name)
    assert verify_table().unwrap() == verify_table(table_name).unwrap()


def test_a_missing_table_is_no_finding_but_a_failure() -> None:
    missing = verify_table("no-such-table")

    assert missing.code is ResultCode.CONFIG_ERROR
    assert "no-such-table" in (missing.error or "")


def test_an_unknown_optional_index_is_refused_before_anything_is_sent(table_name: str, faults: Faults) -> None:
    refused = verify_table(table_name, optional_indexes=["no-such-index"])

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


@pytest.mark.parametrize(
    ("action", "about"),
    [
        ("DescribeTable", "The keys, the indexes and the billing"),
        ("DescribeTimeToLive", "The time to live"),
        ("DescribeContinuousBackups", "Point-in-time recovery"),
    ],
)
def test_a_read_that_is_not_allowed_is_a_finding(table_name: str, faults: Faults, action: str, about: str) -> None:
    faults.answer("AccessDeniedException", times=1, operation=action)

    unchecked = [each for each in verify_table(table_name).unwrap() if each.severity == "unchecked"]

    assert unchecked[0] == Finding(
        "unchecked",
        f"{about} could not be checked: dynamodb:{action} is not allowed",
        f"Allow dynamodb:{action} on the table",
    )


def test_nothing_may_be_read(table_name: str, faults: Faults) -> None:
    faults.answer("AccessDeniedException")

    assert verify_table(table_name).code is ResultCode.ACCESS_DENIED


def test_an_engine_that_does_not_know_a_read_does_not_fail_it(table_name: str, faults: Faults) -> None:
    faults.pass_through(times=2)
    faults.answer("UnknownOperationException", times=1)

    found = verify_table(table_name).unwrap()

    assert found[-1] == Finding("unchecked", RECOVERY_UNCHECKED, "A local engine may not know it")


def test_a_read_that_fails_for_the_moment_fails_the_whole(table_name: str, faults: Faults) -> None:
    faults.pass_through(times=1)
    faults.fail(lambda: ReadTimeoutError(endpoint_url="x"), times=3)
    assert verify_table(table_name).code is ResultCode.UNAVAILABLE

    faults.answer("ThrottlingException")
    assert verify_table(table_name).code is ResultCode.THROTTLED


# What DynamoDB says at moments that no local engine has.

EXPECTED = Expected("jobs", idempotency_index(), OPTIONAL_INDEXES)


@pytest.fixture
def description(client: Any, engine: Engine, making: Making) -> dict[str, Any]:
    making.make(client, has_backups=engine.has_backups)
    return deepcopy(dict(client.describe_table(TableName=making.name)))


@pytest.mark.parametrize(
    ("status", "severity"),
    [
        ("CREATING", "error"),
        ("UPDATING", "advice"),
        ("DELETING", "error"),
        ("SOMETHING_NEW", "error"),
    ],
)
def test_a_table_that_is_not_active_is_told(description: dict[str, Any], status: str, severity: str) -> None:
    description["Table"]["TableStatus"] = status

    assert told(inspect_table(EXPECTED, description)) == [(severity, f"The table is {status}")]


@pytest.mark.parametrize("sse", [{}, {"SSEDescription": {"InaccessibleEncryptionDateTime": 0}}])
def test_a_key_that_cannot_be_used_is_told_whatever_the_table_is_called(
    description: dict[str, Any], sse: dict[str, Any]
) -> None:
    description["Table"] |= sse or {"TableStatus": "INACCESSIBLE_ENCRYPTION_CREDENTIALS"}

    (finding,) = inspect_table(EXPECTED, description)

    assert finding.severity == "error"
    assert finding.what == "The table's KMS key cannot be used, so no record can be read or written"
    assert "after seven days" in finding.remedy


def test_a_key_of_ones_own_that_works_is_no_finding(description: dict[str, Any]) -> None:
    description["Table"]["SSEDescription"] = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "arn:..."}

    assert inspect_table(EXPECTED, description) == []


@pytest.mark.parametrize(
    ("summary", "backup"), [({}, "that DynamoDB made"), ({"ArchivalBackupArn": "arn:aws:b"}, "arn:aws:b")]
)
def test_an_archived_table_is_restored_from_its_backup(
    description: dict[str, Any], summary: dict[str, str], backup: str
) -> None:
    description["Table"] |= {"TableStatus": "ARCHIVED", "ArchivalSummary": summary}

    assert inspect_table(EXPECTED, description) == [
        Finding(
            "error",
            "The table is ARCHIVED: its KMS key could not be used for more than seven days",
            f"Delete the table, and restore the backup {backup}",
        )
    ]


def indexes_of(description: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["IndexName"]: each for each in description["Table"]["GlobalSecondaryIndexes"]}


@pytest.mark.parametrize("index", [IDEMPOTENCY_INDEX, USER_JOBS_INDEX])
def test_an_index_that_is_being_made_is_waited_for(description: dict[str, Any], index: str) -> None:
    made = indexes_of(description)[index]
    made |= {"IndexStatus": "CREATING", "Backfilling": False}
    first = Finding("error", f"The index {index} is CREATING", "Wait until it is ACTIVE")
    assert inspect_table(EXPECTED, description) == [first]

    made["Backfilling"] = True
    then = inspect_table(EXPECTED, description)
    assert told(then) == [("error", f"{first.what}, and is being filled from the records that are there")]

    made["IndexStatus"] = "UPDATING"
    assert inspect_table(EXPECTED, description) == []

    made["IndexStatus"] = "SOMETHING_NEW"
    assert told(inspect_table(EXPECTED, description)) == [("error", f"The index {index} is SOMETHING_NEW")]


@pytest.mark.parametrize("index", [IDEMPOTENCY_INDEX, USER_JOBS_INDEX])
def test_an_index_that_goes_has_to_be_made_again_where_it_is_needed(description: dict[str, Any], index: str) -> None:
    indexes_of(description)[index] |= {"IndexStatus": "DELETING", "Projection": {"ProjectionType": "INCLUDE"}}

    (needed,) = inspect_table(EXPECTED, description)
    assert (needed.severity, needed.what) == ("error", f"The index {index} is DELETING")
    assert needed.remedy.startswith("When it is gone aws dynamodb update-table --table-name jobs --attribute-")
    assert "ACTIVE" not in needed.remedy

    only_required = inspect_table(EXPECTED._replace(wanted=()), description)
    unneeded = Finding("advice", f"The index {index} is DELETING", "Look again when it is gone")
    assert only_required == ([needed] if index == IDEMPOTENCY_INDEX else [unneeded])


def test_replicas_in_eventual_mode_are_an_error_unless_one_region_alone_writes(description: dict[str, Any]) -> None:
    description["Table"]["TableArn"] = "arn:aws:dynamodb:eu-west-1:123456789012:table/jobs"
    regions = ["us-east-1", "eu-west-1", "eu-west-2"]
    description["Table"]["Replicas"] = [{"RegionName": region} for region in regions]

    assert told(inspect_table(EXPECTED, description)) == [
        (
            "error",
            "The table has replicas (eu-west-2, us-east-1) in eventual mode: two Regions can claim one job twice",
        )
    ]
    assert inspect_table(EXPECTED._replace(one_region_writes=True), description) == []

    description["Table"]["MultiRegionConsistency"] = "STRONG"
    assert inspect_table(EXPECTED, description) == []

    description["Table"] |= {"MultiRegionConsistency": "EVENTUAL", "Replicas": [{"RegionName": "eu-west-1"}]}
    assert inspect_table(EXPECTED, description) == []


def test_both_ways_to_verify_take_the_word_that_one_region_writes(
    client: Any, engine: Engine, table_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = deepcopy(dict(client.describe_table(TableName=table_name)))
    answers["Table"]["Replicas"] = [{"RegionName": "us-east-1"}]
    asked: list[bool] = []

    def look(expected: Expected, _: Any) -> list[Finding]:
        asked.append(expected.one_region_writes)
        return inspect_table(expected, answers)

    monkeypatch.setattr(verification, "_LOOKS", (verification._LOOKS[0]._replace(inspect=look),))
    operator = JobsOperator(JobsRepository(table_name))

    for verify in (partial(verify_table, table_name), partial(operator.verify_table, optional_indexes=False)):
        assert "error" in {each.severity for each in verify().unwrap()}
        assert "error" not in {each.severity for each in verify(one_region_writes=True).unwrap()}
    assert asked == [False, True, False, True]


def test_an_index_with_less_capacity_than_the_table_is_told(description: dict[str, Any]) -> None:
    table = description["Table"]
    del table["BillingModeSummary"]
    for part in (table, *table["GlobalSecondaryIndexes"]):
        part["ProvisionedThroughput"] = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1000}
    indexes_of(description)[USER_JOBS_INDEX]["ProvisionedThroughput"]["WriteCapacityUnits"] = 5

    assert told(inspect_table(EXPECTED, description)) == [
        ("advice", "The capacity is provisioned: more than 1,000 write and 1 read units a second are throttled"),
        (
            "advice",
            "The index user-jobs-index has 5 write units, fewer than the table's 1,000:"
            " a full index throttles the table's writes",
        ),
    ]


def test_maximums_of_a_table_on_demand_are_told_with_the_command_that_lifts_them(description: dict[str, Any]) -> None:
    description["Table"]["OnDemandThroughput"] = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 2000}
    both = {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20}
    indexes_of(description)[ACTIVE_JOBS_INDEX]["OnDemandThroughput"] = both

    on_table, on_index = inspect_table(EXPECTED, description)

    assert on_table == Finding(
        "advice",
        "The table has a maximum of 2,000 write units a second: more load than that is throttled",
        "aws dynamodb update-table --table-name jobs"
        " --on-demand-throughput MaxReadRequestUnits=-1,MaxWriteRequestUnits=-1",
    )
    assert on_index.what == (
        "The index active-jobs-index has a maximum of 20 write and 10 read units a second:"
        " more load than that is throttled"
    )
    assert '"OnDemandThroughput":{"MaxReadRequestUnits":-1,"MaxWriteRequestUnits":-1}' in on_index.remedy


def test_a_stream_with_both_images_and_one_that_is_off_are_no_finding(description: dict[str, Any]) -> None:
    for stream in ({"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}, {"StreamEnabled": False}):
        description["Table"]["StreamSpecification"] = stream
        assert inspect_table(EXPECTED, description) == []


def test_a_foreign_index_on_attributes_of_its_writers_is_no_finding(
    client: Any, engine: Engine, making: Making, sound: list[tuple[str, str]]
) -> None:
    making.add("by-tenant", "tenant", "created_at")
    making.add("by-status", "status", "ttl")
    making.set_type("ttl", "N")
    making.make(client, has_backups=engine.has_backups)

    assert told(verify_table(making.name, optional_indexes=True).unwrap()) == sound


def test_the_table_that_callers_of_the_five_methods_have_passes_with_advice_only(
    client: Any, engine: Engine, making: Making
) -> None:
    """As the services made it: the key, one index that projects all, `ttl`, on demand, point-in-time recovery."""
    making.drop(USER_JOBS_INDEX)
    making.drop(ACTIVE_JOBS_INDEX)
    project(making, IDEMPOTENCY_INDEX, ProjectionType="ALL")
    del making.request["DeletionProtectionEnabled"]
    making.make(client, has_backups=engine.has_backups)

    found = verify_table(making.name).unwrap()

    all_projected = (
        "The index idempotency-key-index projects ALL: every write is billed twice, for code that reads it if any"
    )
    assert [each for each in told(found) if each[0] != "unchecked"] == [
        ("advice", all_projected),
        ("advice", PROTECTION_OFF),
    ]


def test_a_table_that_never_was_on_demand_has_no_summary_of_it(description: dict[str, Any]) -> None:
    del description["Table"]["BillingModeSummary"]

    assert [finding.severity for finding in inspect_table(EXPECTED, description)] == ["advice"]


@pytest.mark.parametrize(("status", "findings"), [("ENABLING", 0), ("ENABLED", 0), ("DISABLING", 1), ("DISABLED", 1)])
def test_a_time_to_live_and_a_recovery_that_are_on_their_way_count(status: str, findings: int) -> None:
    time_to_live = {"TimeToLiveDescription": {"TimeToLiveStatus": status, "AttributeName": "ttl"}}
    recovery = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": status}}

    assert len(inspect_time_to_live(EXPECTED, time_to_live)) == findings
    assert len(inspect_backups(EXPECTED, {"ContinuousBackupsDescription": recovery})) == findings


def test_a_description_without_keys_is_told(description: dict[str, Any]) -> None:
    del description["Table"]["KeySchema"]

    (finding,) = inspect_table(EXPECTED, description)

    assert finding == Finding("error", "The key of the table is unknown instead of job_id (S)", NEW_TABLE)


def test_findings_are_ordered_by_severity_and_otherwise_as_found() -> None:
    found = [Finding("unchecked", "a", ""), Finding("advice", "b", ""), Finding("error", "c", "")]

    assert [each.what for each in by_severity([*found, Finding("advice", "d", "")])] == ["c", "b", "d", "a"]

"""The declared permissions are those that the methods need, and a role's policy allows these and no others."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, ResultCode, create_table, iam_policy, verify_table
from careervp_jobs_dal.infrastructure.permission import METHODS, PERMISSIONS, ROLES, Role, needed
from tests.conftest import Clock
from tests.faults import Faults
from tests.table.recording import TABLE_ARN, recorded
from tests.table.scenarios import SCENARIOS, World

SENDS_NOTHING = {"connect"}
_numbers = count()


@pytest.fixture
def table_name() -> str:
    """The index projects keys only, because a look-up then needs one action more."""
    return create_table(f"watched-{next(_numbers)}", index_projection="KEYS_ONLY", optional_indexes=True).unwrap()


@pytest.fixture
def world(repository: JobsRepository, clock: Clock, faults: Faults) -> World:
    return World(repository, clock, faults)


@pytest.fixture
def client(repository: JobsRepository) -> Any:
    return repository.dynamodb.meta.client


@pytest.mark.parametrize("method", SCENARIOS)
def test_a_method_sends_what_is_declared_for_it(world: World, client: Any, method: str) -> None:
    with recorded(client) as recording:
        SCENARIOS[method](world)

    assert recording.needed == set(PERMISSIONS[method])


def test_every_method_is_declared_and_recorded() -> None:
    rooms = (JobsRepository, JobsOperator)
    methods = {name for room in rooms for name in dir(room) if name[0] != "_" and callable(getattr(room, name))}

    declared = "declare what it sends in careervp_jobs_dal/infrastructure/permission.py"
    recorded = "call it on each of its ways in tests/table/scenarios.py"
    sending = methods - SENDS_NOTHING | {"create_table", "verify_table", "max_active_per_user"}
    assert set(PERMISSIONS) == sending, declared
    assert set(SCENARIOS) == sending, recorded
    assert {name for names in METHODS.values() for name in names} <= set(PERMISSIONS)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_can_do_what_its_methods_do_and_no_more(world: World, client: Any, role: Role) -> None:
    allowed = {each for name in METHODS[role] for each in PERMISSIONS[name]}
    for method, scenario in SCENARIOS.items():
        with recorded(client, iam_policy(role, TABLE_ARN)) as recording:
            scenario(world)

        # What would follow the first denied request is not asked for.
        denied = set(PERMISSIONS[method]) - allowed
        assert recording.denied <= denied, method
        assert bool(recording.denied) == bool(denied), method


def test_a_denied_write_changes_nothing_and_is_access_denied(world: World, client: Any) -> None:
    job_id = world.job()
    with recorded(client, iam_policy("status", TABLE_ARN)):
        assert world.repository.cancel_job(job_id).code is ResultCode.ACCESS_DENIED
        assert verify_table(world.repository.table_name).code is ResultCode.ACCESS_DENIED

    assert world.owner.find_job(job_id).unwrap()["status"] == "PENDING"


@pytest.mark.parametrize("role", ROLES)
def test_a_policy_is_a_sound_document(role: Any) -> None:
    document = json.loads(iam_policy(role, TABLE_ARN))

    assert list(document) == ["Version", "Statement"]
    assert document["Version"] == "2012-10-17"
    for statement in document["Statement"]:
        assert set(statement) == {"Sid", "Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"
        assert statement["Action"] == sorted(set(statement["Action"]))
        assert all(action.startswith("dynamodb:") and "*" not in action for action in statement["Action"])
        assert statement["Resource"] == sorted(set(statement["Resource"]))
        assert all(resource.startswith(TABLE_ARN) and "*" not in resource for resource in statement["Resource"])


def test_no_role_but_the_operators_deletes_or_scans() -> None:
    for role in set(ROLES) - {"operator"}:
        actions = {permission.action for permission in needed(role)}
        assert actions <= {"GetItem", "BatchGetItem", "PutItem", "UpdateItem", "Query"}


def test_the_index_is_a_resource_of_its_own_by_its_own_name() -> None:
    statements = json.loads(iam_policy("submit", TABLE_ARN, "by-key"))["Statement"]

    assert statements[1]["Action"] == ["dynamodb:Query"]
    assert statements[1]["Resource"] == [f"{TABLE_ARN}/index/by-key"]


def test_a_policy_can_be_made_for_single_methods() -> None:
    (statement,) = json.loads(iam_policy(["submit_job", "cancel_job"], TABLE_ARN))["Statement"]

    assert statement["Action"] == ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]


@pytest.mark.parametrize("who", ["admin", "submit_job", ["no_such_method"], ["connect"], []])
def test_an_unknown_role_or_method_is_refused(who: Any) -> None:
    with pytest.raises(ValueError, match=r"The roles are submit, worker, status, sweeper, operator|Not a method"):
        iam_policy(who, TABLE_ARN)

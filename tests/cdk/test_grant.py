"""The grants are those of the declaration, for a table of the stack and for one that is adopted."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from careervp_jobs_dal.infrastructure.cdk import GrantingTable, JobsTable
from careervp_jobs_dal.infrastructure.permission import ROLES
from tests.cdk.reading import declared, new_function, new_stack, permitted, resources, template_of

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/careervp-jobs-table-dev"
WRITERS = {"submit", "worker", "sweeper", "operator"}


def adopted(stack: Stack, **attributes: Any) -> GrantingTable:
    table = dynamodb.TableV2.from_table_attributes(stack, "Table", table_arn=ARN, **attributes)
    return JobsTable.from_table(stack, "Jobs", table, idempotency_index_name="by-key", optional_indexes=True)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_permitted_what_its_methods_send_and_nothing_else(role: str) -> None:
    stack = new_stack()
    grant = getattr(JobsTable(stack, "Jobs"), f"grant_{role}")(new_function(stack))
    template = template_of(stack)
    (table,) = resources(template, "AWS::DynamoDB::GlobalTable")

    assert permitted(template, "dynamodb") == declared(role, {"Fn::GetAtt": [table, "Arn"]})
    assert permitted(template, "kms") == set()
    assert grant.success


@pytest.mark.parametrize("role", ROLES)
def test_a_table_that_is_there_is_adopted_with_the_same_grants(role: str) -> None:
    stack = new_stack()
    getattr(adopted(stack), f"grant_{role}")(new_function(stack))
    template = template_of(stack)

    assert permitted(template, "dynamodb") == declared(role, ARN, {"idempotency-key-index": "by-key"})
    assert resources(template, "AWS::DynamoDB::GlobalTable") == {}


def test_an_adopted_table_has_the_name_that_it_had() -> None:
    assert adopted(new_stack()).table_name == "careervp-jobs-table-dev"


def test_methods_are_permitted_what_they_send() -> None:
    stack = new_stack()
    adopted(stack).grant(["submit_job", "cancel_job"], new_function(stack))

    assert permitted(template_of(stack), "dynamodb") == declared(["submit_job", "cancel_job"], ARN)


def test_what_is_neither_role_nor_method_is_refused() -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match="Not a method that sends something: fly"):
        adopted(stack).grant(["fly"], new_function(stack))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_use_the_tables_key_and_encrypt_only_where_it_writes(role: str) -> None:
    stack = new_stack()
    getattr(adopted(stack, encryption_key=kms.Key(stack, "Key")), f"grant_{role}")(new_function(stack))

    actions = {action for action, _ in permitted(template_of(stack), "kms")}
    assert "kms:Decrypt" in actions
    assert ("kms:Encrypt" in actions) is (role in WRITERS)


def test_a_sweeper_without_the_index_that_it_reads_is_refused() -> None:
    stack = new_stack()
    table = JobsTable(stack, "Jobs", optional_indexes=["user-jobs-index"])

    with pytest.raises(ValueError, match="the sweeper needs active-jobs-index"):
        table.grant_sweeper(new_function(stack))


def test_an_adopted_table_has_the_optional_indexes_that_are_named() -> None:
    stack = new_stack()
    table = dynamodb.TableV2.from_table_name(stack, "Table", "jobs")
    jobs = JobsTable.from_table(stack, "Jobs", table)

    assert jobs.optional_indexes == ()
    with pytest.raises(ValueError, match="the sweeper needs active-jobs-index"):
        jobs.grant_sweeper(iam.AccountRootPrincipal())

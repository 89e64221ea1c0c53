"""`table create`, `verify` and `export`."""

from __future__ import annotations

import json

import pytest

from careervp_jobs_dal import cloudformation, iam_policy, terraform, verify_table
from tests.cli.conftest import Run

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/jobs"


def test_a_table_is_created_once(run: Run, table_name: str) -> None:
    new = f"{table_name}-new"
    create = ("table", "create", "--table", new, "--projection", "KEYS_ONLY", "--optional-indexes")

    ran, again = run(*create), run(*create)

    assert (ran.code, ran.out) == (0, f"Created {new}.\n")
    assert (again.code, again.out) == (1, "")
    assert again.err.splitlines()[0] == f"careervp-jobs: The table {new} exists already and was not changed"
    assert not any(one.severity == "error" for one in verify_table(new, optional_indexes=True).unwrap())
    assert run("table", "create", "--table", f"{new}-2", "--json").document == {"table": f"{new}-2", "created": True}


def test_a_table_without_errors_is_told_what_would_be_better(run: Run, table_name: str) -> None:
    ran = run("table", "verify")

    assert ran.code == 0
    findings = verify_table(table_name).unwrap()
    assert [line[:9].strip() for line in ran.out.splitlines()[::2]] == [one.severity for one in findings]
    assert [line[11:] for line in ran.out.splitlines()[1::2]] == [one.remedy for one in findings]


def test_a_missing_index_is_an_error(run: Run, table_name: str) -> None:
    ran = run("table", "verify", "--optional-indexes", "--json")

    assert ran.code == 1
    assert ran.document["table"] == table_name
    assert ran.document["findings"][0]["what"] == "The index user-jobs-index is missing"
    assert ran.document["findings"][0]["remedy"].startswith("aws dynamodb update-table")


def test_a_table_as_it_should_be_is_an_answer(run: Run, table_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from careervp_jobs_dal import Result
    from careervp_jobs_dal.infrastructure import verification

    monkeypatch.setattr(verification, "verify_table", lambda *_, **__: Result.success([]))

    assert run("table", "verify").out == f"{table_name} is as it should be.\n"


def test_a_table_that_is_not_there_cannot_be_verified(run: Run) -> None:
    ran = run("table", "verify", "--table", "no-such-table")

    assert (ran.code, ran.out) == (3, "")


def test_the_table_is_exported(run: Run, table_name: str) -> None:
    assert run("table", "export").out.rstrip() == cloudformation(table_name).rstrip()
    ran = run("table", "export", "--format", "terraform", "--policies", "--optional-indexes", "--index", "by-key")
    assert ran.out.rstrip() == terraform(table_name, "by-key", optional_indexes=True, policies=True).rstrip()
    machine = run("table", "export", "--json").document
    assert machine == {"format": "cloudformation", "text": cloudformation(table_name)}


def test_a_role_s_policy_is_exported(run: Run) -> None:
    ran = run("table", "export", "--format", "iam", "--role", "worker", "--table-arn", ARN)

    assert ran.out.rstrip() == iam_policy("worker", ARN).rstrip()
    assert json.loads(ran.out)["Version"] == "2012-10-17"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "iam", "--role", "worker"], "--format iam needs --role and --table-arn"),
        (["--format", "iam", "--table-arn", ARN], "--format iam needs --role and --table-arn"),
        (["--table-arn", "junk"], "argument --table-arn: must be like arn:aws:dynamodb:REGION:ACCOUNT:table/NAME"),
        (["--index", "!"], "argument --index: must have 3 to 255 letters, digits, '_', '.' or '-'"),
        (["--table", "a b"], "argument --table: must have 3 to 255 letters, digits, '_', '.' or '-'"),
    ],
)
def test_wrong_usage_is_one_line(run: Run, arguments: list[str], said: str) -> None:
    ran = run("table", "export", *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"careervp-jobs: {said}")

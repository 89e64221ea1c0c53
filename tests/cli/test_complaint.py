"""Each error names the table, the region and the endpoint, and the command that mends it."""

from __future__ import annotations

import json
import shlex

import boto3
import pytest

from careervp_jobs_dal import JobsRepository, ResultCode
from careervp_jobs_dal.aws.failure import Place
from careervp_jobs_dal.cli import complaint as complaint_module
from careervp_jobs_dal.cli.commands import COMMANDS
from careervp_jobs_dal.cli.complaint import Complaint, complaint
from careervp_jobs_dal.cli.exits import Exit, StopError, exit_for
from careervp_jobs_dal.cli.parser import make_parser
from tests.cli.conftest import Run, claim, fail, submit

PLACE = Place("jobs", "eu-west-1", "http://127.0.0.1:9")
GIVEN = ("--table", "jobs", "--region", "eu-west-1", "--profile", "the team", "--endpoint-url", "http://127.0.0.1:9")
FAILURES = [code for code in ResultCode if code is not ResultCode.SUCCESS]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(complaint_module, "find_place", lambda _: PLACE)
    return PLACE


def complained(words: str, code: str, text: str = "It failed", **facts: str) -> Complaint:
    options = make_parser().parse_args([*GIVEN, *shlex.split(words)])
    known = code in ResultCode.__members__
    return complaint(StopError(text, exit_for(ResultCode(code)) if known else Exit.NO, code, **facts), options)


@pytest.mark.parametrize("code", FAILURES)
@pytest.mark.parametrize("command", [command for command in COMMANDS if command.connects], ids=lambda one: one.words)
def test_each_code_of_each_command_has_its_place_and_a_remedy(command: object, code: ResultCode, place: Place) -> None:
    example = next(one for one in COMMANDS if one is command).examples[-1].partition(" >")[0]

    found = complained(example, code)

    document = found.document()["error"]
    assert list(document) == ["code", "message", "table", "region", "endpoint", "fix"]
    assert (document["code"], document["message"], document["table"]) == (code, "It failed", "jobs")
    assert (document["region"], document["endpoint"]) == ("eu-west-1", "http://127.0.0.1:9")
    assert found.fix
    lines = list(found.lines())
    assert lines[0] == "careervp-jobs: It failed"
    assert lines[-1] == f"  fix:   {found.fix}"


@pytest.mark.parametrize(
    ("words", "code", "text", "fix"),
    [
        ("show a", "CONFIG_ERROR", "DynamoDB error: not there (table jobs, region eu-west-1)", "table create"),
        ("show a", "CONFIG_ERROR", "The table jobs does not have the index that is asked for", "table verify"),
        ("show a", "DYNAMODB_ERROR", "DynamoDB error: unexpected", "table verify"),
        ("table create", "ALREADY_EXISTS", "The table exists", "table verify"),
        ("retry 'a b'", "INVALID_TRANSITION", "It is PENDING", "show 'a b'"),
        ("cancel a b", "LEASE_HELD", "A worker has it", "watch JOB_ID"),
        ("retry a", "ATTEMPTS_EXHAUSTED", "No attempt is left", "retry a"),
        ("watch a", "TIMEOUT", "Still PENDING", "show a"),
    ],
)
def test_a_remedy_is_a_command_with_the_options_that_were_given(
    words: str, code: str, text: str, fix: str, place: Place
) -> None:
    given = "--table jobs --region eu-west-1 --profile 'the team' --endpoint-url http://127.0.0.1:9"

    found = complained(words, code, text).fix or ""

    assert found.startswith(f"careervp-jobs {fix} {given}")
    make_parser().parse_args(shlex.split(found.partition(",")[0])[1:])


@pytest.mark.parametrize(
    ("code", "text", "fix"),
    [
        ("CONFIG_ERROR", "No AWS credentials that can be used (broken)", "log in"),
        ("CONFIG_ERROR", "The AWS region, profile or endpoint is missing", "pass --region"),
        ("ACCESS_DENIED", "No AWS credentials that can be used", "log in"),
        ("ACCESS_DENIED", "DynamoDB error: not authorized", "allow the action by the policy of: careervp-jobs table"),
        ("NOT_FOUND", "Job not found: a", "compare id, table and region; careervp-jobs list --user USER_ID --table"),
        ("CORRUPT_RECORD", "It cannot be read", "aws dynamodb get-item --table-name jobs --key"),
        ("UNAVAILABLE", "It could not be reached", "start DynamoDB at http://127.0.0.1:9, or leave"),
    ],
)
def test_a_remedy_is_said_in_words_where_no_command_alone_mends_it(
    code: str, text: str, fix: str, place: Place
) -> None:
    assert (complained("show a", code, text).fix or "").startswith(fix)


def test_a_missing_index_is_added_by_a_command_of_aws(place: Place) -> None:
    text = (
        "The table jobs does not have the optional index user-jobs-index. A new table gets it by"
        " create_table(optional_indexes=True), this one by: aws dynamodb ..."
    )

    found = complained("list --user u", "CONFIG_ERROR", text)

    assert found.message == "The table jobs does not have the optional index user-jobs-index"
    assert shlex.split(found.fix or "")[:5] == ["aws", "dynamodb", "update-table", "--table-name", "jobs"]
    assert (found.fix or "").endswith(" --region eu-west-1 --profile 'the team' --endpoint-url http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("table", "arn"),
    [
        ("jobs", "arn:aws-cn:dynamodb:eu-west-1:123456789012:table/jobs"),
        ("arn:aws:dynamodb:eu-west-1:1:table/jobs", "arn:aws:dynamodb:eu-west-1:1:table/jobs"),
    ],
)
def test_a_denied_action_is_named_with_the_policy_that_allows_it(
    table: str, arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(complaint_module, "find_place", lambda _: Place(table, "eu-west-1"))
    caller = "arn:aws-cn:sts::123456789012:assumed-role/r/s"

    found = complained("show a", "ACCESS_DENIED", f"User: {caller} is not authorized to perform: dynamodb:GetItem on")

    assert found.fix == (
        "allow dynamodb:GetItem by the policy of: careervp-jobs table export --format iam --role operator"
        f" --table-arn {arn}"
    )


def test_the_place_is_named_once(place: Place) -> None:
    for text in ("Not there (table jobs, region eu-west-1, endpoint http://x)", "Not there: table jobs", "Not there"):
        assert complained("show a", "CONFIG_ERROR", text).message == "Not there"


def test_what_went_nowhere_has_no_place(place: Place) -> None:
    assert complained("cancel a", "DECLINED", "Nothing was changed").place is None
    assert complained("submit --key k --input -", "VALIDATION_ERROR").fix == "careervp-jobs submit --help"
    assert complaint(StopError("Wrong", Exit.USAGE, "USAGE"), None) == Complaint("USAGE", "Wrong")


def test_an_error_can_bring_its_own_remedy(place: Place) -> None:
    assert complained("show a", "CONFIG_ERROR", fix="sleep").fix == "sleep"


def test_a_password_is_not_shown(place: Place) -> None:
    options = make_parser().parse_args(["show", "a", "--endpoint-url", "http://me:secret@127.0.0.1:9"])

    found = complaint(StopError("It is PENDING", Exit.NO, "INVALID_TRANSITION"), options)

    assert found.fix == "careervp-jobs show a --endpoint-url http://...@127.0.0.1:9"


def test_a_machine_gets_the_place_and_the_remedy_as_fields(run: Run, table_name: str) -> None:
    error = json.loads(run("show", "no such job", "--json").err)["error"]

    endpoint, message = error.pop("endpoint"), error.pop("message")
    assert message.startswith("Job not found: no such job")
    assert endpoint is None or endpoint.startswith("http://127.0.0.1")
    assert error == {
        "code": "NOT_FOUND",
        "table": table_name,
        "region": "eu-west-1",
        "fix": "compare id, table and region; careervp-jobs list --user USER_ID shows a user's jobs."
        " An expired job is deleted",
    }


def test_the_endpoint_is_named_where_it_is_not_aws_s(run: Run) -> None:
    for endpoint in ("http://127.0.0.1:9", "junk"):
        error = json.loads(run("show", "a", "--endpoint-url", endpoint, "--json").err)["error"]
        assert error["endpoint"] == endpoint


def test_a_way_without_an_endpoint_of_its_own_is_the_network() -> None:
    options = make_parser().parse_args(["show", "a", "--table", "jobs"])

    found = complaint(StopError("It could not be reached", Exit.WORLD, "UNAVAILABLE"), options)

    assert found.place == Place("jobs", "eu-west-1", found.place.endpoint if found.place else None)
    assert found.fix


def test_each_refused_job_of_several_has_its_remedy(run: Run, jobs: JobsRepository) -> None:
    waiting, failed = submit(jobs, "a"), submit(jobs, "b")
    fail(jobs, failed)

    ran = run("cancel", waiting, failed, "--yes", "--json")
    shown = run("cancel", waiting, failed, "--yes")

    assert [job["fix"] for job in ran.document["jobs"]] == [None, f"careervp-jobs show {failed}"]
    assert f"  fix:   careervp-jobs show {failed}" in shown.err.splitlines()
    assert sum(line.startswith("  where: ") for line in shown.err.splitlines()) == 1


def test_a_table_that_is_deleted_names_the_command_that_makes_it(run: Run, table_name: str) -> None:
    boto3.client("dynamodb").delete_table(TableName=table_name)

    ran = run("show", "a", "--table", table_name)

    assert ran.code == 3
    reason, where, fix = ran.err.splitlines()
    assert table_name not in reason
    assert where.startswith(f"  where: table {table_name}, region eu-west-1")
    assert fix == f"  fix:   careervp-jobs table create --table {table_name}, or name the right table and region"


def test_a_held_job_is_to_be_watched(run: Run, jobs: JobsRepository) -> None:
    claim(jobs, submit(jobs))

    assert run("show", "a").err.count("\n") == 3

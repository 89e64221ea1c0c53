"""Whatever goes wrong, each command says what, where and what mends it, in safe lines and with its exit code."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError

from careervp_jobs_dal import JobsRepository
from careervp_jobs_dal.cli import main
from careervp_jobs_dal.cli.commands import COMMANDS
from careervp_jobs_dal.cli.parser import make_parser
from careervp_jobs_dal.cli.screen import Screen
from tests.cli.conftest import Ran, Run, fail, submit

QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"
LINES = (
    "show vpr-1",
    "list --user user-1",
    "list --overdue 15m",
    "list --status FAILED --since 1h --user user-1",
    "watch vpr-1",
    "watch",
    "stats",
    "stats --whole-table",
    "submit --key application-7 --input INPUT --no-queue",
    "retry vpr-1 --no-queue --yes",
    f"retry --failed --since 1h --queue-url {QUEUE} --yes",
    "cancel vpr-1 --yes",
    f"recover --older-than 15m --queue-url {QUEUE} --yes",
    f"dead-letters list --queue-url {QUEUE}",
    f"dead-letters redrive --queue-url {QUEUE}",
    "purge --older-than 1h --no-dry-run --yes",
    "erase-user user-1 --no-dry-run --yes",
    "table create",
    "table verify",
)
SOME = tuple(each for each in LINES if each.split()[0] in ("show", "submit", "retry", "dead-letters", "table"))
OFFLINE = {"table export", "alarms", "dashboard"}
Fail = Callable[[Callable[[], BaseException]], None]
EVIL = "\x1b[31m\r\n\x07\x7f\x9b31m\u200b\u202e\u2066\u3164"
DENIED = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: dynamodb:GetItem on resource: y"


def refusal(code: str, message: str = "no", status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "Query",
    )


# Made anew each time: an exception that is raised again keeps all frames that it has passed.
FAULTS: dict[str, Callable[[], BaseException]] = {
    "denied": partial(refusal, "AccessDeniedException", DENIED),
    "keys of another account": partial(refusal, "UnrecognizedClientException"),
    "throttled": partial(refusal, "ProvisionedThroughputExceededException"),
    "no such table": partial(refusal, "ResourceNotFoundException", "Requested resource not found"),
    "an error of the service": partial(refusal, "InternalServerError", status=500),
    "no network": partial(EndpointConnectionError, endpoint_url="https://dynamodb.eu-west-1.amazonaws.com"),
    "a hostile message": partial(refusal, "AccessDeniedException", EVIL),
}


@pytest.fixture
def go(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command on a table that no request reaches."""
    monkeypatch.setenv("JOBS_TABLE_NAME", "jobs")
    for name in ("JOBS_QUEUE_URL", "JOBS_DEAD_LETTER_QUEUE_URL", "JOBS_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments: Ran(main(arguments), *capsys.readouterr())


@pytest.fixture
def line(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The words of a command that goes to AWS."""
    (tmp_path / "input.json").write_text("{}")
    return shlex.split(request.param.replace("INPUT", shlex.quote(str(tmp_path / "input.json"))))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Fail:
    """The way to let each request to AWS end so; boto3 reads its descriptions of the services once."""
    monkeypatch.setattr("boto3.session.Session", cache(boto3.session.Session))

    def fail(fault: Callable[[], BaseException]) -> None:
        def call(*_: Any) -> Any:
            raise fault()

        monkeypatch.setattr(BaseClient, "_make_api_call", call)

    return fail


def is_safe(text: str) -> bool:
    return "Traceback" not in text and all(each.isprintable() for each in text.split("\n")) and "\u3164" not in text


def test_every_command_that_goes_to_aws_is_tried() -> None:
    tried = {make_parser().parse_args(shlex.split(each)).command.words for each in LINES}

    assert tried == {command.words for command in COMMANDS if command.connects} - OFFLINE


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("line", LINES, indirect=True)
def test_a_fault_of_aws_is_told_with_its_place_and_its_remedy(go: Run, line: list[str], fault: str, aws: Fail) -> None:
    aws(FAULTS[fault])

    shown, machine = go(*line), go(*line, "--json")

    assert (shown.code, machine.code) == (3, 3)
    assert is_safe(shown.out + shown.err + machine.out + machine.err)
    where, fix = shown.err.splitlines()[-2:]
    assert where.startswith("  where: table jobs, region eu-west-1")
    assert len(fix) > len("  fix:   ")
    assert fix.startswith("  fix:   ")
    if machine.err:
        error = json.loads(machine.err)["error"]
        assert (error["table"], error["region"], error["fix"]) == ("jobs", "eu-west-1", fix[9:])
    else:
        assert [job["fix"] for job in machine.document["jobs"]] == [fix[9:]]


@pytest.mark.parametrize("line", LINES, indirect=True)
def test_ctrl_c_ends_each_command_in_one_line(go: Run, line: list[str], aws: Fail) -> None:
    aws(KeyboardInterrupt)

    ran = go(*line)

    assert ran.code == 130
    assert is_safe(ran.out + ran.err)
    assert ran.err.startswith("careervp-jobs: Interrupted")


SETTINGS = (
    "AWS_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "JOBS_TABLE_NAME",
    "JOBS_QUEUE_URL",
    "JOBS_DEAD_LETTER_QUEUE_URL",
)


@pytest.mark.parametrize("line", ["dead-letters list", "retry vpr-1 --yes", "table verify"], indirect=True)
def test_a_hostile_setting_is_one_error_in_safe_lines(
    go: Run, line: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreached(*_: Any) -> Any:
        raise FAULTS["no network"]()

    monkeypatch.setattr(BaseClient, "_make_api_call", unreached)
    for name in SETTINGS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(name, EVIL)
            ran = go(*line)

        assert (ran.code in (2, 3), ran.err.count("careervp-jobs: ") > 0 or bool(ran.out)) == (True, True)
        assert is_safe(ran.out + ran.err)


@pytest.mark.parametrize("line", SOME, indirect=True)
def test_without_a_region_the_option_that_gives_one_is_named(
    go: Run, line: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    if "dead-letters" in line:  # the queue's address names the region
        line = [word.replace(QUEUE, "http://127.0.0.1:9/1/jobs") for word in line]

    ran = go(*line)

    assert ran.code == 3
    assert "  fix:   pass --region, or set AWS_DEFAULT_REGION" in ran.err.splitlines()
    assert "  where: table jobs" in ran.err.splitlines()


@pytest.mark.parametrize("line", SOME, indirect=True)
def test_a_password_in_the_endpoint_is_shown_nowhere(go: Run, line: list[str], aws: Fail) -> None:
    aws(FAULTS["no network"])
    hidden = ("--endpoint-url", "http://me:secret@127.0.0.1:9")

    shown, machine = go(*line, *hidden), go(*line, *hidden, "--json")

    assert "secret" not in shown.out + shown.err + machine.out + machine.err


@pytest.mark.parametrize("line", [each for each in LINES if QUEUE in each], indirect=True)
@pytest.mark.parametrize("fault", ["denied", "no network"])
def test_a_password_in_the_address_of_the_queue_is_shown_nowhere(
    go: Run, line: list[str], fault: str, aws: Fail
) -> None:
    aws(FAULTS[fault])
    line = [word.replace("https://", "https://me:secret@") for word in line]

    shown, machine = go(*line), go(*line, "--json")

    assert "secret" not in shown.out + shown.err + machine.out + machine.err


def test_a_record_that_cannot_be_read_is_looked_at_by_a_command_with_its_id(run: Run, jobs: JobsRepository) -> None:
    job_id = "it's \x1b[31m"
    boto3.resource("dynamodb").Table(jobs.table_name).put_item(Item={"job_id": job_id, "status": "ODD"})

    ran = run("show", job_id)

    words = shlex.split(ran.err.splitlines()[-1].removeprefix("  fix:   "))
    assert words[:3] == ["aws", "dynamodb", "get-item"]
    assert json.loads(words[words.index("--key") + 1]) == {"job_id": {"S": job_id}}


def test_jobs_that_were_done_before_ctrl_c_are_told(
    run: Run, jobs: JobsRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = submit(jobs, "a"), submit(jobs, "b")
    cancel = JobsRepository.cancel_job

    def once(repository: JobsRepository, job_id: str, **options: Any) -> Any:
        if job_id == second:
            raise KeyboardInterrupt
        return cancel(repository, job_id, **options)

    monkeypatch.setattr(JobsRepository, "cancel_job", once)
    ran = run("cancel", first, second, "--yes")

    assert (ran.code, ran.err) == (130, "careervp-jobs: Interrupted\n")
    assert [row.split()[0] for row in ran.out.splitlines()[1:]] == [first]


@pytest.mark.usefixtures("with_indexes")
@pytest.mark.parametrize("command", ["purge --older-than 1h", "erase-user user-1"])
def test_a_long_command_says_on_ctrl_c_what_was_done_so_far(
    run: Run, past: JobsRepository, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(past, submit(past))
    live = Screen.live

    def interrupted(screen: Screen, lines: list[str]) -> None:
        live(screen, lines)
        raise KeyboardInterrupt

    monkeypatch.setattr(Screen, "live", interrupted)
    ran = run(*command.split(), "--no-dry-run", "--yes", terminal=True)

    assert (ran.code, ran.err.splitlines()[0][:39]) == (130, "careervp-jobs: Interrupted: 1 job delet")
    assert ran.err.endswith("  fix:   run it again, which goes on with the rest\n")


def test_ctrl_c_while_the_command_is_loaded_shows_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.__import__", load)
    code = main([])
    monkeypatch.undo()

    assert code == 130


def test_watch_ends_when_nobody_reads_its_output(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with open(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        screen = Screen(as_json=False)
        screen.check_reader()
        os.close(reading)

        with pytest.raises(BrokenPipeError):
            screen.check_reader()

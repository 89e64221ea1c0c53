"""What can go wrong in the surroundings is one line and an exit code, and never a traceback."""

from __future__ import annotations

import logging
import os
import re
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

import careervp_jobs_dal
from careervp_jobs_dal import JobsRepository, Result, ResultCode
from careervp_jobs_dal.aws.request_log import _facts
from careervp_jobs_dal.cli import main
from careervp_jobs_dal.cli.exits import Exit, exit_for
from tests.cli.conftest import Run, submit
from tests.conftest import CANARY

SHOW = ("show", "vpr-1")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--json",), '{"error": {"code": "USAGE", "message": "the following arguments are required: COMMAND'),
        (("show",), "the following arguments are required: JOB_ID (see careervp-jobs show --help)"),
        (("frob",), "there is no command 'frob' (one of demo, init, show, "),
        (("shwo", "vpr-1"), "there is no command 'shwo', did you mean show? (see careervp-jobs --help)"),
        (("table", "veryfy"), "there is no command 'veryfy', did you mean verify? (see careervp-jobs table --help)"),
        (
            ("show", "vpr-1", "--usr=u"),
            "there is no option --usr, did you mean --user? (see careervp-jobs show --help)",
        ),
        (("submit", "--ley", "k"), "there is no option --ley, did you mean --key? (see careervp-jobs submit --help)"),
        (("--tabel", "jobs", "show"), "there is no option --tabel, did you mean --table? (see careervp-jobs --help)"),
        (("show", "vpr-1", "--zzzz"), "there is no option --zzzz (see careervp-jobs show --help)"),
        (
            ("purge", "--older-than", "1d", "--status", "faild"),
            "argument --status: there is no 'FAILD', did you mean F",
        ),
        (("show", "vpr-1", "--", "--zzzz"), "unrecognized arguments: --zzzz"),
        (("list",), "Which jobs? --user USER_ID, --overdue 15m, or --status FAILED --since 1h"),
        (("list", "--overdue", "5x"), "argument --overdue: a time is written like 90s, 15m, 1h30m or 2d"),
        (("list", "--overdue", ""), "argument --overdue: a time is written like 90s, 15m, 1h30m or 2d"),
        (("list", "--overdue", "9999999999d"), "argument --overdue: a time is written like 90s, 15m, 1h30m or 2d"),
        (("list", "--user", "u", "--limit", "0"), "argument --limit: must be a whole number of at least 1"),
        (("list", "--user", "u", "--limit", "x"), "argument --limit: must be a whole number of at least 1"),
        (("show", "vpr-1", "--tabl", "jobs"), "there is no option --tabl, did you mean --table?"),
        (("retry", "vpr-1", "--queue-url", "jobs"), "--queue-url must be the whole address of a queue, https://…"),
        (("retry", "vpr-1", "--queue-url", "http://[x"), "--queue-url must be the whole address of a queue, https://…"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_one_line(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = run(*arguments)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.removeprefix("careervp-jobs: ").startswith(said)
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "said", "fix"),
    [
        (
            ("--table", "no-such-table"),
            ("Requested resource not found", "Cannot do operations on a non-existent table"),  # AWS, DynamoDB Local
            "careervp-jobs table create --table no-such-table",
        ),
        (
            ("--endpoint-url", "http://127.0.0.1:9"),
            ("could not be reached",),
            "start DynamoDB at http://127.0.0.1:9, or",
        ),
        (("--endpoint-url", "junk"), ("Invalid endpoint: junk",), "write --endpoint-url like http://127.0.0.1:8000"),
        (("--profile", "nobody"), ("The config profile (nobody) could not be found",), "aws configure list-profiles"),
        (("--region", "no region"), ("region_name 'no region'",), "write --region like eu-west-1"),
    ],
    ids=["table", "endpoint", "no endpoint", "profile", "region"],
)
def test_a_wrong_set_up_is_said_with_its_remedy(
    run: Run, options: tuple[str, str], said: tuple[str, ...], fix: str
) -> None:
    ran = run(*SHOW, *options)

    assert (ran.code, ran.out) == (3, "")
    reason, where, remedy = ran.err.splitlines()
    assert any(words in reason for words in said)
    assert where.startswith("  where: table ")
    assert remedy.startswith(f"  fix:   {fix}")


def test_no_region_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    ran = run(*SHOW)

    assert (ran.code, ran.err.splitlines()[0]) == (3, "careervp-jobs: No AWS region is given")
    assert ran.err.endswith("\n  fix:   pass --region, or set AWS_DEFAULT_REGION\n")


def test_no_credentials_are_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    ran = run(*SHOW, "--json")

    assert (ran.code, ran.out) == (3, "")
    assert '"code": "ACCESS_DENIED", "message": "No AWS credentials that can be used' in ran.err


def test_no_table_or_a_wrong_name_is_wrong_usage(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_TABLE_NAME", "a b")
    assert run(*SHOW).err == "careervp-jobs: The table's name must have 3 to 255 letters, digits, '_', '.' or '-'\n"

    monkeypatch.delenv("JOBS_TABLE_NAME")
    monkeypatch.delenv("VPR_JOBS_TABLE_NAME", raising=False)
    ran = run(*SHOW)
    assert (ran.code, ran.err) == (
        2,
        "careervp-jobs: No table: pass --table, or set JOBS_TABLE_NAME or VPR_JOBS_TABLE_NAME\n",
    )


def test_a_table_can_be_named_by_its_arn() -> None:
    from careervp_jobs_dal.cli.command import table

    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/jobs"
    assert table(arn) == arn


def test_every_code_has_an_exit_code() -> None:
    assert {code: exit_for(code) for code in ResultCode if exit_for(code) is not Exit.NO} == {
        ResultCode.SUCCESS: Exit.OK,
        ResultCode.VALIDATION_ERROR: Exit.USAGE,
        ResultCode.ITEM_TOO_LARGE: Exit.USAGE,
        ResultCode.CONFLICT: Exit.WORLD,
        ResultCode.THROTTLED: Exit.WORLD,
        ResultCode.UNAVAILABLE: Exit.WORLD,
        ResultCode.ACCESS_DENIED: Exit.WORLD,
        ResultCode.CONFIG_ERROR: Exit.WORLD,
        ResultCode.DYNAMODB_ERROR: Exit.WORLD,
    }


def test_an_interrupt_is_clean(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(JobsRepository, "find_job", interrupted)

    ran = run(*SHOW)

    assert (ran.code, ran.out, ran.err) == (130, "", "careervp-jobs: Interrupted\n")


def test_a_reader_that_goes_away_is_no_error(
    run: Run, jobs: JobsRepository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    job_id = submit(jobs)
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "w") as closed_pipe:
        monkeypatch.setattr(sys, "stdout", closed_pipe)
        assert main(["show", job_id]) == 141

    assert capsys.readouterr().err == ""


def test_an_output_that_cannot_be_written_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(["table", "export", "--table", "jobs"]) == 3

    assert capsys.readouterr().err == "careervp-jobs: Cannot write: No space left on device\n"


def test_closed_streams_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    assert main(["submit", "--table", "jobs", "--key", "k", "--input", "-"]) == 2

    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.close()


def test_no_log_line_stands_beside_the_message(run: Run) -> None:
    before = list(logging.getLogger().handlers)

    ran = run(*SHOW, "--endpoint-url", "http://127.0.0.1:9")

    assert "failed" not in ran.err
    assert logging.getLogger().handlers == before


def test_what_a_terminal_would_obey_is_not_sent_in_a_message(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    failure = Result.failure("\x1b[2Jcleared", ResultCode.DYNAMODB_ERROR)
    monkeypatch.setattr(JobsRepository, "find_job", lambda *_, **__: failure)

    assert run(*SHOW).err.startswith("careervp-jobs: \\x1b[2Jcleared\n")


def test_the_arguments_of_the_process_are_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["careervp-jobs", "frob"])
    program = Path(careervp_jobs_dal.__file__).with_name("__main__.py")

    with pytest.raises(SystemExit, match="2"):
        runpy.run_path(str(program), run_name="__main__")

    assert "there is no command 'frob'" in capsys.readouterr().err


@pytest.mark.parametrize("words", [(), ("table",)], ids=["nothing", "a group"])
def test_no_command_is_answered_with_the_help(run: Run, words: tuple[str, ...]) -> None:
    ran = run(*words)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(" ".join(["usage: careervp-jobs", *words, "[-h]"]))
    assert "COMMAND" in ran.err


def test_an_option_s_value_is_no_option(run: Run) -> None:
    assert "there is no option" not in run("--table", "no-such-table", "show", "a").err


def test_a_fault_of_the_command_is_one_error_without_a_value(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError(CANARY)

    monkeypatch.setattr(JobsRepository, "find_job", broken)

    ran = run(*SHOW)
    shown = run(*SHOW, "--debug")

    assert (ran.code, ran.out) == (70, "")
    assert ran.err.startswith("careervp-jobs: Unexpected KeyError\n")
    assert ran.err.endswith("  fix:   repeat the command with --debug, and report its lines\n")
    assert "debug: KeyError at cli/program.py:" in shown.err


@pytest.mark.parametrize("way", ["option", "environment"])
def test_debug_shows_each_request_and_no_value(
    run: Run, jobs: JobsRepository, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = submit(jobs)
    if way == "environment":
        monkeypatch.setenv("JOBS_DEBUG", "1")

    ran = run("show", job_id, *(["--debug"] if way == "option" else []))

    assert ran.code == 0
    line = r"debug: DynamoDB GetItem: 200, \d+ ms, request [\w-]+, retries \d(, [\d.]+ units)?"
    assert re.fullmatch(line, ran.err.strip())


def test_debug_shows_a_refused_request_and_the_library_s_own_lines(run: Run) -> None:
    ran = run("show", "a", "--table", "no-such-table", "--debug")

    lines = ran.err.splitlines()
    assert lines[0].startswith("debug: DynamoDB GetItem: 400 ResourceNotFoundException, ")
    assert lines[1].startswith("debug: find failed: CONFIG_ERROR (ResourceNotFoundException), table no-such-table")
    assert lines[2].startswith("debug: StopError at cli/program.py:")
    assert lines[3].startswith("careervp-jobs: DynamoDB error: ")


def test_debug_shows_a_request_without_an_answer(run: Run) -> None:
    ran = run("show", "a", "--endpoint-url", "http://127.0.0.1:9", "--debug")

    assert ran.err.startswith("debug: DynamoDB GetItem: no answer (EndpointConnectionError), ")


def test_debug_shows_requests_to_a_queue(run: Run, queue_url: str) -> None:
    words = ("submit", "--key", "k", "--input", "-", "--queue-url", queue_url, "--debug")

    ran = run(*words, stdin=b'{"text": "the-text-of-a-cv"}')

    assert re.search(r"^debug: SQS SendMessage: 200, \d+ ms, request [\w-]+, retries 0$", ran.err, re.M)


def test_debug_shows_no_line_of_another_library(
    run: Run, jobs: JobsRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = JobsRepository.find_job

    def with_a_line(*arguments: Any, **options: Any) -> Any:
        logging.getLogger("another").warning("a value: %s", CANARY)
        return find(*arguments, **options)

    monkeypatch.setattr(JobsRepository, "find_job", with_a_line)

    assert "a value" not in run("show", submit(jobs), "--debug").err


def test_capacity_of_many_tables_is_summed() -> None:
    assert _facts({"ConsumedCapacity": [{"CapacityUnits": 1.0}, {"CapacityUnits": 0.5}]}).endswith(", 1.5 units")

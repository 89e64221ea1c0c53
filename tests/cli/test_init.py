"""`init`: a service to start from, whose tests and types are right, and which overwrites nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cfnlint.decode import decode_str  # type: ignore[import-untyped]
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

import careervp_jobs_dal
from tests.cli.conftest import Run

FILES = {
    "README.md",
    "pyproject.toml",
    "template.yaml",
    "table.json",
    *(f"service/{name}" for name in ("dead_letters.py", "requirements.txt", "status.py", "submit.py", "sweeper.py")),
    "service/worker.py",
    "tests/requirements.txt",
    "tests/conftest.py",
    "tests/test_service.py",
}

RULE = "2 to 40 lower-case letters, digits or '-', a letter first"
NEAR = "pass one, such as --service"
ROLES = ("Submit", "Worker", "DeadLetterHandler", "Status", "Sweeper")


@pytest.fixture
def service(run: Run, tmp_path: Path) -> Path:
    folder = tmp_path / "greetings"
    assert run("init", str(folder)).code == 0
    return folder


def called(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A tool in the service's folder, with the package but without this checkout's own settings."""
    package = str(Path(careervp_jobs_dal.__file__).parents[1])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": package, "HOME": str(folder), "AWS_PROFILE": "work"}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_each_file_is_written_with_the_names(run: Run, tmp_path: Path) -> None:
    words = ("init", str(tmp_path), "--service", "letters", "--table", "letters-dev", "--json")

    ran = run(*words)

    assert ran.document == {"directory": str(tmp_path), "service": "letters", "files": sorted(FILES)}
    texts = {path: (tmp_path / path).read_text() for path in FILES}
    assert texts["README.md"].startswith("# letters\n")
    assert "JOBS_TABLE_NAME=letters-dev" in texts["README.md"]
    assert json.loads(texts["table.json"])["Resources"]["JobsTable"]["Properties"]["TableName"] == "letters-dev"
    assert [path for path, text in texts.items() if "{{" in text] == []


def test_the_names_follow_from_the_directory(service: Path) -> None:
    assert (service / "README.md").read_text().startswith("# greetings\n")
    assert '"TableName": "greetings-jobs"' in (service / "table.json").read_text()


def test_its_tests_pass(service: Path) -> None:
    done = called(service, "pytest", "-q", "-p", "no:cacheprovider")

    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_its_types_are_right(service: Path) -> None:
    pytest.importorskip("mypy")

    done = called(service, "mypy", "--cache-dir", os.devnull)

    assert done.returncode == 0, done.stdout + done.stderr


def test_pyright_finds_its_modules(service: Path) -> None:
    pytest.importorskip("pyright")

    done = called(service, "pyright", "--pythonpath", sys.executable)

    assert done.returncode == 0, done.stdout + done.stderr


def test_its_code_has_the_usual_form(service: Path) -> None:
    pytest.importorskip("ruff")

    assert called(service, "ruff", "format", "--check", "--no-cache").returncode == 0
    assert called(service, "ruff", "check", "--no-cache").stdout == "All checks passed!\n"


def test_its_template_becomes_one_of_cloudformation(service: Path) -> None:
    text = (service / "template.yaml").read_text()
    loaded, wrong = decode_str(text)
    assert wrong == []

    loaded["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"

    made = Translator({}, Parser()).translate(loaded, {"UserPoolArn": "arn:aws:cognito-idp:r:1:userpool/p"})

    kinds = [resource["Type"] for resource in made["Resources"].values()]
    assert kinds.count("AWS::Lambda::Function") == len(ROLES)
    outputs = json.loads((service / "table.json").read_text())["Outputs"]
    used = {name for name in outputs if f"Table.Outputs.{name}" in text}
    assert used == {"TableName", *(f"Jobs{role}PolicyArn" for role in ("Submit", "Worker", "Status", "Sweeper"))}
    handlers = {made["Resources"][name]["Properties"]["Handler"] for name in ROLES}
    assert all((service / "service" / f"{handler.partition('.')[0]}.py").exists() for handler in handlers)


@pytest.mark.parametrize("word", ["on", "off", "yes", "no", "true", "false", "null"])
def test_a_service_named_by_a_word_of_yaml_keeps_its_name(run: Run, tmp_path: Path, word: str) -> None:
    assert run("init", str(tmp_path), "--service", word).code == 0

    loaded, _ = decode_str((tmp_path / "template.yaml").read_text())

    assert loaded["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == word
    assert loaded["Description"].startswith(f"{word}, ")


def test_each_queue_hides_a_message_for_six_times_its_functions_time_out(service: Path) -> None:
    loaded, _ = decode_str((service / "template.yaml").read_text())
    usual = loaded["Globals"]["Function"]["Timeout"]
    resources = loaded["Resources"]
    for function, queue in (("Worker", "Queue"), ("DeadLetterHandler", "DeadLetters")):
        properties = resources[function]["Properties"]
        source = properties["Events"]["Message"]["Properties"]
        assert source["Queue"] == {"Fn::GetAtt": [queue, "Arn"]}
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert resources[queue]["Properties"]["VisibilityTimeout"] >= 6 * properties.get("Timeout", usual)


def test_what_its_tests_need_is_installed_by_any_pip(service: Path) -> None:
    """`--group` needs a newer pip than the one that Python 3.11 brings."""
    assert "--group" not in (service / "README.md").read_text()
    assert (service / "tests/requirements.txt").read_text() == "careervp-jobs-dal[testing]\nmypy>=1.18\n"


def test_no_file_is_overwritten(run: Run, service: Path) -> None:
    (service / "README.md").write_text("mine")
    (service / "template.yaml").unlink()

    ran = run("init", str(service))

    assert (ran.code, ran.out) == (1, "")
    assert "README.md, " in ran.err
    assert "is there already; nothing was written" in ran.err
    assert (service / "README.md").read_text() == "mine"
    assert not (service / "template.yaml").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("init", "/tmp/My_Service"), f"The directory's name is no service's name ({RULE}): {NEAR} my-service"),
        (("init", "/tmp/7up\n"), f"The directory's name is no service's name ({RULE}): {NEAR} my-service"),
        (("init", "/tmp/Größe 2"), f"The directory's name is no service's name ({RULE}): {NEAR} gr-e-2"),
        (("init", "x", "--service", "A"), "argument --service: must have 2 to 40 lower-case letters"),
        (("init", "/dev/null/x", "--service", "letters"), "Cannot write to /dev/null/x: Not a directory"),
    ],
)
def test_what_cannot_be_written_is_one_line(run: Run, words: tuple[str, ...], said: str) -> None:
    ran = run(*words)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"careervp-jobs: {said}")

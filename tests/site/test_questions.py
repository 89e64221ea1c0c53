"""Ten questions of an operator and ten of a newcomer: one search or one `--help` answers each."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from careervp_jobs_dal.cli.program import main
from tests.site.search import Site


@dataclass(frozen=True)
class Search:
    """The first hit of a search is a page that has the answer."""

    words: str
    answer: str


@dataclass(frozen=True)
class Help:
    """A command's `--help` has the answer."""

    command: str
    answer: str


OPERATOR: dict[str, Search | Help] = {
    "Which jobs are stuck?": Help("list", "--overdue TIME"),
    "Which jobs failed in the last hour, of anybody?": Help("list", "--status FAILED --since 1h"),
    "Why is this job stuck, and what do I do?": Search("job stuck", "careervp-jobs recover --older-than 1h"),
    "Why did this job fail?": Search("job failed", "Mend the work function"),
    "How do I try all of them again?": Help("retry", "all jobs that failed between --since and --until"),
    "What do I do with the messages in the dead-letter queue?": Help("dead-letters redrive", "back to the workers"),
    "How do I bring lost jobs back?": Help("recover", "Bring back jobs whose worker or message was lost"),
    "An alarm rang: what does it mean?": Search("runbook", "its meaning, the place to look"),
    "A user wants to be forgotten: how?": Search("GDPR delete user", "erase_user"),
    "What does THROTTLED mean, and what do I do?": Search("throttled", "The requests exceed the capacity of the table"),
}

NEWCOMER: dict[str, Search | Help] = {
    "How do I install it?": Search("install", "python -m pip install careervp-jobs-dal"),
    "What does the first job look like?": Search("getting started", "submit_job"),
    "What are the parts, and who calls whom?": Search("architecture", "The table decides, and the queue only reminds"),
    "Which visibility timeout should my queue have?": Search("visibility timeout", "six times the function"),
    "What happens when my client sends a request twice?": Search("idempotency", "one job for all these requests"),
    "How does a client learn that its job is done?": Search("poll", "find_status"),
    "What is a lease?": Search("glossary", "The time for which a claim holds a job"),
    "How do I test my service?": Search("test my service", "pytest"),
    "What does it cost?": Search("cost", "dollars"),
    "Should I take this or Step Functions?": Search("step functions", "When to take which"),
}


def test_there_are_ten_questions_of_each() -> None:
    assert (len(OPERATOR), len(NEWCOMER)) == (10, 10)


@pytest.mark.parametrize("question", [*OPERATOR, *NEWCOMER])
def test_one_search_or_one_help_answers(
    question: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    way = (OPERATOR | NEWCOMER)[question]

    if isinstance(way, Help):
        with pytest.raises(SystemExit):
            main([*way.command.split(), "--help"])
        text = capsys.readouterr().out
    else:
        site: Site = request.getfixturevalue("site")
        folder: Path = request.getfixturevalue("folder")
        page = (folder / f"{site.search(way.words)[0].page}.html").read_text(encoding="utf-8")
        text = html.unescape(re.sub(r"<[^>]+>", "", page))

    assert way.answer in " ".join(text.split())

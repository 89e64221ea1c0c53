"""What people search for leads to the page that they need, as the first hit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.site.search import Site

SEARCHES = {
    "visibility timeout": "guides/worker#set-up-the-queue",
    "event source mapping": "guides/worker#set-up-the-queue",
    "partial batch response": "guides/worker#set-up-the-queue",
    "maxReceiveCount": "guides/worker#set-up-the-queue",
    "DLQ": "guides/worker#handle-dead-letters",
    "dead letter queue": "guides/worker#handle-dead-letters",
    "dead-letter queue": "guides/worker#handle-dead-letters",
    "redrive": "guides/runbook#dead-letters",
    "FIFO": "guides/worker#use-a-fifo-queue",
    "exponential backoff": "guides/worker#retry-after-a-pause",
    "heartbeat": "guides/worker#set-the-lease",
    "lease": "guides/worker#set-the-lease",
    "429": "reference/result-codes#too-many-active-jobs",
    "cancel": "guides/worker#stop-a-cancelled-job",
    "job stuck": "troubleshooting/stuck",
    "stuck in PROCESSING": "troubleshooting/stuck",
    "job failed": "troubleshooting/failed",
    "my job failed": "troubleshooting/failed",
    "job ran twice": "troubleshooting/done-twice",
    "duplicate job": "troubleshooting/done-twice",
    "retry failed jobs": "guides/recover",
    "sweeper": "guides/recover",
    "list failed jobs": "guides/list",
    "pagination": "guides/list",
    "idempotency": "guides/submit",
    "idempotency key": "guides/submit",
    "delayed job": "guides/submit#schedule-a-job-for-later",
    "throttled": "reference/result-codes#throttled",
    "lease lost": "reference/result-codes#lease-lost",
    "LEASE_LOST": "reference/result-codes#lease-lost",
    "access denied": "reference/result-codes#access-denied",
    "cost": "explanation/costs",
    "terraform": "guides/table",
    "cloudformation": "guides/table",
    "IAM policy": "reference/iam",
    "GDPR delete user": "guides/privacy",
    "poll": "guides/poll",
    "webhook": "guides/change-feed",
    "DynamoDB Streams": "guides/change-feed",
    "test my service": "guides/testing",
    "moto": "guides/testing",
    "asyncio": "guides/asyncio",
    "pydantic": "guides/job-kind",
    "fencing token": "explanation/guarantees",
    "exactly once": "explanation/guarantees",
    "step functions": "explanation/beside",
    "when not to use": "explanation/when-not",
    "glossary": "glossary",
    "architecture": "explanation/architecture",
    "environment variables": "reference/configuration",
    "getting started": "tutorial",
    "lambda layer": "guides/layer",
    "X-Ray": "guides/tracing",
    "cloudwatch alarm": "guides/alarms",
    "outbox": "guides/outbox",
    "VPC endpoint": "reference/configuration#in-a-vpc",
    "SnapStart": "reference/configuration#connecting",
    "cron": "guides/submit#schedule-a-job-for-later",
    "bulk submit": "guides/submit#many-at-once",
    "fair queues": "guides/submit#many-at-once",
    "max_active_per_user": "guides/submit#a-cap-per-user",
    "multi-tenant": "guides/submit#keep-users-apart",
    "ConditionalCheckFailedException": "reference/result-codes#codes-of-aws",
    "ProvisionedThroughputExceededException": "reference/result-codes#throttled",
    "clock skew": "explanation/guarantees#leases-without-threads",
    "optimistic locking": "glossary",
    "encryption at rest": "guides/privacy",
    "security": "guides/privacy",
    "presigned URL": "guides/worker#store-the-result-in-s3",
    "LocalStack": "guides/testing#what-it-is-not",
    "timezone": "reference/values#instants",
    "orphaned job": "troubleshooting/stuck",
    "charged twice": "troubleshooting/done-twice",
    "disaster recovery": "reference/table#global-tables",
    "JobsRepository": "reference/api/repository#careervp_jobs_dal.JobsRepository",
    "submit_job": "reference/api/repository#careervp_jobs_dal.JobsRepository.submit_job",
}


@pytest.mark.parametrize("query", SEARCHES)
def test_a_search_finds_its_page_first(site: Site, query: str) -> None:
    first = site.search(query)[0]

    assert first.page + first.anchor == SEARCHES[query]


@pytest.mark.parametrize("query", [query for query in SEARCHES if " " in query])
def test_the_words_of_a_search_in_another_order_still_find_its_page(site: Site, query: str) -> None:
    turned = " ".join(reversed(query.split()))

    assert SEARCHES[query].partition("#")[0] in [hit.page for hit in site.search(turned)]


def test_a_word_that_no_page_has_finds_nothing(site: Site) -> None:
    assert site.search("kubernetes") == []


def test_each_place_to_which_the_search_leads_is_there(site: Site, folder: Path) -> None:
    places = {
        (site.index["docnames"][number], anchor)
        for found in site.index["indexentries"].values()
        for number, anchor, _ in found
    }

    missing = [
        (page, anchor)
        for page, anchor in sorted(places)
        if anchor and f'id="{anchor}"' not in (folder / f"{page}.html").read_text(encoding="utf-8")
    ]
    assert missing == []

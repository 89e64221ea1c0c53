"""The words by which the search of the site finds a page first: AWS's, and those of a person in trouble.

They are index entries, which the search prefers. A phrase is also found without its hyphens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx import addnodes

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

KEYWORDS = {
    "contribute/extend": "contribute; add a method",
    "contribute/release": "semantic versioning; deprecation; publish a release",
    "explanation/architecture": "architecture; overview; diagram; how it works; sequence",
    "explanation/beside": "step functions; durable functions; powertools idempotency; celery; alternatives; comparison",
    "explanation/costs": "cost; costs; price; pricing; dollars; capacity units; billing; read units; write units",
    "explanation/guarantees": "exactly once; at-least-once; consistency; fencing; fencing token; race condition",
    "explanation/guarantees#leases-without-threads": "clock skew; clock drift",
    "explanation/performance": "performance; latency; benchmark; cold start; how fast; cpu",
    "explanation/transports": "transport; without boto3; direct",
    "explanation/when-not": "when not to use; limitations; long-running job",
    "glossary": "glossary; terms; definitions; poison message; optimistic locking; zombie; zombie worker",
    "guides/adopt": "replace my own code; existing table; migration",
    "guides/alarms": "alarm; alarms; alert; cloudwatch alarm; on call; sns topic",
    "guides/asyncio": "asyncio; async; await; fastapi; event loop",
    "guides/cdk": "cdk; aws cdk; construct",
    "guides/change-feed": "dynamodb stream; dynamodb streams; websocket; webhook; push; notify; eventbridge",
    "guides/job-kind": "kind; pydantic; dataclass; typed payload; several queues; job type; type hints",
    "guides/layer": "lambda layer; layer; zip; arm; arm64; graviton",
    "guides/list": "list jobs; pagination; cursor; list failed jobs; jobs of a user; global secondary index; gsi",
    "guides/metrics": "metrics; cloudwatch; embedded metric format; emf; dashboard; hook",
    "guides/outbox": "outbox; transactional outbox; eventbridge pipes; lost message",
    "guides/poll": "poll; polling; status endpoint; progress; wait for a job",
    "guides/privacy": "gdpr; gdpr delete user; erase user; delete user; personal data; right to be forgotten; "
    "security; encryption; encryption at rest; kms; pii; sensitive data",
    "guides/private-index": "pip install; install; codeartifact; uv; dependency confusion",
    "guides/recover": "sweeper; sweep; recover stuck jobs; recovery; retry failed jobs; retry a job; purge; schedule",
    "guides/recover#add-the-active-index": "active-jobs-index; active index",
    "guides/runbook": "runbook; incident; on-call; mitigation",
    "guides/runbook#dead-letters": "redrive; replay dead letters; redrive dead letters; purge dead letters",
    "guides/service": "sam; sam template; whole service; example service; deploy; serverless",
    "guides/submit": "idempotency; idempotency key; duplicate request; submit; enqueue; deduplication",
    "guides/submit#schedule-a-job-for-later": "delay; delayed job; schedule a job; run later; delayseconds; "
    "cron; scheduled job; recurring job",
    "guides/submit#many-at-once": "bulk; bulk submit; submit in bulk; batch submit; submit many jobs; fair queues",
    "guides/submit#a-cap-per-user": "cap per user; cap; max_active_per_user; limit per user",
    "guides/submit#keep-users-apart": "tenant; multi-tenant; multi-tenancy; authorization",
    "guides/table": "terraform; cloudformation; deploy the table; create table; dynamodb table; "
    "point-in-time recovery; backup; restore",
    "guides/testing": "test my service; moto; pytest; mock; fixture; test; freezegun; xdist; fault injection",
    "guides/testing#what-it-is-not": "dynamodb local; localstack; docker; emulator; local development",
    "guides/tracing": "tracing; x-ray; trace; opentelemetry; correlation id",
    "guides/upgrade": "upgrade; migrate; update_job_status",
    "guides/worker": "sqs; lambda handler; worker; timeout; lambda timeout",
    "guides/worker#set-up-the-queue": "visibility timeout; event source mapping; partial batch response; "
    "reportbatchitemfailures; batch size; maxreceivecount; redrive policy; maximumconcurrency; queue settings; "
    "concurrency; message timeout; receive count",
    "guides/worker#handle-dead-letters": "dead-letter queue; dead letter; dlq; dead letters",
    "guides/worker#use-a-fifo-queue": "fifo; fifo queue; messagegroupid; order",
    "guides/worker#retry-after-a-pause": "backoff; exponential backoff; retry delay; jitter",
    "guides/worker#set-the-lease": "lease; heartbeat; extend lease; renew lease; long work",
    "guides/worker#stop-a-cancelled-job": "cancel; cancel job; cancel a job; stop a job",
    "guides/worker#store-the-result-in-s3": "s3; result in s3; large result; presigned url",
    "reference/cdk": "jobstable; jobsqueue; jobspipe",
    "reference/command-line": "cli; command line; terminal; careervp-jobs; shell",
    "reference/configuration": "environment variables; environment variable; logging; settings; jobs_table_name",
    "reference/configuration#connecting": "snapstart; fork; multiprocessing; connection pool; "
    "thread safety; thread safe",
    "reference/configuration#in-a-vpc": "vpc; vpc endpoint; nat gateway; private subnet",
    "reference/configuration#time-outs-and-retries": "retries; deadline; connect timeout; read timeout",
    "reference/iam": "iam policy; iam; permissions; least privilege; role; grant",
    "reference/record": "attributes; record; schema; ttl; time to live; packed payload",
    "reference/result-codes": "result codes; error codes; errors; exceptions",
    "reference/result-codes#access-denied": "access denied; accessdeniedexception; no credentials; nocredentialserror",
    "reference/result-codes#codes-of-aws": "aws errors; clienterror; validationexception; "
    "conditionalcheckfailedexception; conditional check failed",
    "reference/result-codes#config-error": "table not found; resourcenotfoundexception; wrong region",
    "reference/result-codes#conflict": "transactionconflict",
    "reference/result-codes#item-too-large": "payload too large; 400 kb; item size",
    "reference/result-codes#lease-lost": "lease lost; lost lease",
    "reference/result-codes#too-many-active-jobs": "rate limit; quota; too many jobs; noisy neighbour; 429",
    "reference/result-codes#throttled": "throttled; throttling; provisionedthroughputexceededexception; "
    "throttlingexception",
    "reference/result-codes#unavailable": "503; service unavailable; connection error",
    "reference/statuses": "status; statuses; pending; processing; completed; failed; state machine; life cycle",
    "reference/table": "partition key; table definition; indexes",
    "reference/table#global-tables": "global tables; multi-region; region failover; disaster recovery",
    "reference/values#instants": "timestamp; timestamps; time zone; timezone; utc; naive datetime",
    "reference/values": "decimal; float; datetime; bytes; what can be stored",
    "troubleshooting/done-twice": "done twice; job ran twice; duplicate job; twice; duplicate work; "
    "sent twice; charged twice; duplicate message; side effects",
    "troubleshooting/failed": "job failed; failed job; why did my job fail; attempts exhausted",
    "troubleshooting/stuck": "job stuck; stuck job; stuck; stuck in pending; stuck in processing; pending forever; "
    "stale job; orphaned job; lost job; not processed",
    "tutorial": "tutorial; getting started; quickstart; first steps; hello world",
}


def enter(app: Sphinx, doctree: nodes.document) -> None:
    """Give a page that was read its words."""
    for place, phrases in KEYWORDS.items():
        page, _, anchor = place.partition("#")
        if page == app.env.docname:
            forms = {form for phrase in phrases.split("; ") for form in (phrase, phrase.replace("-", " "))}
            doctree.append(addnodes.index(entries=[("single", form, anchor, "main", None) for form in sorted(forms)]))


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-read", enter)
    return {"parallel_read_safe": True}

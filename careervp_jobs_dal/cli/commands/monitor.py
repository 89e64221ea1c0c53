"""The commands `alarms` and `dashboard`, which write what watches a service; nothing is sent."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Literal

from careervp_jobs_dal.aws.environment import find_table_name
from careervp_jobs_dal.cli.command import Command, duration
from careervp_jobs_dal.cli.exits import Exit, usage
from careervp_jobs_dal.job.index import IDEMPOTENCY_INDEX

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.infrastructure.monitoring import Monitoring

_FORMATS = ("cloudformation", "terraform", "json")
_NAMES = {
    "queue": ("queue_name", "the queue of the jobs"),
    "dead-letter-queue": ("dead_letter_queue_name", "the queue of dead letters"),
    "worker": ("worker_name", "the worker function"),
    "submit": ("submit_name", "the submit function"),
    "sweeper": ("sweeper_name", "the sweeper function"),
    "topic": ("topic_arn", "the SNS topic that hears of pages"),
    "ticket-topic": ("ticket_topic_arn", "the SNS topic that hears of the other alarms"),
    "prefix": ("prefix", "the beginning of each name (default: the table's name)"),
}
_FIVE_MINUTES = timedelta(minutes=5)


def _configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--namespace", required=True, metavar="NAME", help="the namespace of the service's metrics")
    add("--service", required=True, metavar="NAME", help="the service's name, as powertools has it")
    add("--watched-table", metavar="NAME", help="the table's name, if it has a variable of the template in it")
    for option, (field, what) in _NAMES.items():
        metavar = "ARN" if field.endswith("arn") else "NAME"
        add(f"--{option}", dest=field, metavar=metavar, help=what)
    add("--worker-timeout", type=duration, metavar="TIME", help="the worker function's time-out")
    add("--sweep-every", type=duration, default=_FIVE_MINUTES, metavar="TIME", help="between two sweeps (default: 5m)")
    what = "how long a job should wait at most (default: 5m)"
    add("--promised-wait", type=duration, default=_FIVE_MINUTES, metavar="TIME", help=what)
    add("--runbook", default="docs/guides/runbook.md", metavar="URL", help="the runbook's address")
    add("--index", default=IDEMPOTENCY_INDEX, metavar="NAME", help=f"the index on keys (default: {IDEMPOTENCY_INDEX})")
    add("--optional-indexes", action="store_true", help="the table has the optional indexes")
    add("--format", choices=_FORMATS, default=_FORMATS[0], help=f"the form (default: {_FORMATS[0]})")


def _write(part: Literal["alarms", "dashboard"], options: Namespace, screen: Screen) -> Exit:
    watched = _monitoring(options)
    try:
        text = _json(watched, part, options.region) if options.format == "json" else _template(watched, part, options)
    except ValueError as refused:
        raise usage(str(refused)) from None
    screen.show({"format": options.format, "text": text}, text.splitlines())
    return Exit.OK


def _monitoring(options: Namespace) -> Monitoring:
    from careervp_jobs_dal.infrastructure.monitoring import Monitoring

    table_name = options.watched_table or options.table or find_table_name()
    if table_name is None:
        raise usage("No table: pass --table or --watched-table")
    try:
        return Monitoring(
            namespace=options.namespace,
            service=options.service,
            table_name=table_name,
            worker_timeout=options.worker_timeout,
            sweep_every=options.sweep_every,
            promised_wait=options.promised_wait,
            runbook=options.runbook,
            idempotency_index_name=options.index,
            optional_indexes=options.optional_indexes,
            **{field: getattr(options, field) for field, _ in _NAMES.values()},
        )
    except ValueError as refused:
        raise usage(str(refused)) from None


def _template(watched: Monitoring, part: str, options: Namespace) -> str:
    wanted = {name: name == part for name in ("alarms", "dashboard")}
    text: str = getattr(watched, options.format)(**wanted)
    return text


def _json(watched: Monitoring, part: str, region: str | None) -> str:
    if part == "dashboard":
        return watched.dashboard(region)
    requests = {
        "PutMetricAlarm": [alarm.request() for alarm in watched.alarms()],
        "PutCompositeAlarm": watched.page().request(),
    }
    return json.dumps(requests, indent=2)


_SERVICE = "--namespace CareerVP --service vpr"
ALARMS = Command(
    "alarms",
    "write the alarms of a service",
    "A part without a name gets no alarm. Nothing is sent.",
    (
        f"alarms --table jobs {_SERVICE} --queue jobs --dead-letter-queue jobs-dead > alarms.json",
        f"alarms {_SERVICE} --watched-table 'jobs-${{var.stage}}' --format terraform",
    ),
    _configure,
    partial(_write, "alarms"),
)
DASHBOARD = Command(
    "dashboard",
    "write the dashboard of a service",
    "A part without a name gets no row. Nothing is sent.",
    (f"dashboard --table jobs {_SERVICE} --queue jobs --worker vpr-worker --worker-timeout 5m",),
    _configure,
    partial(_write, "dashboard"),
)

"""The commands `table create`, `table verify` and `table export`, which work from the table's description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.command import Command, arn, name
from careervp_jobs_dal.cli.exits import Exit, StopError, unwrap, usage
from careervp_jobs_dal.cli.session import resource, table_name
from careervp_jobs_dal.job.index import IDEMPOTENCY_INDEX
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Sequence

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.infrastructure.finding import Finding

_FORMATS = ("cloudformation", "terraform", "iam")
_STYLES = {"error": "FAILED", "advice": "PENDING", "unchecked": "dim"}


def _configure_index(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--index",
        type=name,
        default=IDEMPOTENCY_INDEX,
        metavar="NAME",
        help=f"the index on keys (default: {IDEMPOTENCY_INDEX})",
    )
    add("--optional-indexes", action="store_true", help="with the indexes that list, recover and stats need")


def _configure_verify(parser: ArgumentParser) -> None:
    _configure_index(parser)
    what = "the functions of one Region alone write: replicas in others are no error"
    parser.add_argument("--one-region-writes", action="store_true", help=what)


def _configure_projection(parser: ArgumentParser) -> None:
    _configure_index(parser)
    what = "what the index on keys holds (default: KEYS_ONLY; with ALL every write is billed twice)"
    parser.add_argument("--projection", choices=("ALL", "KEYS_ONLY"), default="KEYS_ONLY", help=what)


def _create(options: Namespace, screen: Screen) -> Exit:
    from careervp_jobs_dal.infrastructure.provision import create_table

    table = table_name(options)
    result = create_table(table, options.index, **_made_like(options), dynamodb=resource(options))
    if result.code is ResultCode.ALREADY_EXISTS:  # AWS's message may not name the table
        raise StopError(f"The table {table} exists already and was not changed", Exit.NO, result.code)
    created = unwrap(result)
    screen.show({"table": created, "created": True}, [f"Created {created}."])
    return Exit.OK


def _verify(options: Namespace, screen: Screen) -> Exit:
    from careervp_jobs_dal.infrastructure.verification import verify_table

    table = table_name(options)
    asked = {"optional_indexes": options.optional_indexes, "one_region_writes": options.one_region_writes}
    found = verify_table(table, options.index, **asked, dynamodb=resource(options))
    findings = unwrap(found)
    document = [{"severity": one.severity, "what": one.what, "remedy": one.remedy} for one in findings]
    screen.show({"table": table, "findings": document}, _said(findings, table, screen))
    return Exit.NO if any(one.severity == "error" for one in findings) else Exit.OK


def _said(findings: Sequence[Finding], table: str, screen: Screen) -> Iterator[str]:
    if not findings:
        yield f"{table} is as it should be."
    for one in findings:
        yield f"{screen.paint(f'{one.severity:<9}', _STYLES[one.severity])}  {printable(one.what)}"
        yield f"{'':<9}  {printable(one.remedy)}"


def _made_like(options: Namespace) -> dict[str, Any]:
    return {"index_projection": options.projection, "optional_indexes": options.optional_indexes}


def _configure_export(parser: ArgumentParser) -> None:
    from careervp_jobs_dal.infrastructure.permission import ROLES

    _configure_projection(parser)
    parser.add_argument("--format", choices=_FORMATS, default=_FORMATS[0], help=f"the form (default: {_FORMATS[0]})")
    parser.add_argument("--policies", action="store_true", help="with a policy for each role (not for iam)")
    parser.add_argument("--role", choices=ROLES, help="whose policy (for iam)")
    parser.add_argument("--table-arn", type=arn, metavar="ARN", help="the table's ARN (for iam)")


def _export(options: Namespace, screen: Screen) -> Exit:
    text = _policy(options) if options.format == "iam" else _infrastructure(options)
    screen.show({"format": options.format, "text": text}, text.splitlines())
    return Exit.OK


def _policy(options: Namespace) -> str:
    from careervp_jobs_dal import iam_policy

    if not options.role or not options.table_arn:
        raise usage("--format iam needs --role and --table-arn")
    return iam_policy(options.role, options.table_arn, options.index)


def _infrastructure(options: Namespace) -> str:
    import careervp_jobs_dal

    write = getattr(careervp_jobs_dal, options.format)
    text: str = write(table_name(options), options.index, **_made_like(options), policies=options.policies)
    return text


CREATE = Command(
    "table create",
    "create the table",
    "For local engines, tests and small set-ups; otherwise export it to your own tool.",
    ("table create --table jobs", "table create --table jobs --endpoint-url http://127.0.0.1:8000 --optional-indexes"),
    _configure_projection,
    _create,
)
VERIFY = Command(
    "table verify",
    "say what is missing or different on the live table",
    "Exit code 1 when the library cannot work on it as promised.",
    ("table verify --table jobs", "table verify --optional-indexes --json"),
    _configure_verify,
    _verify,
)
EXPORT = Command(
    "table export",
    "write the table as CloudFormation or Terraform, or a role's IAM policy",
    "Nothing is sent.",
    (
        "table export --table jobs > table.json",
        "table export --table jobs --format terraform --policies",
        "table export --format iam --role worker --table-arn arn:aws:dynamodb:eu-west-1:123456789012:table/jobs",
    ),
    _configure_export,
    _export,
)

"""Credentials that cannot be had: botocore's own chains, with files, processes, and servers on loopback.

Nothing is sent to DynamoDB then, and no code says that DynamoDB has answered.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.credentials import RefreshableCredentials, SSOProvider
from botocore.exceptions import ClientError
from botocore.session import get_session
from botocore.utils import ContainerMetadataFetcher

from careervp_jobs_dal import JobsRepository, ResultCode
from careervp_jobs_dal.aws.failure import _BY_AWS_CODE, CONDITION_FAILED, aws_response, diagnose, leaves_doubt
from tests.conftest import CANARY
from tests.engines.catalogue import Engine
from tests.faults import Faults

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/{CANARY}"
START_URL = "https://sso.example.com/start"
BASE = "[profile base]\naws_access_key_id = key\naws_secret_access_key = secret\n"
DENIED, WRONG = ResultCode.ACCESS_DENIED, ResultCode.CONFIG_ERROR


@pytest.fixture(autouse=True)
def once(engine: Engine) -> None:
    """Credentials are asked for before anything is sent, so the engine makes no difference."""
    if engine.name != "moto":
        pytest.skip("no engine is asked")


class Answer(NamedTuple):
    """What STS, SSO or the container's endpoint answers."""

    status: int
    code: str


class Server:
    """A server on loopback that answers each request with the same error, as STS and as SSO word it."""

    def __init__(self) -> None:
        self.answer = Answer(500, "InternalFailure")
        self.asked = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"] or 0))
                self.refuse(
                    "text/xml",
                    f"<ErrorResponse><Error><Type>Sender</Type><Code>{outer.answer.code}</Code>"
                    f"<Message>{ROLE} is not yours</Message></Error><RequestId>sts-1</RequestId></ErrorResponse>",
                )

            def do_GET(self) -> None:
                self.refuse("application/json", json.dumps({"message": f"{ROLE} is not yours"}))

            def refuse(self, kind: str, body: str) -> None:
                outer.asked += 1
                self.send_response(outer.answer.status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("x-amzn-ErrorType", outer.answer.code)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Setting:
    """A machine's AWS settings: a configuration file, variables, and a cache of SSO tokens."""

    def __init__(self, folder: Path, server: Server, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.server = server
        self._patch = patch
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        for service in ("STS", "SSO"):
            self.set(f"AWS_ENDPOINT_URL_{service}", server.url)
        self.set("AWS_SHARED_CREDENTIALS_FILE", str(folder / "none"))
        patch.setattr(SSOProvider, "_SSO_TOKEN_CACHE_DIR", str(folder / "sso"))
        patch.setattr(ContainerMetadataFetcher, "SLEEP_TIME", 0)
        patch.setattr(boto3, "DEFAULT_SESSION", None)

    def set(self, name: str, value: str) -> None:
        self._patch.setenv(name, value)

    def profile(self, *lines: str) -> None:
        path = self.folder / "config"
        path.write_text(BASE + "[profile jobs]\nregion = eu-west-1\n" + "\n".join(lines) + "\n")
        self.set("AWS_CONFIG_FILE", str(path))
        self.set("AWS_PROFILE", "jobs")

    def role(self, arn: str = ROLE, source: str = "base") -> None:
        self.profile(f"role_arn = {arn}", f"source_profile = {source}")

    def web_identity(self, *, token: bool) -> None:
        path = self.folder / f"token-{CANARY}"
        if token:
            path.write_text(CANARY)
        self.profile(f"role_arn = {ROLE}", f"web_identity_token_file = {path}")

    def sso(self, *, login: bool, role: bool = True) -> None:
        lines = [f"sso_start_url = {START_URL}", "sso_region = eu-west-1", f"sso_account_id = {ACCOUNT}"]
        self.profile(*lines, *([f"sso_role_name = {CANARY}"] if role else []))
        if login:
            token = {"accessToken": CANARY, "expiresAt": f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"}
            path = self.folder / "sso" / f"{hashlib.sha1(START_URL.encode(), usedforsecurity=False).hexdigest()}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(token))

    def process(self, code: str) -> None:
        path = self.folder / "process.py"
        path.write_text(code)
        self.profile(f"credential_process = {sys.executable} {path}")


class Case(NamedTuple):
    """A machine whose credentials cannot be had, and what is said of it."""

    prepare: Callable[[Setting], object]
    code: ResultCode
    words: str
    answer: Answer = Answer(500, "InternalFailure")


def _closed(setting: Setting) -> None:
    setting.role()
    setting.set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")


def _container(setting: Setting, url: str | None = None) -> None:
    setting.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url or setting.server.url)


def _other_profile(setting: Setting) -> None:
    setting.profile()
    setting.set("AWS_PROFILE", "nobody")


FAILING = f"import sys; print('{CANARY}', file=sys.stderr); sys.exit(3)"
CASES = {
    "a malformed role": Case(lambda it: it.role("arn"), WRONG, "AssumeRoleCredentialFetcher: ParamValidationError"),
    "a role refused": Case(Setting.role, DENIED, "AssumeRole: AccessDenied", Answer(403, "AccessDenied")),
    "an expired token": Case(Setting.role, DENIED, "AssumeRole: ExpiredToken", Answer(403, "ExpiredToken")),
    "an invalid role": Case(Setting.role, WRONG, "AssumeRole: ValidationError", Answer(400, "ValidationError")),
    "STS out of order": Case(Setting.role, DENIED, "AssumeRole: ServiceUnavailable", Answer(503, "ServiceUnavailable")),
    "STS out of breath": Case(Setting.role, DENIED, "AssumeRole: Throttling", Answer(400, "Throttling")),
    "an STS of no words": Case(Setting.role, DENIED, "ResponseParserError", Answer(502, "<html>")),
    "an STS out of reach": Case(_closed, DENIED, "AssumeRoleCredentialFetcher: EndpointConnectionError"),
    "no such source": Case(lambda it: it.role(source="nobody"), WRONG, "AssumeRoleProvider: InvalidConfigError"),
    "a circle of sources": Case(
        lambda it: it.role(source="jobs"), WRONG, "AssumeRoleProvider: InfiniteLoopConfigError"
    ),
    "no token file": Case(lambda it: it.web_identity(token=False), WRONG, ": FileNotFoundError"),
    "a token refused": Case(
        lambda it: it.web_identity(token=True),
        DENIED,
        "AssumeRoleWithWebIdentity: InvalidIdentityToken",
        Answer(400, "InvalidIdentityToken"),
    ),
    "no SSO login": Case(lambda it: it.sso(login=False), DENIED, "SSOTokenLoadError"),
    "half an SSO": Case(lambda it: it.sso(login=True, role=False), WRONG, "SSOProvider: InvalidConfigError"),
    "no such SSO role": Case(
        lambda it: it.sso(login=True),
        WRONG,
        "GetRoleCredentials: ResourceNotFoundException",
        Answer(404, "ResourceNotFoundException"),
    ),
    "an SSO role refused": Case(
        lambda it: it.sso(login=True),
        DENIED,
        "GetRoleCredentials: ForbiddenException",
        Answer(403, "ForbiddenException"),
    ),
    "an SSO login that ended": Case(
        lambda it: it.sso(login=True), DENIED, "UnauthorizedSSOTokenError", Answer(401, "UnauthorizedException")
    ),
    "a process that fails": Case(lambda it: it.process(FAILING), DENIED, "ProcessProvider: CredentialRetrievalError"),
    "a process that is not there": Case(
        lambda it: it.profile(f"credential_process = /nonexistent/{CANARY}"),
        WRONG,
        "ProcessProvider: FileNotFoundError",
    ),
    "a process that babbles": Case(
        lambda it: it.process(f"print('{CANARY}')"), WRONG, "ProcessProvider: JSONDecodeError"
    ),
    "a container out of order": Case(_container, DENIED, "CredentialRetrievalError"),
    "a container elsewhere": Case(lambda it: _container(it, f"http://{CANARY}.example.com"), WRONG, ": ValueError"),
    "no such profile": Case(_other_profile, WRONG, "ProfileNotFound"),
    "nothing at all": Case(lambda it: None, DENIED, "NoCredentialsError"),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def setting(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Setting:
    return Setting(tmp_path, server, monkeypatch)


def own(_: Setting) -> JobsRepository:
    """A repository with the library's own client."""
    return JobsRepository("jobs", transport="boto3")


def injected(setting: Setting) -> JobsRepository:
    """A repository on a resource of the caller's, which listens to it."""
    resource = boto3.Session().resource("dynamodb", region_name="eu-west-1")
    resource.meta.client.meta.events.register_first(
        "before-send.dynamodb", lambda **_: pytest.fail("a request was sent to DynamoDB")
    )
    return JobsRepository("jobs", dynamodb=resource, transport="boto3")


def repositories(setting: Setting) -> Iterator[JobsRepository]:
    """Repositories of both kinds; where boto3 makes no resource of such settings, the first alone."""
    yield own(setting)
    try:
        yield injected(setting)
    except Exception:
        return


@every_case
def test_every_call_says_that_there_are_no_credentials_and_whose_failure_it_is(
    setting: Setting, case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    setting.server.answer = case.answer
    case.prepare(setting)

    for repository in repositories(setting):
        for result in (repository.find_job("vpr-1"), repository.claim_job("vpr-1", lease=timedelta(minutes=1))):
            error = str(result.error)
            assert (result.code, result.retryable) == (case.code, False)
            assert case.words in error
            assert "DynamoDB" not in error
            assert error.startswith("No AWS credentials") or case.words == "ProfileNotFound"
            assert CANARY not in error
            assert ACCOUNT not in error
    lines = [json.dumps(vars(record), default=repr) for record in caplog.records if "careervp" in record.name]
    assert lines
    assert not [line for line in lines if CANARY in line or ACCOUNT in line]


@every_case
def test_a_read_of_the_contract_raises_because_none_would_say_that_there_is_no_job(
    setting: Setting, case: Case
) -> None:
    setting.server.answer = case.answer
    case.prepare(setting)

    for repository in repositories(setting):
        for read in (repository.get_job, repository.get_job_by_idempotency_key):
            with pytest.raises(Exception) as raised:  # noqa: PT011  # whichever botocore raises
                read("vpr-1")
            response = getattr(raised.value, "response", {"Error": {"Code": type(raised.value).__name__}})
            assert response["Error"]["Code"] == case.words.rpartition(": ")[2]


@pytest.mark.parametrize("code", [CONDITION_FAILED, "TransactionConflictException", "ResourceInUseException"])
def test_no_error_code_of_sts_is_read_as_an_answer_of_dynamodb(setting: Setting, code: str) -> None:
    setting.server.answer = Answer(400, code)
    setting.role()
    repository = own(setting)

    claimed = repository.claim_job("vpr-1", lease=timedelta(minutes=1))

    assert claimed.code in (DENIED, WRONG)
    assert not claimed.retryable
    assert claimed.error == f"No AWS credentials that can be used (AssumeRole: {code})"
    with pytest.raises(ClientError) as raised:
        repository.get_job("vpr-1")
    assert raised.value.operation_name == "AssumeRole"
    assert not leaves_doubt(raised.value)


def test_connect_says_so_where_the_client_needs_credentials_at_once(setting: Setting) -> None:
    setting.process(FAILING)

    assert own(setting).connect().code is DENIED


class Refresh:
    """Credentials of the caller's own making, got anew for each request; `error` says that there are none."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def fail(self) -> None:
        self.error = LookupError(CANARY)

    def __call__(self) -> dict[str, str]:
        if self.error is not None:
            raise self.error
        # botocore refreshes credentials that have less than ten minutes.
        expiry = datetime.now(UTC) + timedelta(minutes=5)
        return {"access_key": "key", "secret_key": "secret", "token": "token", "expiry_time": expiry.isoformat()}

    def resource(self) -> Any:
        core = get_session()
        past = datetime.now(UTC) - timedelta(hours=1)
        custom = RefreshableCredentials("key", "secret", "token", past, self, "custom")
        core._credentials = custom  # type: ignore[attr-defined]
        return boto3.Session(botocore_session=core).resource("dynamodb", region_name="eu-west-1")


def test_credentials_of_the_callers_own_making_count_and_are_used_once_they_are_there(table_name: str) -> None:
    refresh = Refresh()
    repository = JobsRepository(table_name, dynamodb=refresh.resource(), transport="boto3")

    said = []
    for refresh.error in (LookupError(CANARY), TimeoutError(CANARY), ValueError(CANARY), None):
        said.append(repository.find_job("vpr-1"))

    assert [result.code for result in said] == [DENIED, DENIED, WRONG, ResultCode.NOT_FOUND]
    assert said[0].error == "No AWS credentials that can be used (RefreshableCredentials: LookupError)"


def test_credentials_that_end_after_a_lost_reply_leave_the_write_in_doubt(table_name: str) -> None:
    refresh = Refresh()
    resource = refresh.resource()
    repository = JobsRepository(table_name, dynamodb=resource, transport="boto3")
    faults = Faults(resource.meta.client)
    faults.lose_reply(before=refresh.fail)

    submitted = repository.submit_job("key", {})

    faults.stop()
    assert submitted.code is ResultCode.UNAVAILABLE
    assert str(submitted.error).startswith("It is not known whether job ")
    assert str(submitted.error).endswith(" was written (LookupError)")


def test_credentials_that_end_after_an_answer_leave_no_doubt(table_name: str) -> None:
    refresh = Refresh()
    repository = JobsRepository(table_name, dynamodb=refresh.resource(), transport="boto3")
    repository.find_job("vpr-1")
    refresh.fail()

    assert repository.submit_job("key", {}).code is DENIED


def test_an_error_of_sts_that_was_raised_elsewhere_is_known_by_its_operation() -> None:
    response: Any = {"Error": {"Code": "AccessDenied", "Message": ROLE}, "ResponseMetadata": {"RequestId": "sts-1"}}
    error = ClientError(response, "AssumeRole")

    assert aws_response(error) is None
    assert diagnose(error, "jobs").text == "No AWS credentials that can be used (AssumeRole: AccessDenied)"
    assert diagnose(error, "jobs").request_id == "sts-1"


@pytest.mark.parametrize("status", [200, 400, 429, 503])
def test_no_code_or_status_of_sts_is_retryable_or_leaves_doubt(status: int) -> None:
    metadata = {"HTTPStatusCode": status, "RetryAttempts": 2}
    for code in (CONDITION_FAILED, *_BY_AWS_CODE, "ValidationException", "1", "a b", "", None):
        response: Any = {"Error": {"Code": code}, "ResponseMetadata": metadata}
        error = ClientError(response, "AssumeRole")

        assert diagnose(error, "jobs").code in (DENIED, WRONG)
        assert not leaves_doubt(error)


@pytest.mark.parametrize("name", ["GetItem", "get_item", "Query", "an operation", ""])
def test_an_error_that_a_stub_raises_is_dynamodbs_whatever_it_calls_the_operation(name: str) -> None:
    error = ClientError({"Error": {"Code": "AccessDenied"}}, name)

    assert aws_response(error) == {"Error": {"Code": "AccessDenied"}}

"""The direct way's own: HTTP of every form, encryption, time, and connections that nobody else reads from."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal import JobsRepository, ResultCode
from careervp_jobs_dal.aws import socket_pool
from careervp_jobs_dal.aws.direct import Quota
from careervp_jobs_dal.aws.http_answer import HttpAnswer, read_http
from careervp_jobs_dal.aws.socket_pool import has_news
from tests.transport.server import JOB, Server, answer, error, hang_up, raw

Patch = pytest.MonkeyPatch
pytestmark = pytest.mark.usefixtures("own_process")
FAR = float("inf")
BODY = b'{"Item":{"job_id":{"S":"vpr-1"},"status":{"S":"PENDING"}}}'
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def jobs(server: Server) -> JobsRepository:
    return JobsRepository("jobs", transport="direct", deadline=60)


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b""))


FORMS = {
    "chunked": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(BODY[:9], BODY[9:]),
    "to the end": OK + b"\r\n" + BODY,
    "an older version": b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY),
    "the same length twice": OK + b"Content-Length: %d\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), len(BODY), BODY),
    "a folded header": OK + b"X-Note: a\r\n  b\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY),
    "continue first": b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY),
    "close": OK + b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY),
}
NO_HTTP = {
    "nothing": b"",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "no status": b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
    "an endless head": OK + b"X-Note: 1\r\n" * 9000,
    "a wrong chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a cut body": OK + b"Content-Length: 99\r\n\r\n{}",
    "a body that nobody has room for": OK + b"Content-Length: 99999999999\r\n\r\n{}",
}


@pytest.mark.parametrize("name", FORMS)
def test_an_answer_of_any_form_of_http_is_read(server: Server, jobs: JobsRepository, name: str) -> None:
    server.plan(raw(FORMS[name], stays=False))

    assert jobs.find_job("vpr-1").unwrap()["status"] == "PENDING"
    assert jobs.find_job("vpr-1").success
    assert server.connections == 2


@pytest.mark.parametrize("name", NO_HTTP)
def test_what_is_no_http_is_unavailable(server: Server, jobs: JobsRepository, name: str) -> None:
    server.usual = raw(NO_HTTP[name], stays=False)

    assert jobs.find_job("vpr-1").code is ResultCode.UNAVAILABLE


def read(content: bytes, piece: int = 65_536) -> HttpAnswer:
    """Read an answer that arrives in pieces."""
    ours, theirs = socket.socketpair()
    with ours, theirs:

        def send() -> None:
            with suppress(OSError):  # the reader may have seen enough
                for start in range(0, len(content), piece):
                    theirs.sendall(content[start : start + piece])
                theirs.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            return read_http(ours, FAR)
        finally:
            ours.close()
            sender.join()


@given(st.binary(max_size=300), st.integers(1, 400))
def test_any_bytes_are_an_answer_or_a_refusal(content: bytes, piece: int) -> None:
    for beginning in (b"", OK, OK + b"Content-Length: ", OK + b"Transfer-Encoding: chunked\r\n\r\n"):
        try:
            answered = read(beginning + content, piece)
        except (ValueError, EOFError, OSError):
            continue
        assert isinstance(answered.body, bytes)


@given(st.binary(max_size=3000), st.integers(1, 400))
def test_a_body_is_read_whole_however_it_is_cut(body: bytes, piece: int) -> None:
    answered = read(OK + b"X-Amzn-RequestId: 7\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body), piece)

    assert answered == HttpAnswer(200, {"x-amzn-requestid": "7", "content-length": str(len(body))}, body, reusable=True)
    assert repr(answered) == f"HttpAnswer(200, {len(body)} bytes)"


def test_what_comes_after_an_answer_is_nobodys(server: Server, jobs: JobsRepository) -> None:
    """Otherwise the next call would read it as its own."""
    other = b'{"Item":{"job_id":{"S":"another"},"status":{"S":"FAILED"}}}'
    second = OK + b"Content-Length: %d\r\n\r\n%b" % (len(other), other)
    server.plan(raw(OK + b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY) + second))

    assert jobs.find_job("vpr-1").success
    assert jobs.find_job("vpr-1").success
    assert server.connections == 2


def test_a_call_that_is_interrupted_leaves_no_answer_behind(
    server: Server, jobs: JobsRepository, monkeypatch: Patch
) -> None:
    def interrupted(*_: object) -> HttpAnswer:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(socket_pool, "read_http", interrupted)
        with pytest.raises(KeyboardInterrupt):
            jobs.find_job("vpr-1")

    assert jobs.find_job("vpr-1").success
    assert server.connections == 2


def test_threads_share_the_connections(server: Server, jobs: JobsRepository) -> None:
    server.usual = lambda connection, sent: answer(200, {"Item": {**JOB, "job_id": sent.body["Key"]["job_id"]}})(
        connection, sent
    )

    def call(number: int) -> bool:
        return bool(jobs.find_job(f"vpr-{number}").unwrap()["job_id"] == f"vpr-{number}")

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(call, range(400)))
    assert server.connections <= 8


def test_no_more_connections_wait_than_the_pool_keeps(server: Server, jobs: JobsRepository, monkeypatch: Patch) -> None:
    monkeypatch.setattr(socket_pool, "_MOST_IDLE", 0)

    assert all(jobs.find_job("vpr-1") for _ in range(3))
    assert server.connections == 3


def test_a_system_without_poll_selects(monkeypatch: Patch) -> None:
    monkeypatch.delattr("select.poll")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not has_news(ours)
        theirs.sendall(b"x")
        assert has_news(ours)


@pytest.mark.own_quota
def test_a_server_that_fails_on_and_on_gets_fewer_copies(
    server: Server, jobs: JobsRepository, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(Quota, "FULL", 12)
    jobs = JobsRepository("jobs", transport="direct", deadline=60)
    jobs._route._direct._channel.quota._left = 12  # type: ignore[union-attr]
    server.usual = error("InternalServerError", status=500)
    for copies in (3, 1, 1):
        server.sent.clear()
        assert not jobs.find_job("vpr-1")
        assert len(server.sent) == copies

    server.usual = answer()
    assert all(jobs.find_job("vpr-1") for _ in range(20))
    server.usual = hang_up
    server.sent.clear()
    assert not jobs.find_job("vpr-1")
    assert len(server.sent) == 3


def test_values_that_only_boto3_writes_are_no_exception(jobs: JobsRepository, monkeypatch: Patch) -> None:
    monkeypatch.setattr("careervp_jobs_dal.aws.direct.tagged_map", lambda _: {0: 0}[1])

    assert jobs.find_job("vpr-1").code is ResultCode.UNAVAILABLE


def certificate(authority: Any, key: Any, name: str, host: str | None) -> Any:
    """A certificate of a host, or of an authority."""
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority[1].subject if authority else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
    )
    if host is not None:
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(authority[0] if authority else key, hashes.SHA256())


def written(path: Path, *parts: Any) -> Path:
    pem = serialization.Encoding.PEM
    path.write_bytes(
        b"".join(
            part.public_bytes(pem)
            if isinstance(part, x509.Certificate)
            else part.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            for part in parts
        )
    )
    return path


@pytest.fixture
def authority(tmp_path: Path) -> Any:
    key = ec.generate_private_key(ec.SECP256R1())
    own = certificate(None, key, "Authority of the tests", None)
    return SimpleNamespace(pair=(key, own), file=written(tmp_path / "authority.pem", own))


@pytest.fixture
def encrypted(authority: Any, tmp_path: Path, monkeypatch: Patch) -> Iterator[Server]:
    key = ec.generate_private_key(ec.SECP256R1())
    chain = written(tmp_path / "server.pem", certificate(authority.pair, key, "localhost", "localhost"), key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server = Server(context)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"https://localhost:{server.port}")
    yield server
    server.stop()


@pytest.mark.parametrize("way", ["direct", "boto3"])
def test_a_server_of_the_authority_in_the_environment_is_trusted(
    encrypted: Server, authority: Any, monkeypatch: Patch, way: Any
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.file))
    jobs = JobsRepository("jobs", transport=way)
    jobs.connect().unwrap()

    assert all(jobs.find_job("vpr-1") for _ in range(3))
    assert encrypted.connections == 1


@pytest.mark.parametrize("way", ["direct", "boto3"])
@pytest.mark.parametrize("wrong", ["authority", "host"])
def test_any_other_server_is_sent_nothing(
    encrypted: Server, authority: Any, monkeypatch: Patch, way: Any, wrong: str
) -> None:
    if wrong == "host":
        monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.file))
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"https://127.0.0.1:{encrypted.port}")
    else:
        monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)

    failed = JobsRepository("jobs", transport=way, deadline=60).find_job("vpr-1")

    assert (failed.code, "SSLError" in (failed.error or "")) == (ResultCode.UNAVAILABLE, True)
    assert encrypted.sent == []


def test_authorities_can_be_a_folder(encrypted: Server, tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path))

    assert JobsRepository("jobs", transport="direct").find_job("vpr-1").code is ResultCode.UNAVAILABLE


def test_a_system_without_authorities_takes_botocores(monkeypatch: Patch) -> None:
    none = SimpleNamespace(cafile=None, capath=None)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: none)

    assert Path(socket_pool._usual_authorities() or "").name == "cacert.pem"
    assert socket_pool._ssl_context(None).cert_store_stats()["x509_ca"] > 50


def test_a_handshake_without_an_end_is_a_time_out(monkeypatch: Patch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"https://127.0.0.1:{listener.getsockname()[1]}")
        failed = JobsRepository("jobs", transport="direct", deadline=0.3).find_job("vpr-1")

    assert failed.code is ResultCode.UNAVAILABLE
    assert "ConnectTimeoutError" in (failed.error or "")


def test_an_address_that_does_not_answer_is_a_time_out(monkeypatch: Patch) -> None:
    def never(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", never)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")

    assert "ConnectTimeoutError" in (JobsRepository("jobs", transport="direct").find_job("vpr-1").error or "")


def test_a_pool_closes_its_connections_also_when_python_ends_and_names_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = socket.socketpair()
    pool = socket_pool.SocketPool(socket_pool.Endpoint("http", "localhost", 80))
    pool._idle.append((ours, 0.0))
    monkeypatch.setattr(socket_pool, "suppress", None)

    pool.__del__()

    with theirs:
        assert ours.fileno() == -1

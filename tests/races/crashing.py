"""Workers in processes that are killed while they work, and the foreman who replaces them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from multiprocessing.connection import Connection, wait
from random import Random
from typing import Any, NamedTuple

from careervp_jobs_dal import Claim, JobWorker, NotAcknowledgedError, ResultCode
from tests.races.message_queue import Delivery, MessageQueue
from tests.races.processes import Child, Settings, repository, start, stop

LEASE = timedelta(seconds=1)
FLAKY_ATTEMPTS = 2  # that fail before one succeeds

_BRIEF_SECONDS = 0.08
_STEPS_OF_LONG_WORK = 5
_STEP_SECONDS = 0.5  # of a lease of one second
_OVERDUE_SECONDS = 3.0  # past the lease and its margin, while another works on the same job
_SECOND_ATTEMPT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 0.02
_KILLED_WITHIN_SECONDS = 0.15  # of a delivery

NEVER = float("inf")


class HopelessError(Exception):
    """Another attempt would only repeat it."""


class Claimed(NamedTuple):
    """The work on a claim began."""

    job_id: str
    attempt: int
    claim_id: str


class Handled(NamedTuple):
    """The worker is done with a delivery, and may have another; `acknowledged` where the message may go."""

    delivery: Delivery
    acknowledged: bool
    code: ResultCode | None


def work_off(connection: Connection, table_name: str) -> None:
    """A worker's main function: handle what is delivered, and report every step."""
    work = partial(_work, connection, table_name)
    worker = JobWorker(repository(table_name), work, permanent=(HopelessError,), retry_delay=timedelta(0))
    while True:
        delivery: Delivery = connection.recv()
        try:
            code = worker.process(delivery.job_id, LEASE)
        except NotAcknowledgedError as kept:
            connection.send(Handled(delivery, False, kept.code))
        else:
            connection.send(Handled(delivery, True, code))


def _work(connection: Connection, table_name: str, claim: Claim) -> dict[str, Any]:
    """Be busy for as long, and come to such an end, as the job's kind says."""
    connection.send(Claimed(claim.job_id, claim.attempt, claim.claim_id))
    kind = claim.job["input_data"]["kind"]
    if kind == "long":
        for _ in range(_STEPS_OF_LONG_WORK):
            time.sleep(_STEP_SECONDS)
            repository(table_name).renew_claim(claim, lease=LEASE).unwrap()
    elif kind == "overdue":
        time.sleep(_OVERDUE_SECONDS if claim.attempt == 1 else _SECOND_ATTEMPT_SECONDS)
    else:
        time.sleep(_BRIEF_SECONDS)
    if kind == "permanent":
        raise HopelessError
    if kind == "never" or (kind == "flaky" and claim.attempt <= FLAKY_ATTEMPTS):
        raise RuntimeError(kind)
    return {"result_of": claim.claim_id}


@dataclass
class _Worker:
    child: Child
    delivery: Delivery | None = None
    doomed_at: float = NEVER
    killed: bool = False


class Foreman:
    """Gives deliveries to workers, kills those who get a fatal one, and puts others in their place.

    Attributes:
        claims: the work that was begun.
        handled: what the workers said of their deliveries.
        deaths: how many workers died with a delivery of each job.
        kills: how many workers were killed.
    """

    def __init__(
        self, queue: MessageQueue, settings: Settings, table_name: str, random: Random, fatal: Container[int]
    ) -> None:
        self.claims: list[Claimed] = []
        self.handled: list[Handled] = []
        self.deaths: Counter[str] = Counter()
        self.kills = 0
        self._queue = queue
        self._hire = partial(start, work_off, settings, table_name)
        self._random = random
        self._fatal = fatal
        self._due_kills = 0
        self._workers: dict[Connection, _Worker] = {}

    def take_on(self, count: int) -> None:
        """Start workers."""
        for _ in range(count):
            child = self._hire()
            self._workers[child.connection] = _Worker(child)

    def turn(self) -> None:
        """Deliver, kill and listen once."""
        for worker in self._workers.values():
            self._deliver(worker)
            if worker.doomed_at <= time.monotonic() and not worker.killed:
                worker.child.process.kill()
                worker.killed = True
        for connection in wait([*self._workers], _LONGEST_WAIT_SECONDS):
            assert isinstance(connection, Connection)
            self._listen(connection)

    def stop(self) -> None:
        """Send everybody home."""
        for worker in self._workers.values():
            stop(worker.child)

    def _deliver(self, worker: _Worker) -> None:
        if worker.delivery or worker.killed:
            return
        worker.delivery = self._queue.receive()
        if worker.delivery is None:
            return
        self._due_kills += worker.delivery.receipt in self._fatal
        if self._due_kills and worker.doomed_at == NEVER:
            self._due_kills -= 1
            worker.doomed_at = time.monotonic() + self._random.uniform(0, _KILLED_WITHIN_SECONDS)
        worker.child.connection.send(worker.delivery)

    def _listen(self, connection: Connection) -> None:
        worker = self._workers[connection]
        try:
            said = connection.recv()
        except (EOFError, ConnectionResetError):
            self._replace(worker)
            return
        if isinstance(said, Claimed):
            self.claims.append(said)
            return
        worker.delivery = None
        self.handled.append(said)
        if said.acknowledged:
            self._queue.delete(said.delivery)

    def _replace(self, worker: _Worker) -> None:
        assert worker.killed, "a worker died by itself"
        self.kills += 1
        if worker.delivery:
            self.deaths[worker.delivery.job_id] += 1
        del self._workers[worker.child.connection]
        stop(worker.child)
        self.take_on(1)

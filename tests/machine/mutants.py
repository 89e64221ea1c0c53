"""The library with one thing broken at a time: what the machine must not let pass."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator
from functools import lru_cache
from types import ModuleType
from typing import Any

import pytest

from careervp_jobs_dal.aws import connection, gateway
from careervp_jobs_dal.job.record import Item
from careervp_jobs_dal.job.snapshot import Snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.operations import recovery, retrying
from careervp_jobs_dal.plans import cancellation, contract, ending, guard, lease, requeue, submission
from careervp_jobs_dal.plans.condition import equal, is_absent, is_present
from careervp_jobs_dal.plans.plan import Reply, Request, refusing_record
from careervp_jobs_dal.result import Result

Mutant = Callable[[pytest.MonkeyPatch], None]

PLANS = "careervp_jobs_dal.plans"

ALWAYS = is_present("job_id") | is_absent("job_id")


def caches() -> list[Any]:
    """What the plans remember, whatever function remembers it."""
    kind = type(lru_cache(forget_statements))
    return [found for found in gc.get_objects() if isinstance(found, kind) and found.__module__.startswith(PLANS)]


def forget_statements() -> None:
    """Have every request written anew: the mutants change what goes into them."""
    for cache in caches():
        cache.cache_clear()


def _holding_always(module: object, name: str) -> Mutant:
    """A condition that holds whatever is stored."""
    return lambda patch: patch.setattr(module, name, lambda *_, **__: ALWAYS)


class _Forgetful(dict[str, Any]):
    """A record that, asked for its nonce, has none."""

    def get(self, name: str, default: Any = None) -> Any:
        return None if name == "submission_id" else super().get(name, default)


def _without_nonce(patch: pytest.MonkeyPatch, module: ModuleType) -> None:
    """A plan that never recognises what its own first copy left."""

    def forgetful(reply: Reply, job_id: str) -> Generator[Request, Reply, Item | None]:
        stored = yield from refusing_record(reply, job_id)
        return None if stored is None else _Forgetful({**stored, "claim_id": "another"})

    patch.setattr(module, "refusing_record", forgetful)


def fence_without_claim_id(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(guard, "held_by", lambda attempt, _: guard.in_work() & equal("attempt", attempt))


def fence_without_attempt_and_claim_id(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(guard, "held_by", lambda *_: guard.in_work())


def submit_without_nonce(patch: pytest.MonkeyPatch) -> None:
    _without_nonce(patch, submission)


def claim_without_nonce(patch: pytest.MonkeyPatch) -> None:
    _without_nonce(patch, lease)


def retry_without_nonce(patch: pytest.MonkeyPatch) -> None:
    _without_nonce(patch, retrying)


def left_on_the_index(patch: pytest.MonkeyPatch) -> None:
    for module in (cancellation, ending):
        patch.setattr(module, "let_go", lambda update, _: update.remove("lease_expires_at"))


def failed_without_a_place(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ending, "position", lambda *_: {})


def retried_in_its_failed_place(patch: pytest.MonkeyPatch) -> None:
    waiting = requeue.waiting
    kept = ("available_at", "status")
    patch.setattr(retrying, "waiting", lambda *given: {name: waiting(*given)[name] for name in kept})


def history_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ending, "history_of", lambda _: [])


def expiry_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Snapshot, "expired", lambda *_: False)


def resending_unnoticed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(connection, "sent_again", lambda _: False)


def every_completion_taken_for_the_same(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ending, "holds", lambda *_: True)


def refusal_without_look(patch: pytest.MonkeyPatch) -> None:
    def unread(reply: Reply, _: str) -> Generator[Request, Reply, Item | None]:
        return reply.item
        yield

    for module in (cancellation, contract, ending, lease, recovery, retrying, submission):
        patch.setattr(module, "refusing_record", unread)


def values_in_texts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Result, "__repr__", lambda result: f"Result({result.data})")


def values_in_logs(patch: pytest.MonkeyPatch) -> None:
    from careervp_jobs_dal.aws.log import logger

    send = gateway._Sending.send

    def chatty(sending: gateway._Sending, call: Any, parameters: Any) -> Reply:
        logger().info("Sending", extra={"parameters": parameters})
        return send(sending, call, parameters)

    patch.setattr(gateway._Sending, "send", chatty)


MUTANTS: dict[str, Mutant] = {
    "a fence without the claim's id": fence_without_claim_id,
    "a fence for any claim": fence_without_attempt_and_claim_id,
    "leases that never hold": lambda patch: patch.setattr(lease, "_is_held", lambda *_: False),
    "a submission that replaces a live job": lambda patch: patch.setattr(submission, "is_absent", lambda _: ALWAYS),
    "a submission that does not know its own write": submit_without_nonce,
    "a claim that does not know its own write": claim_without_nonce,
    "a record that does not outlive the lease": _holding_always(guard, "outlives"),
    "attempts without a limit": _holding_always(guard, "attempts_left"),
    "giving up a job that has changed": _holding_always(guard, "unchanged"),
    "cancelling unheard": _holding_always(guard, "not_asked_to_stop"),
    "cancelling another user's job": lambda patch: patch.setattr(cancellation, "is_visible", lambda *_: True),
    "a claim that an old copy makes": _holding_always(guard, "due"),
    "a renewal that an old copy turns back": _holding_always(guard, "earlier_lease"),
    "an update that creates": _holding_always(contract, "movable_from"),
    "a history that is ignored": history_ignored,
    "expiry that is ignored": expiry_ignored,
    "a second sending that goes unnoticed": resending_unnoticed,
    "another result taken for the same": every_completion_taken_for_the_same,
    "a refusal judged without its record": refusal_without_look,
    "a finished job left on the active index": left_on_the_index,
    "failed jobs that are nowhere on the index": failed_without_a_place,
    "jobs that are tried again and stay among the failed ones": retried_in_its_failed_place,
    "a retry that does not know its own write": retry_without_nonce,
    "a retry of any job": lambda patch: patch.setattr(retrying, "sources", lambda *_: tuple(JobStatus)),
    "values in a repr": values_in_texts,
    "values in a log line": values_in_logs,
}

"""The library with one thing broken at a time: what the machine must not let pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr

from careervp_jobs_dal import condition, contract, ending, gateway, lease, recovery, submission
from careervp_jobs_dal.plan import Item, Reply
from careervp_jobs_dal.refusal import judged
from careervp_jobs_dal.result import Result
from careervp_jobs_dal.state import JobState

Mutant = Callable[[pytest.MonkeyPatch], None]

ALWAYS = Attr("job_id").exists() | Attr("job_id").not_exists()


def forget_statements() -> None:
    """Have every request written anew: the mutants change what goes into them."""
    for module in (contract, ending, lease, submission):
        for function in vars(module).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()


def _holding_always(module: object, name: str) -> Mutant:
    """A condition that holds whatever is stored."""
    return lambda patch: patch.setattr(module, name, lambda *_, **__: ALWAYS)


class _Forgetful(dict[str, Any]):
    """A record that, asked for its nonce, has none."""

    def get(self, name: str, default: Any = None) -> Any:
        return None if name == "submission_id" else super().get(name, default)


def _without_nonce(patch: pytest.MonkeyPatch, module: object) -> None:
    """A judge that never recognises what its own first write left."""

    def forgetful(job_id: str, rule: Callable[[Item, JobState], Any], absent: Result[Any] | None = None) -> Any:
        def forgetting(stored: Item, state: JobState) -> Any:
            return rule(_Forgetful(stored), state._replace(claim_id=None))

        return judged(job_id, forgetting, absent)

    patch.setattr(module, "judged", forgetful)


def fence_without_claim_id(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(condition, "held_by", lambda attempt, _: condition.in_work() & Attr("attempt").eq(attempt))


def fence_without_attempt_and_claim_id(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(condition, "held_by", lambda *_: condition.in_work())


def submit_without_nonce(patch: pytest.MonkeyPatch) -> None:
    _without_nonce(patch, submission)


def claim_without_nonce(patch: pytest.MonkeyPatch) -> None:
    _without_nonce(patch, lease)


def retry_without_nonce(patch: pytest.MonkeyPatch) -> None:
    _without_nonce(patch, recovery)


def left_on_the_index(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ending, "_off_the_index", lambda update: update.remove("lease_expires_at"))


def vacant_never_when_absent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(submission, "vacant", lambda now, *_, **__: condition.expired(now))


def history_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ending, "history_of", lambda _: [])


def expiry_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(JobState, "expired", lambda *_: False)


def resending_unnoticed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gateway, "sent_again", lambda _: False)


def every_completion_taken_for_the_same(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ending, "holds", lambda *_: True)


def refusal_without_look(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("careervp_jobs_dal.refusal.explain", lambda _, reply, __, judge: judge(reply.item, reply.resent))


def values_in_texts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Result, "__repr__", lambda result: f"Result({result.data})")


def values_in_logs(patch: pytest.MonkeyPatch) -> None:
    from careervp_jobs_dal.log import logger

    send = gateway._call_patiently

    def chatty(call: Any, parameters: Any, give_up_at: float) -> Reply:
        logger().info("Sending", extra={"parameters": parameters})
        return send(call, parameters, give_up_at)

    patch.setattr(gateway, "_call_patiently", chatty)


MUTANTS: dict[str, Mutant] = {
    "a fence without the claim's id": fence_without_claim_id,
    "a fence for any claim": fence_without_attempt_and_claim_id,
    "leases that never hold": lambda patch: patch.setattr(condition, "unheld", lambda _: condition.in_work()),
    "a submission that replaces a live job": _holding_always(submission, "vacant"),
    "a submission that replaces expired jobs only": vacant_never_when_absent,
    "a submission that does not know its own write": submit_without_nonce,
    "a claim that does not know its own write": claim_without_nonce,
    "a record that does not outlive the lease": _holding_always(condition, "outlives"),
    "attempts without a limit": _holding_always(condition, "attempts_left"),
    "giving up a job that has changed": _holding_always(condition, "unchanged"),
    "cancelling unheard": _holding_always(condition, "not_asked_to_stop"),
    "cancelling another user's job": _holding_always(condition, "owned_by"),
    "an update that creates": _holding_always(contract, "_movable"),
    "a history that is ignored": history_ignored,
    "expiry that is ignored": expiry_ignored,
    "a second sending that goes unnoticed": resending_unnoticed,
    "another result taken for the same": every_completion_taken_for_the_same,
    "a refusal judged without its record": refusal_without_look,
    "a finished job left on the active index": left_on_the_index,
    "a retry that does not know its own write": retry_without_nonce,
    "a retry of any job": _holding_always(condition, "has_failed"),
    "values in a repr": values_in_texts,
    "values in a log line": values_in_logs,
}

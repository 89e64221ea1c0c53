"""Names of fields that are nearly an option's: refused, and ordinary names pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal.job import attribute
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.misspelling import refuse_misspelled

SUBMIT = ("user_id", "application_id", "max_attempts", "replace_failed", "allow_different_payload")
UPDATE = ("expected_status",)
FAIL = ("retryable",)
EVERY = (*SUBMIT, *UPDATE, *FAIL)
ATTRIBUTES = sorted(value for name, value in vars(attribute).items() if name.isupper() and isinstance(value, str))
LONG = [name for name in (*EVERY, *ATTRIBUTES, "result_key") if len(name.replace("_", "")) >= 6]

_ORDINARY = """
results result result_url result_size result_id result_bucket result_keys result_key_2 result_key2 outcome output
output_data payload input inputs data metadata meta tags labels title name names description summary notes note
comment user_name username user_email user_ip user_ids user_role user_agent user_profile_id owner_user_id user
account_id tenant_id customer_id client_id session_id request_id trace_id correlation_id parent_job_id job_ids
job_type job_name job_kind batch_id application application_ids application_name app_id applicant_id priority
queue_name region language locale model prompt tokens token_usage cost cost_usd price score scores rating
attempts_note progress_note in_progress percent stage step steps state states stats statistics status_note status_text
status_code statuses status_reason previous_status error_code error_message error_type error_details last_error
errors_seen warning warnings reason updated_at updated_by created_by modified_at deleted_at expires_at due_at
scheduled_at queued_at finished_at ended_at sent_at starred_at computed_at compared_at compiled_at curated_at
restarted_at duration duration_ms elapsed timeout version schema_version checksum hash etag s3_key bucket key url
source target kind type category flags field fields_note claim claims claim_count claims_count worker worker_id
hostname host retries retry_count max_retries retry_after max_tokens max_length min_attempts attempts_left attempted
cancelled cancel_reason cancelled_by cancellation failed failures failure_reason completed completion complete started
released published_at approved_at rejected_at available active visible submission submissions submitted_at
submitted_by fingerprint_note progress_pct progression lease lease_seconds ttl_days idempotency input_hash replaced
replacement allowed claim_ids
"""
ORDINARY = _ORDINARY.split()

SLIPS = {
    "max_attempt": "max_attempts",
    "maxAttempts": "max_attempts",
    "max-attempts": "max_attempts",
    "MAX_ATTEMPTS": "max_attempts",
    "attempts_max": "max_attempts",
    "max_atempts": "max_attempts",
    "replace_fail": "replace_failed",
    "replaceFailed": "replace_failed",
    "replace": "replace_failed",
    "allow_different_payloads": "allow_different_payload",
    "allow_different": "allow_different_payload",
    "userid": "user_id",
    "userId": "user_id",
    "user_di": "user_id",
    "aplication_id": "application_id",
    "retriable": "retryable",
    "retry": "retryable",
    "expectedStatus": "expected_status",
    "expected_state": "expected_status",
    "expected_current_status": "expected_status",
    "current_expected_status": "expected_status",
    "expect_status": "expected_status",
    "expected_statuses": "expected_status",
    "required_status": "expected_status",
    "status_expected": "expected_status",
    "if_status": "expected_status",
    "from_status": "expected_status",
    "current_status": "expected_status",
    "expected": "expected_status",
    "reslut_key": "result_key",
    "resultKey": "result_key",
    "result_kye": "result_key",
    "attempts": "attempt",
    "progres": "progress",
    "completedAt": "completed_at",
    "complete_at": "completed_at",
    "canceled_at": "cancelled_at",
    "TTL": "ttl",
    "lease_expire_at": "lease_expires_at",
    "max_attempt\n": "max_attempts",
}


def meant(name: str, options: tuple[str, ...] = EVERY) -> str | None:
    try:
        refuse_misspelled([name], options)
    except InvalidInputError as refused:
        said = str(refused)
        assert said.endswith("? fields={...} takes any name")
        assert said.isascii()
        assert "\n" not in said
        return said.partition("did you mean ")[2].partition("?")[0]
    return None


@pytest.mark.parametrize(("name", "known"), SLIPS.items(), ids=repr)
def test_a_slip_is_refused_and_the_answer_names_both(name: str, known: str) -> None:
    assert meant(name) == known


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_name_passes(name: str) -> None:
    assert meant(name) is None


@pytest.mark.parametrize("name", [*ATTRIBUTES, "result_key"])
def test_a_known_name_is_no_slip_of_another(name: str) -> None:
    assert meant(name) is None


def test_an_option_is_known_where_it_is_one() -> None:
    """`current_status` guards nothing at a submission, and `retry` is a word of the caller's."""
    assert meant("current_status", SUBMIT) is None
    assert meant("retry", SUBMIT) is None
    assert meant("replace", FAIL) is None


@given(st.sampled_from(LONG), st.data())
def test_one_letter_too_many_too_few_wrong_or_swapped_is_a_slip(known: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(known) - 2).filter(lambda place: "_" not in known[place : place + 2]))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    slip = data.draw(
        st.sampled_from(
            [
                known[:place] + known[place + 1 :],
                known[:place] + letter + known[place:],
                known[:place] + letter + known[place + 1 :],
                known[:place] + known[place + 1] + known[place] + known[place + 2 :],
            ]
        )
    )

    assert (meant(slip) is not None) is (slip not in (*EVERY, *ATTRIBUTES, "result_key", *ORDINARY, "statue"))


@given(st.text(max_size=60))
def test_any_name_has_an_answer(name: str) -> None:
    meant(name)

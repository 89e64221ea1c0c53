"""`list_jobs` and `iter_jobs`: a user's jobs, newest first, whatever happens between the pages."""

from __future__ import annotations

import tracemalloc
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, JobStatus, ResultCode, create_table
from careervp_jobs_dal.codec.cursor import Place, Query, seal
from careervp_jobs_dal.codec.packing import pack
from careervp_jobs_dal.infrastructure.description import create_table_request
from careervp_jobs_dal.job.index import USER_JOBS
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.job.schema import ATTRIBUTES
from careervp_jobs_dal.operations import listing
from careervp_jobs_dal.operations.batch import without_payload
from tests.conftest import CANARY, Clock
from tests.faults import Faults
from tests.operations.conftest import Seed


def ids(operator: JobsOperator, **options: Any) -> list[str]:
    """The ids of all pages."""
    return [job["job_id"] for page in operator.iter_jobs(**options) for job in page.unwrap().jobs]


def test_thousands_of_jobs_come_newest_first_and_once_each(operator: JobsOperator, seed: Seed, many: int) -> None:
    jobs = seed(many)
    seed(20, user_id="user-2")

    assert ids(operator, user_id="user-1", page_size=400) == jobs[::-1]


@pytest.mark.parametrize("fields", [(), ["result_key", "a.b", "status"], ["input_data"]], ids=repr)
def test_a_list_reads_the_librarys_attributes_without_the_payload_and_the_fields_asked_for(
    operator: JobsOperator, seed: Seed, fields: Any
) -> None:
    more = {"result_key": "key", "a.b": 1, "of no interest": "x", "error": "e", "errors": []}
    (job_id,) = seed(1, **more)
    (whole,) = operator.get_jobs([job_id]).unwrap().jobs.values()

    listed = [
        *operator.list_jobs(user_id="user-1", fields=fields).unwrap().jobs,
        *operator.list_overdue(older_than=timedelta(0), fields=fields).unwrap(),
        *(job for page in operator.iter_jobs(user_id="user-1", fields=iter(fields)) for job in page.unwrap().jobs),
    ]

    left_out = {"input_data", "result_key", "a.b", "of no interest"} - {*fields}
    assert listed == [{name: whole[name] for name in whole if name not in left_out}] * 3


def test_a_list_knows_all_attributes_of_the_library() -> None:
    (asked,) = (set(without_payload()["ExpressionAttributeNames"].values()),)

    assert asked == {attribute.name for attribute in ATTRIBUTES} - {"input_data"}


def test_the_pages_of_an_iteration_all_have_the_fields(operator: JobsOperator, seed: Seed) -> None:
    seed(3, result_key="key")

    pages = operator.iter_jobs(user_id="user-1", page_size=1, fields=(name for name in ["result_key"]))

    assert [job["result_key"] for page in pages for job in page.unwrap().jobs] == ["key"] * 3


@pytest.mark.parametrize("fields", ["result_key", 5, [5], [""], ["a"] * 101], ids=repr)
def test_what_are_no_names_of_fields_is_refused(operator: JobsOperator, faults: Faults, fields: Any) -> None:
    refused = [
        operator.list_jobs(user_id="user-1", fields=fields),
        operator.list_overdue(older_than=timedelta(0), fields=fields),
        *operator.iter_jobs(user_id="user-1", fields=fields),
    ]

    assert [result.code for result in refused] == [ResultCode.VALIDATION_ERROR] * 3
    assert faults.sent == []


def test_large_payloads_make_no_list_large(operator: JobsOperator, seed: Seed) -> None:
    """Each unpacks to a MB, and its objects take several."""
    largest = pack(b'{"a":[' + b"[]," * 340_000 + b"0]}", above=0)
    jobs = seed(20, input_data=largest)

    tracemalloc.start()
    page = operator.list_jobs(user_id="user-1").unwrap()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(page.jobs) == len(jobs)
    assert peak < 10_000_000


def test_a_page_leads_to_the_next(operator: JobsOperator, seed: Seed) -> None:
    jobs = seed(5)

    first = operator.list_jobs(user_id="user-1", limit=3).unwrap()
    second = operator.list_jobs(user_id="user-1", limit=3, cursor=first.cursor).unwrap()

    assert [job["job_id"] for job in [*first.jobs, *second.jobs]] == jobs[::-1]
    assert CANARY not in repr(first.jobs)
    assert (first.complete, second.complete, second.cursor) == (True, True, None)
    assert CANARY not in repr(first)
    assert repr(first) == "JobPage(3 jobs, more=True, complete=True)"


def test_a_user_without_jobs_has_an_empty_page(operator: JobsOperator) -> None:
    page = operator.list_jobs(user_id="user-1").unwrap()

    assert (page.jobs, page.cursor, page.complete) == ([], None, True)


def test_what_happens_between_pages_shows_nothing_twice_and_hides_nothing(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, seed: Seed, many: int
) -> None:
    jobs = seed(many)
    finished = [job_id for number, job_id in enumerate(jobs) if number % 3 == 0]
    deleted = [job_id for number, job_id in enumerate(jobs) if number % 50 == 1]
    seen: list[str] = []

    for number, page in enumerate(operator.iter_jobs(user_id="user-1", page_size=many // 10)):
        seen += [job["job_id"] for job in page.unwrap().jobs]
        clock.advance(timedelta(seconds=1))
        repository.submit_job(f"in between {number}", {}, user_id="user-1").unwrap()
        for job_id in finished[number::25]:
            repository.update_job_status(job_id, "COMPLETED").unwrap()
        for job_id in deleted[number::10]:
            repository.table.delete_item(Key={"job_id": job_id})

    assert len(seen) == len(set(seen))
    assert set(jobs) - set(deleted) <= set(seen) <= set(jobs)


def test_a_status_that_is_rare_gives_short_pages_that_say_so(
    operator: JobsOperator, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MAX_LOOKED_AT", 190)
    rare = seed(1, since=timedelta(hours=5), status="FAILED")
    seed(250)

    pages = [page.unwrap() for page in operator.iter_jobs(user_id="user-1", status="FAILED", page_size=10)]

    assert [job["job_id"] for page in pages for job in page.jobs] == rare
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    assert len(pages) > 1


def test_only_jobs_of_the_status_are_listed_as_the_table_has_it(
    operator: JobsOperator, repository: JobsRepository, seed: Seed
) -> None:
    jobs = seed(120)
    for job_id in jobs[::10]:
        repository.update_job_status(job_id, JobStatus.COMPLETED).unwrap()

    assert ids(operator, user_id="user-1", status="COMPLETED", page_size=7) == jobs[::10][::-1]
    assert ids(operator, user_id="user-1", status=JobStatus.PROCESSING) == []


def test_expired_jobs_are_hidden(operator: JobsOperator, clock: Clock, seed: Seed) -> None:
    seed(3, ttl=int(clock.now.timestamp()))
    live = seed(2, since=timedelta(hours=1), ttl=int(clock.now.timestamp()) + 1)

    assert ids(operator, user_id="user-1", page_size=1) == live[::-1]


def test_a_job_that_began_anew_is_not_shown_in_its_old_place(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    first = repository.submit_job("key", {}, user_id="user-1").unwrap()
    repository.cancel_job(first.job_id).unwrap()
    clock.advance(timedelta(seconds=1))
    faults.pass_through()  # the index still has the old place
    faults.run(lambda: repository.submit_job("key", {}, user_id="user-1", replace_failed=True).unwrap())

    assert operator.list_jobs(user_id="user-1").unwrap().jobs == []
    assert len(operator.list_jobs(user_id="user-1").unwrap().jobs) == 1


def test_an_index_that_holds_whole_records_serves_as_well(clock: Clock) -> None:
    request = create_table_request("jobs-all", optional=True)
    for index in request["GlobalSecondaryIndexes"]:
        index["Projection"] = {"ProjectionType": "ALL"}
    repository = JobsRepository("jobs-all", clock=clock)
    repository.dynamodb.meta.client.create_table(**request)
    operator = JobsOperator(repository)
    job_id = repository.submit_job("key", {}, user_id="user-1").unwrap().job_id
    clock.advance(timedelta(hours=1))

    assert ids(operator, user_id="user-1") == [job_id]
    assert [job["job_id"] for job in operator.list_overdue(older_than=timedelta(minutes=1)).unwrap()] == [job_id]
    repository.dynamodb.meta.client.delete_table(TableName="jobs-all")


def test_keys_that_stay_unprocessed_are_asked_for_again(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    jobs = seed(10)
    faults.pass_through()
    faults.leave_unprocessed(4, times=2)

    page = operator.list_jobs(user_id="user-1").unwrap()

    assert [job["job_id"] for job in page.jobs] == jobs[::-1]
    assert faults.sent[-4:] == ["Query", "BatchGetItem", "BatchGetItem", "BatchGetItem"]


def test_a_page_that_time_cuts_short_says_so_and_the_next_goes_on(
    operator: JobsOperator, seed: Seed, faults: Faults, time_runs_out: Callable[[], None]
) -> None:
    jobs = seed(150)
    faults.pass_through(times=3)  # the keys, their records, the keys that follow
    faults.leave_unprocessed(0, before=time_runs_out)

    page = operator.list_jobs(user_id="user-1", limit=150).unwrap()

    assert (len(page.jobs), page.complete) == (100, False)
    rest = operator.list_jobs(user_id="user-1", limit=150, cursor=page.cursor).unwrap()
    assert [job["job_id"] for job in [*page.jobs, *rest.jobs]] == jobs[::-1]


def test_a_page_that_never_begins_is_a_failure(
    operator: JobsOperator, seed: Seed, faults: Faults, time_runs_out: Callable[[], None]
) -> None:
    seed(3)
    faults.pass_through()
    faults.leave_unprocessed(0, before=time_runs_out)

    assert operator.list_jobs(user_id="user-1").code is ResultCode.UNAVAILABLE


@pytest.mark.parametrize("options", [{"limit": 0}, {"limit": 1001}, {"limit": True}, {"limit": "5"}])
@pytest.mark.parametrize("method", ["list_jobs", "list_overdue", "recover_jobs"])
def test_a_limit_is_a_number_from_1_to_1000(operator: JobsOperator, method: str, options: Any, faults: Faults) -> None:
    other = {"user_id": "user-1"} if method == "list_jobs" else {"older_than": timedelta(0)}

    refused = getattr(operator, method)(**other, **options)

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert refused.error == "limit must be a whole number from 1 to 1,000"
    assert faults.sent == []


@pytest.mark.parametrize("options", [{"user_id": ""}, {"user_id": 5}, {"user_id": "u", "status": "DONE"}])
def test_a_query_that_cannot_be_is_refused(operator: JobsOperator, options: Any, faults: Faults) -> None:
    assert operator.list_jobs(**options).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


def test_iterating_ends_with_the_first_failure(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    seed(5)
    faults.pass_through(times=2)
    faults.answer("AccessDeniedException")

    codes = [page.code for page in operator.iter_jobs(user_id="user-1", page_size=2)]

    assert codes == [ResultCode.SUCCESS, ResultCode.ACCESS_DENIED]


class TestCursor:
    """Opaque, bound to its query, of no use once it is changed."""

    @pytest.fixture
    def cursor(self, operator: JobsOperator, seed: Seed) -> str:
        seed(3)
        cursor = operator.list_jobs(user_id="user-1", limit=1).unwrap().cursor
        assert cursor is not None
        return cursor

    @pytest.mark.parametrize("options", [{"user_id": "user-2"}, {"user_id": "user-1", "status": "PENDING"}])
    def test_it_serves_its_own_query_only(
        self, operator: JobsOperator, cursor: str, options: dict[str, Any], faults: Faults
    ) -> None:
        refused = operator.list_jobs(cursor=cursor, **options)

        assert refused.code is ResultCode.VALIDATION_ERROR
        assert refused.error == "the cursor is not one of this query"
        assert faults.sent == []

    def test_it_is_of_no_use_once_it_is_changed(self, operator: JobsOperator, cursor: str) -> None:
        for number, letter in enumerate(cursor[:-1]):  # of the last letter some bits are padding
            changed = f"{cursor[:number]}{'A' if letter != 'A' else 'B'}{cursor[number + 1 :]}"
            assert operator.list_jobs(user_id="user-1", cursor=changed).code is ResultCode.VALIDATION_ERROR

    @pytest.mark.parametrize("cursor", ["", "x", "é", "AAAA" * 20, 5, b"bytes", "a\ud800"])
    def test_what_is_none_is_refused(self, operator: JobsOperator, cursor: Any) -> None:
        assert operator.list_jobs(user_id="user-1", cursor=cursor).code is ResultCode.VALIDATION_ERROR

    def test_it_does_not_show_the_user(self, cursor: str) -> None:
        assert b"user-1" not in urlsafe_b64decode(cursor + "==")

    def test_one_made_without_the_secret_is_refused_by_a_repository_that_has_one(
        self, table_name: str, cursor: str, clock: Clock
    ) -> None:
        secret = JobsOperator(JobsRepository(table_name, clock=clock, id_secret="secret"))
        own = secret.list_jobs(user_id="user-1", limit=1).unwrap().cursor

        assert secret.list_jobs(user_id="user-1", cursor=cursor).code is ResultCode.VALIDATION_ERROR
        assert secret.list_jobs(user_id="user-1", cursor=own).success

    def test_one_that_is_forged_leads_to_the_querys_own_user_only(
        self, operator: JobsOperator, repository: JobsRepository, clock: Clock, seed: Seed
    ) -> None:
        own = seed(1)
        (other,) = seed(1, user_id="user-2", since=timedelta(0))
        query = Query(repository.table_name, USER_JOBS.name, "user-1", None)
        forged = seal(Place(other, instant_text(clock.now)), query, None)

        assert ids(operator, user_id="user-1") == own
        listed = operator.list_jobs(user_id="user-1", cursor=forged)
        assert not listed or [job["job_id"] for job in listed.unwrap().jobs] == own

    @pytest.mark.parametrize(
        "text",
        [b"5", b'"ab"', b"[1,2]", b'["a"]', b"nothing", b'["a","b","c"]', b"[" * 200_000],
        ids=lambda text: text[:9],
    )
    def test_a_sealed_thing_that_is_no_place_is_refused(
        self, operator: JobsOperator, repository: JobsRepository, text: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        query = Query(repository.table_name, USER_JOBS.name, "user-1", None)
        with monkeypatch.context() as patch:
            patch.setattr("careervp_jobs_dal.codec.cursor._json", _place_as(text))
            sealed = seal(Place("a", "b"), query, None)

        assert operator.list_jobs(user_id="user-1", cursor=sealed).code is ResultCode.VALIDATION_ERROR


def _place_as(text: bytes) -> Any:
    from careervp_jobs_dal.codec.cursor import _json

    return lambda values: text if isinstance(values, Place) else _json(values)


@pytest.mark.parametrize(("method", "index"), [("list_jobs", "user-jobs-index"), ("recover_jobs", "active-jobs-index")])
def test_a_missing_index_is_named_with_the_way_to_add_it(method: str, index: str, clock: Clock) -> None:
    name = create_table("jobs-without").unwrap()
    operator = JobsOperator(JobsRepository(name, clock=clock))
    options: dict[str, Any] = {"user_id": "u"} if method == "list_jobs" else {"older_than": timedelta(0)}

    refused = getattr(operator, method)(**options)
    operator._repository.dynamodb.meta.client.delete_table(TableName=name)

    assert refused.code is ResultCode.CONFIG_ERROR
    assert f"does not have the optional index {index}" in refused.error
    assert "create_table(optional_indexes=True)" in refused.error
    assert "aws dynamodb update-table --table-name jobs-without --attribute-definitions" in refused.error
    assert f'"IndexName":"{index}"' in refused.error


def test_a_table_that_is_not_there_is_not_taken_for_a_missing_index(clock: Clock) -> None:
    refused = JobsOperator(JobsRepository("no-such-table", clock=clock)).list_jobs(user_id="user-1")

    assert refused.code is ResultCode.CONFIG_ERROR
    assert "optional index" not in str(refused.error)


def test_a_page_that_is_full_before_its_keys_are_used_up_goes_on_there(operator: JobsOperator, seed: Seed) -> None:
    seed(4)

    page = operator.list_jobs(user_id="user-1", status="PENDING", limit=2).unwrap()

    assert (len(page.jobs), page.complete) == (2, True)
    assert page.cursor is not None

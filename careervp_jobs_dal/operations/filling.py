"""Page of a list that is being filled: keys of an index become jobs, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careervp_jobs_dal.codec.cursor import Place
from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.operations.batch import decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord
    from careervp_jobs_dal.plans.batch_read import Found


class Filling:
    """Page that is being filled.

    Attributes:
        jobs: the jobs so far.
        unread: the ids of jobs whose records cannot be read.
        place: the place of the last key that was looked at.
        looked_at: the number of such keys.
    """

    def __init__(self, limit: int, sort: str, place: Place | None, decode: Decoder) -> None:
        self.jobs: list[JobRecord] = []
        self.unread: list[str] = []
        self.place: Place | None = place
        self.looked_at: int = 0
        self._limit = limit
        self._sort = sort
        self._decode = decode

    @property
    def full(self) -> bool:
        """Tell whether the page has reached its limit of jobs."""
        return len(self.jobs) == self._limit

    def take(self, keys: Iterable[Item], found: Found, shows: Callable[[Item, Item], bool]) -> bool:
        """Take the shown jobs of these keys; tell whether keys are left over."""
        for key in keys:
            if self.full:
                return True
            record = found.get(key[JOB_ID])
            if record is not None and shows(key, record):
                self._show(record)
            self.place, self.looked_at = Place(key[JOB_ID], key[self._sort]), self.looked_at + 1
        return False

    def _show(self, record: Item) -> None:
        job = decoded(record, self._decode)
        if job is None:
            self.unread.append(record[JOB_ID])
        else:
            self.jobs.append(job)

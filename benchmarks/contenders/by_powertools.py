"""Powertools' idempotency layer: it keeps a hash of the request instead of the request, and the answer as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyItemAlreadyExistsError
from botocore.config import Config

from benchmarks.records import ENDING, TABLE

if TYPE_CHECKING:
    from benchmarks.contenders.work import Record

POOL = 50
REMAINING = 300_000  # milliseconds


class Jobs:
    """The persistence layer alone, without the decorator around a function."""

    def __init__(self) -> None:
        config = Config(max_pool_connections=POOL)
        self._layer = DynamoDBPersistenceLayer(TABLE, key_attr="job_id", boto_config=config)
        keys = IdempotencyConfig(event_key_jmespath="idempotency_key", payload_validation_jmespath="input_data")
        self._layer.configure(keys)

    def once(self, job: Record) -> Any:
        self._layer.save_inprogress(job, REMAINING)
        try:
            self._layer.save_inprogress(job, REMAINING)
        except IdempotencyItemAlreadyExistsError as duplicate:
            if duplicate.old_data_record is None:
                raise
        else:
            raise RuntimeError("The duplicate was not noticed")
        answer = {"job_id": job["job_id"], "status": "COMPLETED", **ENDING}
        self._layer.save_success(job, answer)
        return answer, job

    def plain(self, answer: Any) -> Record:
        """What is stored: its update returns nothing, so the record is asked for here."""
        _, job = answer
        record = self._layer.get_record(job)
        stored: Record = json.loads(record.response_data) if record else {}
        return {**stored, "status": record.status if record else None}

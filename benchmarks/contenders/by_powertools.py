"""Powertools' idempotency layer: it keeps a hash of the request instead of the request, and the answer as JSON."""

import json
from typing import Any

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyItemAlreadyExistsError
from botocore.config import Config

from benchmarks.contenders.by_hand import POOL
from benchmarks.records import ENDING, TABLE, Record

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
        return job

    def plain(self, answer: Any) -> Record:
        """Ask for what is stored: the layer's update returns nothing."""
        record = self._layer.get_record(answer)
        return {**json.loads(record.response_data or "{}"), "status": record.status} if record else {}

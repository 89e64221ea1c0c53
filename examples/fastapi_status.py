"""Status endpoint with FastAPI: GET /vpr/{job_id} tells how far a job is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.responses import JSONResponse

from careervp_jobs_dal import AsyncJobsRepository, ResultCode

jobs = AsyncJobsRepository()


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Make the client before the first request, and end the threads at the end."""
    async with jobs:
        await jobs.connect()
        yield


app = FastAPI(lifespan=lifespan)


async def signed_in(x_user_id: Annotated[str, Header()]) -> str:
    """Name the user: put your authentication here.

    Only a gateway in front may set this header.
    """
    return x_user_id


@app.get("/vpr/{job_id}")
async def status(
    job_id: str, user_id: Annotated[str, Depends(signed_in)]
) -> JSONResponse:
    """Answer 200 with the job, 404 where this user has none, 503 when AWS failed."""
    found = await jobs.find_status(job_id, user_id=user_id, fields=["result_key"])
    if found:
        return JSONResponse(found.unwrap(), headers=retry_after(found.retry_after))
    if found.code is ResultCode.NOT_FOUND:
        raise HTTPException(404, "No such job")
    raise HTTPException(503, "Try again in a moment")


def retry_after(wait: timedelta | None) -> dict[str, str]:
    """Tell the client when it is worth asking again."""
    return {} if wait is None else {"Retry-After": f"{wait.total_seconds():.0f}"}

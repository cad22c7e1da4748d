"""Datakeen's documents API: an analysis costs a credit, once, and only if there is a result."""

import asyncio
import re
import secrets
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException, Request
from pydantic import BaseModel, Field, ValidationError

from service import BASE_PATH, Caller, create_app

app = create_app("documents")


class Document(BaseModel):
    name: str = Field(min_length=1, max_length=200)
    text: str = Field(max_length=100_000)


@dataclass
class Job:
    """One analysis, for one charge."""

    body: bytes
    task: asyncio.Task[dict[str, Any]]


jobs: dict[str, Job] = {}
analyses: dict[tuple[str, str], dict[str, Any]] = {}


@app.post(f"{BASE_PATH}/v1/analyses", status_code=201)
async def create(request: Request, caller: Caller) -> dict[str, Any]:
    spend = caller.spend
    assert spend is not None, "the manifest says that this costs a credit"
    body = await request.body()
    # Whoever repeats a call with its Idempotency-Key brings the same charge, and gets what it paid for.
    job = jobs.get(spend.id) or jobs.setdefault(spend.id, Job(body, asyncio.create_task(analyse(caller.environment.id, body))))
    if job.body != body:
        raise HTTPException(422, "this Idempotency-Key was sent with another document")
    try:
        return await asyncio.shield(job.task)
    except Exception:
        # Giving back all of it may be repeated: it happens once.
        await spend.refund()
        raise


@app.get(f"{BASE_PATH}/v1/analyses/{{id}}")
async def read(id: str, caller: Caller) -> dict[str, Any]:
    found = analyses.get((caller.environment.id, id))
    if found is None:
        raise HTTPException(404, f"there is no analysis {id}")
    return found


async def analyse(environment: str, body: bytes) -> dict[str, Any]:
    try:
        document = Document.model_validate_json(body)
    except ValidationError as error:
        detail = [f"{'/'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise HTTPException(422, ["nothing was charged", *detail]) from None
    words = re.findall(r"\w+", document.text)
    if not words:
        raise HTTPException(422, "the document cannot be read: nothing was charged")
    # A real one takes its time, and others are served meanwhile.
    await asyncio.sleep(0)
    amounts = re.findall(r"\b\d+(?:\.\d\d)? EUR\b", document.text)
    analysis = {"id": f"analysis_{secrets.token_hex(6)}", "name": document.name, "words": len(words), "amounts": amounts}
    analyses[environment, analysis["id"]] = analysis
    return analysis

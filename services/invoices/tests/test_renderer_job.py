"""The renderer at work: several at once, away too long, without its store, killed; each PDF is made and told once."""

import asyncio
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis.blobs import Blobs
from chassis.database import Database, open_pool
from chassis.health import Progress
from chassis.jobs import JobLoop
from chassis.pdf import OVERDUE_MAX, PdfTooSlow, Typesetter
from chassis.testing import eventually
from chassis.testing.fixtures import opened
from invoices.domain.printing import ATTEMPTS_MAX
from invoices.gateways.invoice_pdf import TEMPLATE
from invoices.jobs import render_next, renderer_job
from invoices.usecases.claim_document import claim_document
from invoices.usecases.render_document import Press, render_document

Firm = Any
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

# One step of the renderer, in a process that the armed failpoint kills.
RENDERER = """
import asyncio, sys
from chassis.blobs import open_blobs
from chassis.testing.fixtures import opened
from invoices.jobs import renderer_job

async def main():
    async with opened(sys.argv[1]) as database, renderer_job(open_blobs(sys.argv[2])).open_step() as step:
        await step(database)

asyncio.run(main())
"""


async def _end_pauses(database: Database) -> None:
    """As if all leases and pauses were over."""
    async with database.transaction() as tx:
        await tx.execute("update documents set next_at = clock_timestamp() where next_at is not null")


@pytest.mark.proves("I5")
async def test_two_renderers_never_make_the_same_one(firm: Firm, press: Press) -> None:
    matter_id = await firm.matter()
    for _ in range(6):
        await firm.final(matter_id)
    claims = await asyncio.gather(*(claim_document(firm.database, 60) for _ in range(8)))
    claimed = [claim for claim in claims if claim]
    assert len({claim.version.invoice_id for claim in claimed}) == len(claimed) == 6
    await asyncio.gather(*(render_document(firm.database, press, claim) for claim in claimed))
    assert {(state, attempts) for _, _, state, attempts, _ in await firm.documents()} == {("ready", 1)}


@pytest.mark.proves("I5")
async def test_a_renderer_that_was_away_too_long_changes_nothing(firm: Firm, press: Press) -> None:
    invoice_id = await firm.final()
    late = await claim_document(firm.database, 60)
    await _end_pauses(firm.database)
    second = await claim_document(firm.database, 60)
    assert late is not None
    assert second is not None
    await render_document(firm.database, press, second)
    await render_document(firm.database, press, late)
    await render_document(firm.database, press, replace(late, attempt=ATTEMPTS_MAX + 1))
    assert await firm.documents() == [(1, "all", "ready", 2, None)]
    assert len(await firm.ready_pdfs(invoice_id)) == 1


@pytest.mark.proves("I5")
async def test_a_pdf_whose_making_was_interrupted_each_time_is_given_up(
    firm: Firm, client: httpx.AsyncClient, press: Press
) -> None:
    invoice_id = await firm.final()
    for _ in range(ATTEMPTS_MAX):
        assert await claim_document(firm.database, 60)
        await _end_pauses(firm.database)
    assert await firm.render_all(press) == 1
    assert await firm.documents() == [(1, "all", "failed", ATTEMPTS_MAX + 1, "interrupted")]
    (told,) = [body["data"] for body in await firm.published() if body["type"].endswith(".invoice-pdf-failed.v1")]
    said = {"version": 1, "comments": "all", "reason": "interrupted"}
    assert told == {"invoice_id": str(invoice_id), **said}
    _, finalised, failed = await firm.history(client, invoice_id)
    assert (failed["kind"], failed["summary"], failed["caused_by"]) == ("pdf_failed", said, finalised["entry_id"])
    answer = await client.get(f"/v1/invoices/{invoice_id}/versions/1/pdf", headers=firm.headers)
    assert (answer.status_code, answer.json()["slug"]) == (409, "pdf_failed")


@pytest.mark.proves("I5")
async def test_a_store_that_cannot_be_reached_is_tried_again_and_counts_no_attempt(
    firm: Firm, press: Press, tmp_path: Path
) -> None:
    await firm.final()
    folder = tmp_path / "blobs"
    folder.rmdir()
    folder.write_text("a file where a folder must be")
    for _ in range(ATTEMPTS_MAX + 2):
        assert await firm.render_all(press) == 1
        await _end_pauses(firm.database)
    assert await firm.documents() == [(1, "all", "pending", 0, None)]
    folder.unlink()
    folder.mkdir()
    assert await firm.render_all(press) == 1
    assert await firm.documents() == [(1, "all", "ready", 1, None)]


@pytest.mark.proves("I5")
async def test_the_job_renders_what_is_finalised_while_it_runs(firm: Firm, blobs: Blobs) -> None:
    loop = JobLoop(renderer_job(blobs), firm.database, Progress())
    running = asyncio.create_task(loop.run())
    invoice_id = await firm.final()
    loop.wake()

    async def is_ready() -> bool:
        return len(await firm.ready_pdfs(invoice_id)) == 1

    try:
        await eventually(is_ready)
    finally:
        loop.stop()
        await running


@pytest.mark.proves("I5")
async def test_nothing_is_claimed_while_no_thread_is_free(firm: Firm, blobs: Blobs) -> None:
    """One is under way, and as many as may be left behind are: the next PDF keeps its attempts until there is room."""
    await firm.final()
    press, held = Press(Typesetter(timeout_seconds=0.05), blobs), threading.Event()

    def nothing() -> dict[str, object]:
        held.wait(timeout=60)
        return {}

    for _ in range(OVERDUE_MAX + 1):
        with pytest.raises(PdfTooSlow):
            await press.typesetter.typeset(TEMPLATE, nothing, AT)
    rendering = asyncio.create_task(render_next(firm.database, press, 60))
    assert not (await asyncio.wait([rendering], timeout=0.5))[0]
    assert await firm.documents() == [(1, "all", "pending", 0, None)]
    held.set()
    assert await rendering
    assert [attempts for _, _, _, attempts, _ in await firm.documents()] == [1]
    press.typesetter.close()


@pytest.mark.proves("I5")
async def test_a_look_that_finds_nothing_due_commits_nothing(
    new_database: Callable[[str], Awaitable[str]],
) -> None:
    commits: list[None] = []
    pool = await open_pool(await new_database("invoices"), application="test", size_max=2)
    database = Database(pool, lambda: commits.append(None))
    try:
        assert await claim_document(database, 60) is None
    finally:
        await database.close()
    assert commits == []


@pytest.mark.fault
@pytest.mark.proves("I5")
@pytest.mark.parametrize("failpoint", ["renderer.before_put", "renderer.before_record", "renderer.after_record"])
async def test_a_renderer_killed_at_any_line_leaves_one_pdf_and_one_fact(
    new_database: Callable[[str], Awaitable[str]], firm: Firm, blobs: Blobs, tmp_path: Path, failpoint: str
) -> None:
    """SIGKILL of a renderer's process; its lease is let end; another one follows."""
    invoice_id = await firm.final()
    async with firm.database.reading() as tx:
        name = await tx.fetchval("select current_database()")
    dsn = (await new_database("invoices")).rsplit("/", 1)[0] + f"/{name}"
    where = (dsn, (tmp_path / "blobs").as_uri())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RENDERER, *where, env={"HANDBILL_FAILPOINT": f"{failpoint}:kill"}
    )
    assert await process.wait() == -signal.SIGKILL
    assert len(await firm.ready_pdfs(invoice_id)) == (failpoint == "renderer.after_record")
    await _end_pauses(firm.database)
    async with opened(dsn) as database, renderer_job(blobs).open_step() as step:
        while await step(database):
            continue
    (ready,) = await firm.ready_pdfs(invoice_id)
    assert len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]) == 1
    assert len(await blobs.get(ready["sha256"])) == ready["size_bytes"]

"""PDFs from final invoice to blob store: wanted, claimed, made, recorded; killed and made again."""

import asyncio
import hashlib
import io
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pypdf
import pytest

from chassis.blobs import Blobs
from chassis.database import Database
from chassis.health import Progress
from chassis.ids import new_id
from chassis.jobs import JobLoop
from chassis.parked import RawRecord
from chassis.pdf import Typesetter
from chassis.testing import eventually
from chassis.testing.fixtures import opened
from contracts.fields import CommentChoice
from contracts.invoices import FinaliseInvoice, InvoiceComment, InvoiceLine, ReviseInvoice
from contracts.sharing import InvoiceShared, Shared
from invoices.domain.printing import ATTEMPTS_MAX
from invoices.jobs import renderer_job
from invoices.usecases.claim_document import claim_document
from invoices.usecases.finalise_invoice import finalise_invoice
from invoices.usecases.render_document import Press, render_document
from invoices.usecases.revise_invoice import revise_invoice

Firm = Any
WILL = InvoiceLine(kind="flat_fee", description="Will", quantity=Decimal(1), unit_price_minor=50_000)
THANKS = InvoiceComment(text="Thank you.", is_client_visible=True)
ASIDE = InvoiceComment(text="Slow payer", is_client_visible=False)

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


@pytest.fixture
def press(blobs: Blobs) -> Iterator[Press]:
    made = Press(Typesetter(), blobs)
    yield made
    made.typesetter.close()


async def _render_all(database: Database, press: Press) -> int:
    """Make every PDF that is due; returns how many."""
    count = 0
    while claimed := await claim_document(database, 60):
        await render_document(database, press, claimed)
        count += 1
    return count


async def _ready(firm: Firm, invoice_id: UUID) -> list[dict[str, Any]]:
    bodies = [body for body in await firm.published() if body["subject"] == str(invoice_id)]
    return [body["data"] for body in bodies if body["type"] == "handbill.invoices.invoice-pdf-ready.v1"]


async def _states(database: Database) -> list[tuple[int, str, str, int, str | None]]:
    async with database.reading() as tx:
        rows = await tx.fetch(
            "select version, comments, state, attempts, failure from documents order by version, comments"
        )
    return [tuple(row) for row in rows]


async def _end_pauses(database: Database) -> None:
    """As if all leases and pauses were over."""
    async with database.transaction() as tx:
        await tx.execute("update documents set next_at = clock_timestamp() where next_at is not null")


def _words(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


def _shared(firm: Firm, invoice_id: UUID, comments: CommentChoice, version: int = 1) -> RawRecord:
    fact = InvoiceShared(
        invoice_id=invoice_id,
        matter_id=new_id(),
        matter_name="Estate of M. Okafor",
        number="INV-000001",
        version=version,
        currency="USD",
        total_minor=10_000,
        due_on=date(2026, 12, 22),
        channel="email",
        message=None,
        comments=comments,
        shares=[
            Shared(
                share_id=new_id(),
                generation=1,
                contact_id=new_id(),
                name="Anna Okafor",
                email="anna.okafor@mail.example",
                locale="en-US",
            )
        ],
    )
    return firm.record(fact, actor="service:sharing")


def _revision(firm: Firm, invoice_id: UUID, **terms: Any) -> ReviseInvoice:
    return ReviseInvoice(invoice_id=invoice_id, terms=firm.terms(**terms), reason="A line was wrong.")


@pytest.mark.proves("I3", "I5")
async def test_every_version_has_its_pdf_and_earlier_ones_stay(
    firm: Firm, client: httpx.AsyncClient, press: Press
) -> None:
    invoice_id = await firm.final(await firm.matter({await firm.contact(): ["billing"]}), comments=[THANKS, ASIDE])
    address = f"/v1/invoices/{invoice_id}/versions"
    pending = await client.get(f"{address}/1/pdf", headers=firm.headers)
    assert (pending.status_code, pending.json()["slug"]) == (409, "pdf_pending")
    assert await _render_all(firm.database, press) == 1
    first = await client.get(f"{address}/1/pdf", headers=firm.headers)
    await firm.done(revise_invoice, _revision(firm, invoice_id, lines=[WILL]))
    assert await _render_all(firm.database, press) == 1
    second = await client.get(f"{address}/2/pdf?comments=all", headers=firm.headers)
    assert (first.status_code, first.headers["content-type"]) == (200, "application/pdf")
    assert second.headers["content-disposition"] == 'inline; filename="INV-000001-v2.pdf"'
    again = await client.get(f"{address}/1/pdf", headers=firm.headers)
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    assert "Anna Okafor" in _words(first.content)
    assert "Total $100.00" in _words(first.content)
    assert "Thank you." in _words(first.content)
    assert "Slow payer" not in _words(first.content)
    assert "Total $500.00" in _words(second.content)
    ready = await _ready(firm, invoice_id)
    assert [(fact["version"], fact["comments"], fact["file_name"]) for fact in ready] == [
        (1, "all", "INV-000001-v1.pdf"),
        (2, "all", "INV-000001-v2.pdf"),
    ]
    for fact, answer in zip(ready, (first, second), strict=True):
        assert fact["sha256"] == hashlib.sha256(answer.content).hexdigest()
        assert fact["size_bytes"] == len(answer.content)
        assert await press.blobs.get(fact["sha256"]) == answer.content


@pytest.mark.proves("I7")
async def test_a_pdf_is_told_in_history_as_caused_by_its_version(
    firm: Firm, client: httpx.AsyncClient, press: Press
) -> None:
    invoice_id = await firm.final()
    await _render_all(firm.database, press)
    items = (await client.get(f"/v1/invoices/{invoice_id}/history", headers=firm.headers)).json()["items"]
    _, finalised, ready = items
    assert (finalised["kind"], ready["kind"]) == ("finalised", "pdf_ready")
    assert (ready["caused_by"], ready["correlation_id"]) == (finalised["entry_id"], finalised["correlation_id"])
    assert ready["summary"]["file_name"] == "INV-000001-v1.pdf"


@pytest.mark.proves("I5")
async def test_a_share_without_comments_has_that_pdf_made_of_this_version_and_all_later_ones(
    firm: Firm, client: httpx.AsyncClient, press: Press
) -> None:
    invoice_id = await firm.final(comments=[THANKS])
    address = f"/v1/invoices/{invoice_id}/versions/1/pdf?comments=none"
    assert (await client.get(address, headers=firm.headers)).json()["slug"] == "unknown_pdf"
    await firm.hears(_shared(firm, invoice_id, "all"))
    assert await _render_all(firm.database, press) == 1
    await firm.hears(_shared(firm, invoice_id, "none"), _shared(firm, invoice_id, "none"))
    assert await _render_all(firm.database, press) == 1
    assert "Thank you." not in _words((await client.get(address, headers=firm.headers)).content)
    await firm.done(revise_invoice, _revision(firm, invoice_id, comments=[THANKS], notes="New."))
    assert await _render_all(firm.database, press) == 2
    assert [(version, comments, state) for version, comments, state, *_ in await _states(firm.database)] == [
        (1, "all", "ready"),
        (1, "none", "ready"),
        (2, "all", "ready"),
        (2, "none", "ready"),
    ]


@pytest.mark.proves("I5")
async def test_a_share_that_is_heard_of_after_a_revision_has_the_new_version_too(firm: Firm) -> None:
    invoice_id = await firm.final()
    await firm.done(revise_invoice, _revision(firm, invoice_id, lines=[WILL]))
    await firm.hears(_shared(firm, invoice_id, "none", version=1))
    assert [(version, comments) for version, comments, *_ in await _states(firm.database)] == [
        (1, "all"),
        (1, "none"),
        (2, "all"),
        (2, "none"),
    ]


@pytest.mark.proves("I5")
async def test_a_share_of_what_is_not_here_has_nothing_made_and_parks_nothing(firm: Firm, new_firm: Any) -> None:
    invoice_id, other = await firm.final(), await new_firm()
    await other.hears(_shared(other, invoice_id, "none"), _shared(other, new_id(), "none"))
    await firm.hears(_shared(firm, invoice_id, "none", version=9))
    assert [comments for _, comments, *_ in await _states(firm.database)] == ["all"]


@pytest.mark.proves("I5")
async def test_two_renderers_never_make_the_same_one(firm: Firm, press: Press) -> None:
    matter_id = await firm.matter()
    for _ in range(6):
        await firm.final(matter_id)
    claims = await asyncio.gather(*(claim_document(firm.database, 60) for _ in range(8)))
    claimed = [claim for claim in claims if claim]
    assert len({claim.version.invoice_id for claim in claimed}) == len(claimed) == 6
    await asyncio.gather(*(render_document(firm.database, press, claim) for claim in claimed))
    assert {(state, attempts) for _, _, state, attempts, _ in await _states(firm.database)} == {("ready", 1)}


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
    assert await _states(firm.database) == [(1, "all", "ready", 2, None)]
    assert len(await _ready(firm, invoice_id)) == 1


@pytest.mark.proves("I5")
async def test_a_pdf_whose_making_was_interrupted_each_time_is_given_up(
    firm: Firm, client: httpx.AsyncClient, press: Press
) -> None:
    invoice_id = await firm.final()
    for _ in range(ATTEMPTS_MAX):
        assert await claim_document(firm.database, 60)
        await _end_pauses(firm.database)
    assert await _render_all(firm.database, press) == 1
    assert await _states(firm.database) == [(1, "all", "failed", ATTEMPTS_MAX + 1, "interrupted")]
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
        assert await _render_all(firm.database, press) == 1
        await _end_pauses(firm.database)
    assert await _states(firm.database) == [(1, "all", "pending", 0, None)]
    folder.unlink()
    folder.mkdir()
    assert await _render_all(firm.database, press) == 1
    assert await _states(firm.database) == [(1, "all", "ready", 1, None)]


@pytest.mark.proves("I5")
async def test_a_pdf_that_is_lost_is_told_as_unavailable(
    firm: Firm, client: httpx.AsyncClient, press: Press, tmp_path: Path
) -> None:
    invoice_id = await firm.final()
    await _render_all(firm.database, press)
    (kept,) = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    kept.write_bytes(b"other")
    answer = await client.get(f"/v1/invoices/{invoice_id}/versions/1/pdf", headers=firm.headers)
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")


@pytest.mark.proves("I5", "X5")
async def test_a_pdf_is_for_its_firm_and_those_who_may_read_invoices(
    firm: Firm, new_firm: Any, client: httpx.AsyncClient, press: Press
) -> None:
    invoice_id, other = await firm.final(), await new_firm()
    await _render_all(firm.database, press)
    address = f"/v1/invoices/{invoice_id}/versions/1/pdf"
    foreign = await client.get(address, headers=other.headers)
    assert (foreign.status_code, foreign.json()["slug"]) == (404, "unknown_pdf")
    assert (await client.get(f"{address}?comments=internal", headers=firm.headers)).status_code in {400, 422}


@pytest.mark.proves("I5")
async def test_the_job_renders_what_is_finalised_while_it_runs(firm: Firm, blobs: Blobs) -> None:
    loop = JobLoop(renderer_job(blobs), firm.database, Progress())
    running = asyncio.create_task(loop.run())
    invoice_id = await firm.final()
    loop.wake()

    async def is_ready() -> bool:
        return len(await _ready(firm, invoice_id)) == 1

    try:
        await eventually(is_ready)
    finally:
        loop.stop()
        await running


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
    assert len(await _ready(firm, invoice_id)) == (failpoint == "renderer.after_record")
    await _end_pauses(firm.database)
    async with opened(dsn) as database, renderer_job(blobs).open_step() as step:
        while await step(database):
            continue
    (ready,) = await _ready(firm, invoice_id)
    assert len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]) == 1
    assert "Total $100.00" in _words(await blobs.get(ready["sha256"]))


@pytest.mark.proves("I3", "I5")
async def test_finalising_again_has_nothing_made_again(firm: Firm, press: Press) -> None:
    invoice_id = await firm.final()
    await _render_all(firm.database, press)
    await firm.done(finalise_invoice, FinaliseInvoice(invoice_id=invoice_id))
    assert await _render_all(firm.database, press) == 0

"""A PDF that was given up or lost is made again when somebody asks for it, and only then."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.ids import new_id
from contracts.invoices import RenderInvoicePdf
from invoices.domain.printing import ATTEMPTS_MAX
from invoices.usecases.claim_document import claim_document
from invoices.usecases.render_document import Press, render_document
from invoices.usecases.render_invoice_pdf import render_invoice_pdf

Firm = Any


async def _given_up(firm: Firm) -> UUID:
    """Make an invoice whose PDF has used up its attempts."""
    invoice_id = await firm.final()
    async with firm.database.transaction() as tx:
        await tx.execute(
            "update documents set state = 'failed', failure = 'too_slow', next_at = null, attempts = $1", ATTEMPTS_MAX
        )
    return invoice_id


@pytest.mark.proves("I5", "X1")
async def test_a_pdf_that_was_given_up_is_made_again_and_told_as_caused_by_whoever_asked(
    firm: Firm, client: httpx.AsyncClient, press: Press
) -> None:
    invoice_id = await _given_up(firm)
    assert await firm.render_all(press) == 0
    address = f"/v1/invoices/{invoice_id}/versions/1/pdf"
    asked = await client.post(address, json={}, headers={**firm.headers, "X-Correlation-Id": str(new_id())})
    assert (asked.status_code, asked.json()["state"]) == (200, "pending")
    assert await firm.documents() == [(1, "all", "pending", 0, None)]
    assert await firm.render_all(press) == 1
    assert (await client.get(address, headers=firm.headers)).status_code == 200
    (ready,) = [entry for entry in await firm.history(client, invoice_id) if entry["kind"] == "pdf_ready"]
    assert ready["correlation_id"] == asked.request.headers["X-Correlation-Id"]
    assert ready["actor"] == firm.principal.actor


@pytest.mark.proves("I5", "X1")
async def test_asking_again_or_for_what_is_there_changes_nothing(firm: Firm, press: Press) -> None:
    invoice_id = await _given_up(firm)
    command = RenderInvoicePdf(invoice_id=invoice_id, version=1)
    assert [(await firm.done(render_invoice_pdf, command)).state for _ in range(2)] == ["pending", "pending"]
    assert await firm.render_all(press) == 1
    assert [(await firm.done(render_invoice_pdf, command)).state for _ in range(2)] == ["ready", "ready"]
    # Looked at, once, and found in its place.
    assert await firm.render_all(press) == 1
    assert await firm.render_all(press) == 0
    assert [state for _, _, state, *_ in await firm.documents()] == ["ready"]
    assert len(await firm.ready_pdfs(invoice_id)) == 1


def _lose(blob: Path) -> None:
    blob.unlink()


def _damage(blob: Path) -> None:
    blob.write_bytes(b"%PDF-")


@pytest.mark.proves("I5", "X1")
@pytest.mark.parametrize("spoil", [_lose, _damage])
async def test_a_pdf_whose_blob_is_lost_or_damaged_is_made_again_when_asked_for(
    firm: Firm, client: httpx.AsyncClient, press: Press, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    invoice_id = await firm.final()
    assert await firm.render_all(press) == 1
    address = f"/v1/invoices/{invoice_id}/versions/1/pdf"
    whole = (await client.get(address, headers=firm.headers)).content
    (blob,) = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    spoil(blob)
    assert (await client.get(address, headers=firm.headers)).status_code == 503
    assert (await client.post(address, json={}, headers=firm.headers)).status_code == 200
    assert await firm.render_all(press) == 1
    assert (await client.get(address, headers=firm.headers)).content == whole
    assert await firm.documents() == [(1, "all", "ready", 1, None)]
    assert len(await firm.ready_pdfs(invoice_id)) == 2


@pytest.mark.proves("I5")
async def test_a_pdf_that_is_looked_at_while_its_store_is_away_is_looked_at_later(
    firm: Firm, press: Press, tmp_path: Path
) -> None:
    invoice_id = await firm.final()
    assert await firm.render_all(press) == 1
    elsewhere = (tmp_path / "blobs").rename(tmp_path / "elsewhere")
    await firm.done(render_invoice_pdf, RenderInvoicePdf(invoice_id=invoice_id, version=1))
    assert await firm.render_all(press) == 1
    assert await firm.documents() == [(1, "all", "ready", 0, None)]
    elsewhere.rename(tmp_path / "blobs")
    async with firm.database.transaction() as tx:
        assert await tx.execute("update documents set next_at = clock_timestamp()") == "UPDATE 1"
    assert await firm.render_all(press) == 1
    assert await firm.render_all(press) == 0
    assert len(await firm.ready_pdfs(invoice_id)) == 1


@pytest.mark.proves("I5")
async def test_a_lost_pdf_that_cannot_be_made_again_is_given_up(firm: Firm, press: Press) -> None:
    invoice_id = await firm.final()
    assert await firm.render_all(press) == 1
    await firm.done(render_invoice_pdf, RenderInvoicePdf(invoice_id=invoice_id, version=1))
    claimed = await claim_document(firm.database, 60)
    assert claimed is not None
    await render_document(firm.database, press, replace(claimed, attempt=ATTEMPTS_MAX + 1))
    assert await firm.documents() == [(1, "all", "failed", 1, "interrupted")]


@pytest.mark.proves("I5")
async def test_what_nobody_wanted_and_what_is_another_firms_is_refused(firm: Firm, new_firm: Any) -> None:
    invoice_id, other = await _given_up(firm), await new_firm()
    for command in (
        RenderInvoicePdf(invoice_id=invoice_id, version=1, comments="none"),
        RenderInvoicePdf(invoice_id=invoice_id, version=2**31 - 1),
        RenderInvoicePdf(invoice_id=new_id(), version=1),
    ):
        assert await firm.refused(render_invoice_pdf, command) == "unknown_pdf"
    assert await other.refused(render_invoice_pdf, RenderInvoicePdf(invoice_id=invoice_id, version=1)) == "unknown_pdf"
    assert [state for _, _, state, *_ in await firm.documents()] == ["failed"]


@pytest.mark.proves("I5")
async def test_requests_for_many_pdfs_in_one_batch_each_have_their_own_answer(firm: Firm) -> None:
    first, second = await firm.final(), await _given_up(firm)
    outcomes = await firm.do(
        render_invoice_pdf,
        *(RenderInvoicePdf(invoice_id=invoice_id, version=1) for invoice_id in (first, new_id(), second)),
    )
    assert [getattr(outcome, "slug", "done") for outcome in outcomes] == ["done", "unknown_pdf", "done"]
    assert [state for _, _, state, *_ in await firm.documents()] == ["pending", "pending"]

"""PDFs from final invoice to blob store: wanted, claimed, made, recorded; killed and made again."""

import hashlib
import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pypdf
import pytest

from chassis.ids import new_id
from chassis.parked import RawRecord
from contracts.fields import CommentChoice
from contracts.invoices import ChangeDraft, DraftInvoice, FinaliseInvoice, InvoiceComment, InvoiceLine, ReviseInvoice
from contracts.sharing import InvoiceShared, Shared
from invoices.usecases.change_draft import change_draft
from invoices.usecases.draft_invoice import draft_invoice
from invoices.usecases.finalise_invoice import finalise_invoice
from invoices.usecases.render_document import Press
from invoices.usecases.revise_invoice import revise_invoice

Firm = Any
WILL = InvoiceLine(kind="flat_fee", description="Will", quantity=Decimal(1), unit_price_minor=50_000)
THANKS = InvoiceComment(text="Thank you.", is_client_visible=True)
ASIDE = InvoiceComment(text="Slow payer", is_client_visible=False)


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
    assert await firm.render_all(press) == 1
    first = await client.get(f"{address}/1/pdf", headers=firm.headers)
    await firm.done(revise_invoice, _revision(firm, invoice_id, lines=[WILL]))
    assert await firm.render_all(press) == 1
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
    ready = await firm.ready_pdfs(invoice_id)
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
    await firm.render_all(press)
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
    assert await firm.render_all(press) == 1
    await firm.hears(_shared(firm, invoice_id, "none"), _shared(firm, invoice_id, "none"))
    assert await firm.render_all(press) == 1
    assert "Thank you." not in _words((await client.get(address, headers=firm.headers)).content)
    await firm.done(revise_invoice, _revision(firm, invoice_id, comments=[THANKS], notes="New."))
    assert await firm.render_all(press) == 2
    assert [(version, comments, state) for version, comments, state, *_ in await firm.documents()] == [
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
    assert [(version, comments) for version, comments, *_ in await firm.documents()] == [
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
    assert [comments for _, comments, *_ in await firm.documents()] == ["all"]


@pytest.mark.proves("I5")
async def test_a_pdf_that_is_lost_is_told_as_unavailable(
    firm: Firm, client: httpx.AsyncClient, press: Press, tmp_path: Path
) -> None:
    invoice_id = await firm.final()
    await firm.render_all(press)
    (kept,) = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    kept.write_bytes(b"other")
    answer = await client.get(f"/v1/invoices/{invoice_id}/versions/1/pdf", headers=firm.headers)
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")


@pytest.mark.proves("I5", "X5")
async def test_a_pdf_is_for_its_firm_and_those_who_may_read_invoices(
    firm: Firm, new_firm: Any, client: httpx.AsyncClient, press: Press
) -> None:
    invoice_id, other = await firm.final(), await new_firm()
    await firm.render_all(press)
    address = f"/v1/invoices/{invoice_id}/versions/1/pdf"
    foreign = await client.get(address, headers=other.headers)
    assert (foreign.status_code, foreign.json()["slug"]) == (404, "unknown_pdf")
    assert (await client.get(f"{address}?comments=internal", headers=firm.headers)).status_code in {400, 422}


@pytest.mark.proves("I5")
@pytest.mark.parametrize("number", [0, -1, 2, 2**31 - 1, 2**31, 99_999_999_999, 2**70])
async def test_a_version_that_cannot_be_is_one_that_is_not_there(
    firm: Firm, client: httpx.AsyncClient, number: int
) -> None:
    address = f"/v1/invoices/{await firm.final()}/versions/{number}"
    for method, path, body in (("GET", address, None), ("GET", f"{address}/pdf", None), ("POST", f"{address}/pdf", {})):
        answer = await client.request(method, path, json=body, headers=firm.headers)
        assert answer.status_code == 404, (method, path, answer.text)


@pytest.mark.proves("I5")
async def test_more_text_than_can_be_printed_is_refused_before_there_is_a_version(firm: Firm) -> None:
    endless = [InvoiceComment(text="x" + "\n" * 4_000, is_client_visible=True)] * 2
    draft_id, matter_id = await firm.draft(), await firm.matter()
    terms = firm.terms(comments=endless)
    draft = DraftInvoice(invoice_id=new_id(), matter_id=matter_id, terms=terms)
    assert await firm.refused(draft_invoice, draft) == "too_many_lines"
    assert await firm.refused(change_draft, ChangeDraft(invoice_id=draft_id, terms=terms)) == "too_many_lines"
    revision = _revision(firm, await firm.final(), comments=endless)
    assert await firm.refused(revise_invoice, revision) == "too_many_lines"


@pytest.mark.proves("I3", "I5")
async def test_finalising_again_has_nothing_made_again(firm: Firm, press: Press) -> None:
    invoice_id = await firm.final()
    await firm.render_all(press)
    await firm.done(finalise_invoice, FinaliseInvoice(invoice_id=invoice_id))
    assert await firm.render_all(press) == 0

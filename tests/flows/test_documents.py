"""The PDF of each version and choice of comments over the whole stack: made, told of, kept as it was.

Source: mission I2, I3, I5.
"""

import hashlib
import io
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pypdf
import pytest

from chassis.testing import eventually
from contracts.invoices import InvoiceComment, InvoiceLine, InvoiceTerms
from stack.client.people import PostOffice, attachments_of, meet
from stack.client.practice import Practice, expect
from stack.client.sharing import share_by_email
from stack.client.topics import TopicWatch

pytestmark = pytest.mark.kafka

LINES = [
    InvoiceLine(
        kind="time",
        description="Review",
        quantity=Decimal("1.5"),
        unit_price_minor=30_000,
        tax_rate_percent=Decimal(10),
    ),
    InvoiceLine(kind="expense", description="Court fee", quantity=Decimal(1), unit_price_minor=8_000),
    InvoiceLine(kind="flat_fee", description="Agreement", quantity=Decimal(1), unit_price_minor=50_000),
    InvoiceLine(kind="part", description="Exhibits", quantity=Decimal(3), unit_price_minor=1_000),
]
TERMS = InvoiceTerms(
    currency="USD",
    lines=LINES,
    discount_minor=6_000,
    due_in_days=30,
    comments=[
        InvoiceComment(text="Thank you for your trust.", is_client_visible=True),
        InvoiceComment(text="Pays late.", is_client_visible=False),
    ],
)
ORANGE = "#ff8000"
ORANGE_AS_DRAWN = b"1 0.5019608 0"


def words_of(pdf: bytes) -> str:
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    return " ".join(" ".join(pages).split())


def drawing_of(pdf: bytes) -> bytes:
    contents = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].get_contents()
    assert contents is not None
    return contents.get_data()


async def pdf_of(office: Practice, watch: TopicWatch, invoice_id: UUID, version: int, comments: str = "all") -> bytes:
    """Fetch a PDF once it was told of: what is fetched has the hash and size that were told."""

    async def told() -> list[dict[str, Any]]:
        ready = [seen.data for seen in watch.of_firm(office.firm_id, "invoices.invoice-pdf-ready")]
        wanted = str(invoice_id), version, comments
        return [data for data in ready if (data["invoice_id"], data["version"], data["comments"]) == wanted]

    (fact,) = await eventually(told, timeout_seconds=30)
    path = f"/v1/invoices/{invoice_id}/versions/{version}/pdf?comments={comments}"
    status, content = await office.api.download("invoices", path)
    assert status == 200
    assert (fact["sha256"], fact["size_bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
    return content


@pytest.mark.proves("I2", "I5")
async def test_the_pdf_says_what_the_version_says_in_the_firms_brand(
    new_practice: Callable[[str], Awaitable[Practice]], watch: TopicWatch
) -> None:
    office = await new_practice("Indigo & Sons")
    profile = (await office.api.get("invoices", "/v1/firm")).body["profile"] | {"brand_colour": ORANGE}
    expect("brand", 200, await office.api.send("PUT", "invoices", "/v1/firm", json_body=profile))
    matter_id = await office.matter("P-1", "Paper")
    await meet(office, "Ada", matter_id, ["billing"])
    invoice_id = await office.final_invoice(matter_id, TERMS)

    pdf = await pdf_of(office, watch, invoice_id, 1)

    invoice = (await office.api.get("invoices", f"/v1/invoices/{invoice_id}")).body
    words = words_of(pdf)
    for said in (
        *("Indigo & Sons", "BILL TO Ada", "MATTER P-1 Paper", f"Invoice {invoice['number']}"),
        *("Review 1.5 300.00 10% 450.00", "Court fee", "Agreement", "Exhibits", "Thank you for your trust."),
        f"Total ${invoice['totals']['total_minor'] / 100:,.2f}",
    ):
        assert said in words
    assert "Pays late." not in words
    assert ORANGE_AS_DRAWN in drawing_of(pdf)


@pytest.mark.proves("I3", "I5")
async def test_each_version_has_its_pdf_and_the_first_stays_byte_for_byte(office: Practice, watch: TopicWatch) -> None:
    invoice_id = await office.final_invoice(await office.matter("P-2", "Versions"), TERMS)
    first = await pdf_of(office, watch, invoice_id, 1)
    revised = TERMS.model_copy(update={"lines": LINES[:2], "discount_minor": 0})
    body = {"terms": revised.model_dump(mode="json"), "reason": "Not delivered."}

    expect(
        "revise", 200, await office.api.send("POST", "invoices", f"/v1/invoices/{invoice_id}/revise", json_body=body)
    )

    second = words_of(await pdf_of(office, watch, invoice_id, 2))
    assert "Version 2" in second
    assert "Total $575.00" in second
    assert "Exhibits" not in second
    assert await pdf_of(office, watch, invoice_id, 1) == first


@pytest.mark.proves("I5", "S3", "S10")
async def test_without_comments_is_a_pdf_of_its_own_that_is_made_for_whom_it_was_promised(
    office: Practice, watch: TopicWatch, post: PostOffice
) -> None:
    matter_id = await office.matter("P-3", "Discretion")
    ada, bob = await meet(office, "Ada", matter_id), await meet(office, "Bob", matter_id)
    invoice_id = await office.final_invoice(matter_id, TERMS)
    path = f"/v1/invoices/{invoice_id}/versions/1/pdf"
    assert (await office.api.download("invoices", f"{path}?comments=none"))[0] == 404

    await share_by_email(office, invoice_id, [ada.contact_id])
    await share_by_email(office, invoice_id, [bob.contact_id], comments="none")

    (to_ada,), (to_bob,) = await post.arrived(ada, 1), await post.arrived(bob, 1)
    assert attachments_of(to_ada) == [await pdf_of(office, watch, invoice_id, 1)]
    assert attachments_of(to_bob) == [await pdf_of(office, watch, invoice_id, 1, "none")]
    assert "Thank you for your trust." in words_of(attachments_of(to_ada)[0])
    assert "Thank you for your trust." not in words_of(attachments_of(to_bob)[0])


@pytest.mark.proves("I5")
async def test_a_draft_and_another_firms_invoice_have_no_pdf(
    office: Practice, practice: Practice, watch: TopicWatch
) -> None:
    matter_id = await office.matter("P-4", "Ours")
    draft_id = await office.draft(matter_id)
    invoice_id = await office.final_invoice(matter_id)
    await pdf_of(office, watch, invoice_id, 1)

    seen = [
        (await office.api.download("invoices", f"/v1/invoices/{draft_id}/versions/1/pdf"))[0],
        (await practice.api.download("invoices", f"/v1/invoices/{invoice_id}/versions/1/pdf"))[0],
        (await office.api.download("invoices", f"/v1/invoices/{invoice_id}/versions/2/pdf"))[0],
    ]

    assert seen == [404, 404, 404]

"""Drafting and finalising: every kind of line, and numbers without a gap however many ask at once (I2, I3)."""

import asyncio
from decimal import Decimal

from chassis.ids import new_id
from contracts.invoices import DraftInvoice, InvoiceComment, InvoiceLine, InvoiceTerms
from stack.client.practice import expect, plain_terms
from stack.demo.scene import DONE, Scene, check, check_soon

AT_ONCE = 12


async def draft_invoices(scene: Scene) -> None:
    """Draft one invoice by HTTP, with every kind of line, and one by command."""
    office, practice = scene.office, scene.office.practice
    office.invoices["estate"] = await practice.draft(office.matters["estate"], full_terms())
    draft = (await practice.api.get("invoices", f"/v1/invoices/{office.invoices['estate']}")).body
    check("status", expected="draft", seen=draft["status"])
    # 2.5 x 320.00 + 45.10 + 150.00 + 3 x 12.50 = 1032.60; 50.00 off; 8.25 % on the part of the parts.
    check("subtotal", expected=103_260, seen=draft["totals"]["subtotal_minor"])
    check("discount", expected=5_000, seen=draft["totals"]["discount_minor"])
    command = DraftInvoice(
        invoice_id=new_id(), matter_id=office.matters["lease"], terms=plain_terms(48_000), share_with=[]
    )
    correlation_id = await scene.watch.command(command, firm_id=practice.firm_id, actor=practice.actor)
    (answer,) = await scene.watch.answers(correlation_id)
    check("answer to DraftInvoice", expected=DONE["invoices"], seen=answer.type)
    office.invoices["lease"] = command.invoice_id


async def finalise_at_once(scene: Scene) -> None:
    """Finalise a dozen drafts at the same moment; their numbers must be neighbours."""
    office, practice = scene.office, scene.office.practice
    others = [await practice.draft(office.matters["lease"], plain_terms(1_000 + count)) for count in range(AT_ONCE - 2)]
    invoice_ids = [office.invoices["estate"], office.invoices["lease"], *others]
    answers = await asyncio.gather(*(practice.finalise(invoice_id) for invoice_id in invoice_ids))
    numbers = sorted(int("".join(filter(str.isdigit, answer.body["number"]))[-6:]) for answer in answers)
    check("numbers given", expected=list(range(numbers[0], numbers[0] + AT_ONCE)), seen=numbers)
    again = await practice.finalise(office.invoices["estate"])
    check("number after finalising again", expected=answers[0].body["number"], seen=again.body["number"])


async def draft_with_wishes(scene: Scene) -> None:
    """Name whom to share with when drafting; finalising is all it takes, and a kept version stays as it was."""
    office, practice = scene.office, scene.office.practice
    cleo = office.people["Cleo"]
    invoice_id = await practice.draft(office.matters["lease"], plain_terms(7_500), [cleo.contact_id])
    office.invoices["wished"] = invoice_id
    await practice.finalise(invoice_id)

    async def is_shared() -> object:
        return (await practice.api.get("invoices", f"/v1/invoices/{invoice_id}")).body["is_shared"]

    await check_soon("shared by finalising", expected=True, look=is_shared)
    version = expect("version 1", 200, await practice.api.get("invoices", f"/v1/invoices/{invoice_id}/versions/1"))
    check("total of version 1", expected=7_500, seen=version.body["totals"]["total_minor"])


def full_terms() -> InvoiceTerms:
    """Lines of every kind, a discount, tax, and comments for both sides."""
    return InvoiceTerms(
        currency="USD",
        lines=[
            _line("time", "Drafting the will", "2.5", 32_000),
            _line("expense", "Court filing fee", "1", 4_510),
            _line("flat_fee", "Notary", "1", 15_000),
            _line("part", "Bound copies", "3", 1_250, tax="8.25"),
        ],
        discount_minor=5_000,
        due_in_days=14,
        notes="Thank you for your business.",
        comments=[
            InvoiceComment(text="Copies were sent by courier.", is_client_visible=True),
            InvoiceComment(text="Check the rate next time.", is_client_visible=False),
        ],
    )


def _line(kind: str, description: str, quantity: str, unit_price_minor: int, tax: str = "0") -> InvoiceLine:
    return InvoiceLine.model_validate(
        {
            "kind": kind,
            "description": description,
            "quantity": Decimal(quantity),
            "unit_price_minor": unit_price_minor,
            "tax_rate_percent": Decimal(tax),
        }
    )

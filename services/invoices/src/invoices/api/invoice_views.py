"""What a reader of an invoice is shown, put together from its rows, its shares and its balance."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from chassis.database import Tx
from contracts.invoices import InvoiceTotals
from contracts.message import Part
from invoices.domain.balance import Balance, Status, shown_status
from invoices.domain.invoice import Invoice
from invoices.domain.refusal import Refusal
from invoices.domain.totals import PricedLine, price_lines
from invoices.store.balances import find_balances
from invoices.store.invoice_contents import find_contents
from invoices.store.shares import find_shared_invoices


class CommentView(Part):
    """A comment as it was made: what commands refuse today may be in old ones."""

    text: str
    is_client_visible: bool


class BalanceView(Part):
    """What payments says is owed, and by which version it judged. `credit_minor` was paid above what is owed."""

    version: int
    open_minor: int
    payable_minor: int
    settled_minor: int
    refunded_minor: int
    credit_minor: int


class InvoiceSummary(Part):
    """An invoice in a list. `is_shared` is true exactly while a contact has it in the portal.

    `credited_minor` is what was taken off its total by credits.
    """

    invoice_id: UUID
    matter_id: UUID
    status: Status
    number: str | None
    version: int | None
    currency: str
    totals: InvoiceTotals
    credited_minor: int
    issued_on: date | None
    due_on: date | None
    is_shared: bool
    balance: BalanceView | None
    revision: int


class LineView(Part):
    """A line with what it comes to; `discount_minor` is its part of the invoice's discount."""

    kind: str
    description: str
    quantity: Decimal
    unit_price_minor: int
    tax_rate_percent: Decimal
    amount_minor: int
    discount_minor: int
    tax_minor: int


class InvoiceView(InvoiceSummary):
    """An invoice whole, as staff see it. Of a draft, `terms_due_…` say what finalising will make of the due date."""

    lines: list[LineView]
    comments: list[CommentView]
    notes: str | None
    terms_due_on: date | None
    terms_due_in_days: int | None
    share_with: list[UUID]


async def summarise(tx: Tx, firm_id: UUID, invoices: Sequence[Invoice]) -> list[InvoiceSummary]:
    """Show invoices as a list does, with a fixed number of statements."""
    invoice_ids = [invoice.invoice_id for invoice in invoices]
    shared = await find_shared_invoices(tx, firm_id, invoice_ids)
    balances = await find_balances(tx, firm_id, invoice_ids)
    return [
        _summary(invoice, balances.get(invoice.invoice_id), is_shared=invoice.invoice_id in shared)
        for invoice in invoices
    ]


async def show(tx: Tx, invoice: Invoice) -> InvoiceView:
    """Show one invoice whole."""
    (summary,) = await summarise(tx, invoice.firm_id, [invoice])
    content = (await find_contents(tx, [invoice.key]))[invoice.key]
    priced = price_lines(content.lines, invoice.terms.discount_minor)
    assert not isinstance(priced, Refusal), "its totals were taken when it was written"
    return InvoiceView(
        **summary.model_dump(),
        lines=[show_line(line) for line in priced],
        comments=[CommentView.model_validate(comment, from_attributes=True) for comment in content.comments],
        notes=invoice.terms.notes,
        terms_due_on=invoice.terms.due_on,
        terms_due_in_days=invoice.terms.due_in_days,
        share_with=list(invoice.share_with),
    )


def _summary(invoice: Invoice, balance: Balance | None, *, is_shared: bool) -> InvoiceSummary:
    issue = invoice.issue
    return InvoiceSummary(
        invoice_id=invoice.invoice_id,
        matter_id=invoice.matter_id,
        status=shown_status(invoice.state, balance),
        number=issue.number if issue else None,
        version=issue.version if issue else None,
        currency=invoice.terms.currency,
        totals=InvoiceTotals.model_validate(invoice.totals, from_attributes=True),
        credited_minor=invoice.credited_minor,
        issued_on=issue.issued_on if issue else None,
        due_on=issue.due_on if issue else None,
        is_shared=is_shared,
        balance=BalanceView.model_validate(balance, from_attributes=True) if balance else None,
        revision=invoice.revision,
    )


def show_line(priced: PricedLine) -> LineView:
    """Show one line."""
    line = priced.line
    return LineView(
        kind=line.kind,
        description=line.description,
        quantity=_plain(line.quantity),
        unit_price_minor=line.unit_price_minor,
        tax_rate_percent=line.tax_rate_percent,
        amount_minor=priced.amount_minor,
        discount_minor=priced.discount_minor,
        tax_minor=priced.tax_minor,
    )


def _plain(quantity: Decimal) -> Decimal:
    """Drop zeros after the point, and only those: 10, never 1E+1."""
    return Decimal(format(quantity.normalize(), "f"))

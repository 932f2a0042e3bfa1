"""HTTP in: what a contact can pay, and what an invoice owes."""

from datetime import date
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chassis.http.caller import Caller, not_found
from contracts.fields import Currency, Label, Minor, Name, SumMinor
from contracts.message import Part
from payments.store.balances import find_balance
from payments.usecases.read_payment_page import read_payment_page


class PayableInvoiceBody(Part):
    """One line of a payment page. The matter's words are null until the matter is known here."""

    invoice_id: UUID
    number: Label
    matter_id: UUID
    matter_number: Label | None
    matter_name: Name | None
    due_on: date
    version: int
    total_minor: Minor
    open_minor: Minor
    payable_minor: Minor
    processing_minor: Minor


class CurrencyPageBody(Part):
    """All that is owed in one currency, the earliest due first, and the sums."""

    currency: Currency
    open_minor: SumMinor
    payable_minor: SumMinor
    processing_minor: SumMinor
    invoices: list[PayableInvoiceBody]


class PaymentPageBody(Part):
    """What a contact can pay across all matters. `online_payments_off`: balances are shown, nothing is taken."""

    contact_id: UUID
    contact_name: Name
    online_payments_off: bool
    pages: list[CurrencyPageBody]


class BalanceBody(Part):
    """What an invoice owes now, judged by `version`. `credit_minor` was paid beyond it."""

    invoice_id: UUID
    version: int
    currency: Currency
    total_minor: Minor
    open_minor: Minor
    payable_minor: Minor
    processing_minor: Minor
    credited_minor: SumMinor
    settled_minor: SumMinor
    refunded_minor: SumMinor
    credit_minor: SumMinor
    is_void: bool
    revision: int


@get("/v1/contacts/{contact_id:uuid}/payable-invoices")
async def get_payable_invoices(contact_id: FromPath[UUID], caller: NamedDependency[Caller]) -> PaymentPageBody:
    """List, by currency, what owes something and is shared with the contact by portal or e-mail now."""
    async with caller.reading("payments:read") as tx:
        page = await read_payment_page(tx, caller.firm_id, contact_id)
    if page is None:
        raise not_found("contact")
    return PaymentPageBody.model_validate(page, from_attributes=True)


@get("/v1/invoices/{invoice_id:uuid}/balance")
async def get_balance(invoice_id: FromPath[UUID], caller: NamedDependency[Caller]) -> BalanceBody:
    """Tell what one invoice owes."""
    async with caller.reading("payments:read") as tx:
        balance = await find_balance(tx, caller.firm_id, invoice_id)
    if balance is None:
        raise not_found("invoice")
    return BalanceBody.model_validate(balance, from_attributes=True)

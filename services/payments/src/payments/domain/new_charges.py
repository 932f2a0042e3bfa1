"""The charges of a new payment, one per invoice (P2). Pure."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from payments.domain.paying import Choice
from payments.domain.payment import Charge, InvoiceTitle, MoneyState, Payment, statement_reference


def make_charges(
    payment: Payment,
    choices: Sequence[Choice],
    titles: Mapping[UUID, InvoiceTitle],
    firm_name: str,
    new_id: Callable[[], UUID],
) -> list[Charge]:
    """Make the charges of a payment's first attempt, by invoice number. Every title's matter is known."""
    charges = [_charge(payment, choice, titles[choice.invoice_id], firm_name, new_id()) for choice in choices]
    return sorted(charges, key=lambda charge: (charge.number, charge.charge_id))


def _charge(payment: Payment, choice: Choice, title: InvoiceTitle, firm_name: str, charge_id: UUID) -> Charge:
    assert title.matter_name is not None, "a charge tells what it is for"
    return Charge(
        firm_id=payment.firm_id,
        charge_id=charge_id,
        payment_id=payment.payment_id,
        invoice_id=choice.invoice_id,
        version=choice.version,
        number=title.number,
        matter_name=title.matter_name,
        amount_minor=choice.amount_minor,
        currency=payment.currency,
        reference=statement_reference(firm_name, title.number),
        attempt=payment.attempt,
        state=MoneyState.SUBMITTED,
    )

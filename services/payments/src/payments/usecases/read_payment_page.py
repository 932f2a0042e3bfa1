"""What a contact can pay now. Source: mission P1, S11."""

from uuid import UUID

from chassis.database import Tx
from payments.domain.payment_page import PaymentPage, split_by_currency
from payments.store.contacts import find_contact
from payments.store.firms import find_firm
from payments.store.payable_shares import list_payable_invoices


async def read_payment_page(tx: Tx, firm_id: UUID, contact_id: UUID) -> PaymentPage | None:
    """Read the page of a contact of the firm; None for one that is not known here.

    A firm that has not arrived yet takes no online payments: to take money it must be known that it may be taken.
    """
    contact = await find_contact(tx, firm_id, contact_id)
    if contact is None:
        return None
    firm = await find_firm(tx, firm_id)
    return PaymentPage(
        contact_id=contact_id,
        contact_name=contact.name,
        online_payments_off=firm is None or not firm.online_payments,
        pages=split_by_currency(await list_payable_invoices(tx, firm_id, contact_id)),
    )

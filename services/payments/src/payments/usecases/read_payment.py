"""What became of a payment. Source: mission P2, P3, P5."""

from uuid import UUID

from chassis.database import Tx
from payments.domain.payment_story import ChargeStory, PaymentStory
from payments.store.charges import list_charges_of
from payments.store.payments import list_payments
from payments.store.refunds import list_refunds_of


async def read_payment(tx: Tx, firm_id: UUID, payment_id: UUID) -> PaymentStory | None:
    """Read a payment of the firm; None for one that is not there."""
    key = firm_id, payment_id
    payment = (await list_payments(tx, [key])).get(key)
    if payment is None:
        return None
    charges = (await list_charges_of(tx, [key]))[key]
    refunds = await list_refunds_of(tx, [charge.key for charge in charges])
    return PaymentStory(payment, [ChargeStory(charge, refunds[charge.key]) for charge in charges])

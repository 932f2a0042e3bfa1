"""Tell payers what became of their payments and refunds (mission P2, N1). Nobody can choose not to get these.

Who has no address is recorded as not told (N5). They cover no share, so the gate has no say in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chassis.database import Tx
from notify.domain.planning import Plan
from notify.domain.replicas import Contact, ContactKey
from notify.store.contacts import find_contacts
from notify.store.plans import insert_plans


async def plan_payment_mails(tx: Tx, mails: Sequence[Plan]) -> None:
    """Plan mails to payers, in the caller's transaction. Safe to repeat, by the send key.

    The fact carries the address that the payer gave; our own knowledge fills in where it has none.
    """
    contacts = await find_contacts(tx, [(mail.delivery.firm_id, mail.delivery.contact_id) for mail in mails])
    await insert_plans(tx, [_addressed(mail, contacts) for mail in mails])


def _addressed(mail: Plan, contacts: Mapping[ContactKey, Contact]) -> Plan:
    delivery = mail.delivery
    contact = contacts.get((delivery.firm_id, delivery.contact_id))
    if delivery.recipient_email is not None or contact is None:
        return mail
    return replace(mail, delivery=replace(delivery, recipient_email=contact.email))

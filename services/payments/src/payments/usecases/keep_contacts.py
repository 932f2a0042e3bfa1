"""Keep contacts as invoices tells of them."""

from collections.abc import Sequence

from chassis.database import Tx
from payments.domain.replicas import Contact
from payments.store.contacts import upsert_contacts


async def keep_contacts(tx: Tx, contacts: Sequence[Contact]) -> None:
    """Keep the newest state of each contact, in the caller's transaction. Safe to repeat and in any order."""
    await upsert_contacts(tx, contacts)

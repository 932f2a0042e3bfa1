"""Keep what invoices tells of contacts; it replaces what was typed in here. Source: mission S1."""

from collections.abc import Sequence

from chassis.database import Tx
from sharing.domain.replicas import Contact
from sharing.store.contacts import upsert_contacts


async def keep_contacts(tx: Tx, contacts: Sequence[Contact]) -> None:
    """Keep the newest state of each contact. Safe to repeat."""
    await upsert_contacts(tx, contacts)

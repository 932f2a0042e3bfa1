"""Keep contacts: where to reach them, and in which language (I1)."""

from collections.abc import Sequence

from chassis.database import Tx
from notify.domain.replicas import Contact
from notify.store.contacts import upsert_contacts


async def keep_contacts(tx: Tx, contacts: Sequence[Contact]) -> None:
    """Keep the newest state of each contact. Safe to repeat."""
    await upsert_contacts(tx, contacts)

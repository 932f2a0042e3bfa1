"""What has arrived here, read for the decisions of one call in the one order of locks."""

from collections.abc import Collection, Mapping
from uuid import UUID

from chassis.database import Tx
from sharing.domain.replicas import Invoice, Key, Known
from sharing.store.contacts import find_contacts
from sharing.store.firms import find_firms
from sharing.store.matter_contacts import find_members
from sharing.store.matters import lock_matters


async def lock_known(tx: Tx, invoices: Collection[Invoice], contact_ids_of: Mapping[Key, Collection[UUID]]) -> Known:
    """Read all that stands around locked invoices, and the contacts that are looked at for each of them.

    Their matters' portals stay as they are until the caller commits.
    """
    matters = await lock_matters(tx, {invoice.matter_key for invoice in invoices})
    candidates = {
        (*invoice.matter_key, contact_id) for invoice in invoices for contact_id in contact_ids_of[invoice.key]
    }
    return Known(
        firms=await find_firms(tx, {invoice.firm_id for invoice in invoices}),
        matters=matters,
        members=await find_members(tx, candidates),
        contacts=await find_contacts(tx, {(firm_id, contact_id) for firm_id, _, contact_id in candidates}),
    )

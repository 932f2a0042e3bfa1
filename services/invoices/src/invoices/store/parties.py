"""Who bills whom for what, over the tables of firms, matters and contacts: what a version copies in."""

from collections.abc import Sequence

from chassis.database import Tx
from invoices.domain.invoice import Invoice
from invoices.domain.key import Key
from invoices.domain.version import Parties, parties_of
from invoices.store.contacts import find_contacts
from invoices.store.firms import find_firms
from invoices.store.matters import find_matters


async def find_parties(tx: Tx, invoices: Sequence[Invoice]) -> dict[Key, Parties]:
    """Read what the parties of these invoices say of themselves at this moment."""
    firms = await find_firms(tx, list({invoice.firm_id for invoice in invoices}))
    matters = await find_matters(tx, list({(invoice.firm_id, invoice.matter_id) for invoice in invoices}))
    named = {
        (firm_id, contact_id) for (firm_id, _), matter in matters.items() for contact_id in matter.bill_contact_ids
    }
    contacts = await find_contacts(tx, list(named))
    parties: dict[Key, Parties] = {}
    for invoice in invoices:
        matter = matters[invoice.firm_id, invoice.matter_id]
        billed = matter.billing_contact_id
        parties[invoice.key] = parties_of(
            firms[invoice.firm_id],
            matter,
            contacts[invoice.firm_id, billed] if billed else None,
            [contacts[invoice.firm_id, client] for client in matter.client_ids],
        )
    return parties

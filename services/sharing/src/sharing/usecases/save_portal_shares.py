"""Make a set of contacts the ones who have an invoice in their portal. Source: mission S1; article "Sharing Invoices".

Refuses what `domain.admission` refuses, of those who gain something; and typing in contacts without the right to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis import outbox
from chassis.clock import now
from chassis.database import Tx
from chassis.ids import new_id
from chassis.outbox import Outgoing
from chassis.outcome import Done, NotYetKnown, Outcome, Refused, Request
from contracts.fields import Channel
from contracts.invoices import AddContact
from contracts.message import Part
from contracts.sharing import SavePortalShares
from sharing.domain.admission import Missing, Obstacle
from sharing.domain.portal_set import PortalPlan, WantedSet, plan_portal_set
from sharing.domain.replicas import TYPED_IN_REVISION, Contact, Invoice, Key, Known, Matter, Member
from sharing.domain.share import NewShare, Share, channels_still_open
from sharing.store.contacts import upsert_contacts
from sharing.store.invoices import lock_invoices
from sharing.store.known import lock_known
from sharing.store.matter_contacts import insert_typed_in
from sharing.store.share_facts import contact_joined, invoice_shared, shares_revoked
from sharing.store.share_wishes import supersede_wishes
from sharing.store.shares import find_invoice_shares, revoke_shares, upsert_shares


class Unshared(Part):
    """A contact that lost the portal share, and what is still open to it."""

    contact_id: UUID
    channels_still_open: list[Channel]


class PortalSharesSaved(Part):
    """What saving the set changed, by contact."""

    shared: list[UUID]
    unshared: list[Unshared]
    unchanged: list[UUID]


@dataclass(frozen=True, slots=True)
class _Change:
    """A plan to be carried out, with what its facts need."""

    request: Request[SavePortalShares]
    invoice: Invoice
    matter: Matter | None
    shares: Sequence[Share]
    plan: PortalPlan


async def save_portal_shares(tx: Tx, requests: Sequence[Request[SavePortalShares]]) -> list[Outcome]:
    """Save one set per invoice, each invoice at most once in a call. Repeating a set changes nothing and tells nobody."""
    invoices = await lock_invoices(tx, [_key(request) for request in requests])
    wanted_of = {_key(request): _wanted(request) for request in requests}
    known = await lock_known(tx, invoices.values(), {key: wanted.all_ids for key, wanted in wanted_of.items()})
    shares_of = await find_invoice_shares(tx, invoices)
    contacts, members = dict(known.contacts), set(known.members)
    decided: list[_Change | Outcome] = []
    for request in requests:
        invoice = invoices.get(_key(request))
        wanted = wanted_of[_key(request)]
        ...

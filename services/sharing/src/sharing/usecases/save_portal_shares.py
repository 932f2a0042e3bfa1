"""Make a set of contacts the ones who have an invoice in their portal. Source: mission S1; article "Sharing Invoices".

Refuses what `domain.admission` refuses, of those who gain something; and typing in contacts without the right to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.clock import now
from chassis.database import Tx
from chassis.ids import new_id
from chassis.outbox import Outgoing
from chassis.outcome import Done, NotYetKnown, Outcome, Refused, Request, perhaps_late
from contracts.fields import Channel
from contracts.invoices import AddContact
from contracts.message import Part
from contracts.sharing import SavePortalShares
from sharing.domain.admission import Missing
from sharing.domain.portal_set import PortalPlan, WantedSet, new_portal_share, plan_portal_set
from sharing.domain.replicas import TYPED_IN_REVISION, Contact, Invoice, Key, Known, Member
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
    """A plan that is carried out, with what its facts and its answer need."""

    request: Request[SavePortalShares]
    invoice: Invoice
    shares: Sequence[Share]
    plan: PortalPlan


async def save_portal_shares(tx: Tx, requests: Sequence[Request[SavePortalShares]]) -> list[Outcome]:
    """Save one set per invoice, each invoice at most once in a call. Saving a set again tells nobody."""
    wanted_of = {_key(request): _wanted(request) for request in requests}
    invoices = await lock_invoices(tx, wanted_of)
    known = await lock_known(tx, invoices.values(), {key: wanted.all_ids for key, wanted in wanted_of.items()})
    shares_of = await find_invoice_shares(tx, invoices)
    contacts, members = dict(known.contacts), set(known.members)
    known = replace(known, contacts=contacts, members=members)
    decisions: list[_Change | Outcome] = []
    for request in requests:
        invoice = invoices.get(_key(request))
        decision = _decide(request, invoice, wanted_of[_key(request)], shares_of.get(_key(request), ()), known)
        if isinstance(decision, _Change):
            # The next request may name a contact that this one typed in.
            contacts.update((contact.key, contact) for contact in decision.plan.joining)
            members.update(_joined_members(decision))
        decisions.append(decision)
    await _save(tx, [decision for decision in decisions if isinstance(decision, _Change)], known)
    return [_done(decision) if isinstance(decision, _Change) else decision for decision in decisions]


def _key(request: Request[SavePortalShares]) -> Key:
    return request.firm_id, request.command.invoice_id


def _wanted(request: Request[SavePortalShares]) -> WantedSet:
    wanted = request.command.wanted
    typed_in = {
        new.contact_id: Contact(
            firm_id=request.firm_id,
            contact_id=new.contact_id,
            name=new.profile.name,
            kind=new.profile.kind,
            email=new.profile.email,
            phone=new.profile.phone,
            locale=new.profile.locale,
            revision=TYPED_IN_REVISION,
        )
        for new in wanted.new_contacts
    }
    return WantedSet(wanted.contact_ids, typed_in)


def _decide(
    request: Request[SavePortalShares],
    invoice: Invoice | None,
    wanted: WantedSet,
    shares: Sequence[Share],
    known: Known,
) -> _Change | Outcome:
    if invoice is None:
        return NotYetKnown("invoice")
    if wanted.typed_in and not request.principal.may(AddContact.scope):
        return Refused("scope_missing", f"typing in a contact needs {AddContact.scope}")
    plan = plan_portal_set(invoice, shares, wanted, known)
    if isinstance(plan, PortalPlan):
        return _Change(request, invoice, shares, plan)
    if isinstance(plan, Missing):
        return NotYetKnown(plan.what)
    return perhaps_late(Refused(plan.refusal, plan.detail))


async def _save(tx: Tx, changes: Sequence[_Change], known: Known) -> None:
    """Write rows and facts of all changes: one statement per table, and none where there is nothing to write."""
    at = now()
    joining = {contact.key: contact for change in changes for contact in change.plan.joining}
    if joining:
        await upsert_contacts(tx, list(joining.values()))
        await insert_typed_in(tx, [member for change in changes for member in _joined_members(change)])
    added = [share for change in changes for share in _new_shares(change, at)]
    shared = await upsert_shares(tx, added) if added else []
    removed = [share for change in changes for share in change.plan.removed]
    revoked = await revoke_shares(tx, removed, at) if removed else []
    await supersede_wishes(tx, [change.invoice.key for change in changes])
    share_of = {(share.firm_id, share.item_id, share.contact_id): share for share in (*shared, *revoked)}
    await outbox.append(tx, [message for change in changes for message in _messages(change, share_of, known)])


def _joined_members(change: _Change) -> list[Member]:
    return [(*change.invoice.matter_key, contact.contact_id) for contact in change.plan.joining]


def _new_shares(change: _Change, at: datetime) -> list[NewShare]:
    invoice = change.invoice
    return [
        new_portal_share(
            invoice,
            contact.contact_id,
            new_id(),
            message=change.request.command.wanted.message,
            shared_by=change.request.principal.actor,
            at=at,
        )
        for contact in change.plan.added
    ]


def _messages(change: _Change, share_of: Mapping[Member, Share], known: Known) -> Iterator[Outgoing]:
    """Tell of one change: first who lost the invoice, then who has it now, then who is new."""
    cause, invoice, plan = change.request.cause, change.invoice, change.plan
    if plan.removed:
        yield cause.message(shares_revoked([share_of[*invoice.key, share.contact_id] for share in plan.removed]))
    if plan.added:
        shares = [(share_of[*invoice.key, contact.contact_id], contact) for contact in plan.added]
        matter = known.matters[invoice.matter_key]
        yield cause.message(invoice_shared(invoice, matter, shares, change.request.command.wanted.message))
    # Said in our own name: the asker's right was checked here, and must not be lost on the way.
    own_cause = replace(cause, actor=f"service:{cause.service}")
    for contact in plan.joining:
        yield own_cause.message(contact_joined(contact, invoice))


def _done(change: _Change) -> Done:
    plan = change.plan
    unshared = [
        Unshared(
            contact_id=share.contact_id,
            channels_still_open=channels_still_open(change.shares, share.contact_id, "portal"),
        )
        for share in plan.removed
    ]
    shared = [contact.contact_id for contact in plan.added]
    return Done(PortalSharesSaved(shared=shared, unshared=unshared, unchanged=list(plan.unchanged)))

"""Carrying out acts of sharing: rows and facts of many at once, with one statement per table.

What is decided at once and what waited for a draft to be final are written here, so that both mean the same.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from chassis import outbox
from chassis.clock import now
from chassis.database import Tx
from chassis.ids import new_id
from chassis.outbox import Outgoing
from chassis.outcome import Cause
from contracts.sharing import InvoiceShared
from sharing.domain.act import Act, Plan, new_share, share_again
from sharing.domain.communication import Communication
from sharing.domain.replicas import Contact, Invoice, Known, Member
from sharing.domain.share import Channel, CommentChoice, Share
from sharing.store.communications import insert_communications
from sharing.store.contacts import upsert_contacts
from sharing.store.matter_contacts import insert_typed_in
from sharing.store.share_answers import ActAnswer, answer_act
from sharing.store.share_facts import communication_logged, contact_joined, invoice_shared, shares_revoked
from sharing.store.share_wishes import supersede_wishes
from sharing.store.shares import revoke_shares, update_shares_again, upsert_shares

Slot: TypeAlias = tuple[UUID, UUID, UUID, Channel]
"""A firm, an invoice, a contact and a channel: there is one share in it for good."""


@dataclass(frozen=True, slots=True)
class PlannedAct:
    """An act that nothing stands against, as it was decided under the locks. `shares`: the invoice's, till now."""

    cause: Cause
    invoice: Invoice
    shares: Sequence[Share]
    act: Act
    plan: Plan

    @property
    def joined_members(self) -> list[Member]:
        """Those who come onto the matter by it."""
        return [(*self.invoice.matter_key, contact.contact_id) for contact in self.plan.joining]

    def slot(self, contact_id: UUID) -> Slot:
        return (*self.invoice.key, contact_id, self.act.channel)

    def answer(self, after: Mapping[Slot, Share]) -> ActAnswer:
        """Answer it, by what `carry_out` returned."""
        told = {contact_id: after[self.slot(contact_id)] for contact_id in self.plan.told}
        return answer_act(self.act.channel, self.plan, self.shares, told)


async def carry_out(tx: Tx, acts: Sequence[PlannedAct], known: Known) -> Mapping[Slot, Share]:
    """Write rows and facts of all acts, and none where there is nothing to write.

    Returns the shares that were touched, as they are now.
    """
    at = now()
    after = await _write_shares(tx, acts, at)
    joining = {contact.key: contact for one in acts for contact in one.plan.joining}
    if joining:
        await upsert_contacts(tx, list(joining.values()))
        await insert_typed_in(tx, [member for one in acts for member in one.joined_members])
    sets = [one.invoice.key for one in acts if one.act.is_set]
    if sets:
        await supersede_wishes(tx, sets)
    logged = [_communication(one, at) for one in acts]
    if any(logged):
        await insert_communications(tx, [communication for communication in logged if communication])
    messages = [
        message
        for one, communication in zip(acts, logged, strict=True)
        for message in _messages(one, after, known, communication)
    ]
    await outbox.append(tx, messages)
    return after


async def _write_shares(tx: Tx, acts: Sequence[PlannedAct], at: datetime) -> Mapping[Slot, Share]:
    """Make, bring up to date and end shares."""
    added = [
        new_share(one.invoice, one.act, contact.contact_id, new_id(), shared_by=one.cause.actor, at=at)
        for one in acts
        for contact in one.plan.added
    ]
    again = [
        share_again(one.invoice, one.act, share, shared_by=one.cause.actor, at=at)
        for one in acts
        for share, _ in one.plan.again
    ]
    removed = [share for one in acts for share in one.plan.removed]
    touched = [
        *(await upsert_shares(tx, added) if added else ()),
        *(await update_shares_again(tx, again) if again else ()),
        *(await revoke_shares(tx, removed) if removed else ()),
    ]
    return {(share.firm_id, share.item_id, share.contact_id, share.channel): share for share in touched}


def _communication(one: PlannedAct, at: datetime) -> Communication | None:
    if one.act.message is None or not one.plan.told:
        return None
    return Communication(
        firm_id=one.invoice.firm_id,
        communication_id=new_id(),
        matter_id=one.invoice.matter_id,
        invoice_id=one.invoice.invoice_id,
        channel=one.act.channel,
        contact_ids=one.plan.told,
        message=one.act.message,
        logged_by=one.cause.actor,
        logged_at=at,
    )


def _messages(
    one: PlannedAct, after: Mapping[Slot, Share], known: Known, communication: Communication | None
) -> Iterator[Outgoing]:
    """Tell of one act: first who lost the invoice, then who has it now, what was written, and who is new."""
    cause, invoice, plan = one.cause, one.invoice, one.plan
    if plan.removed:
        yield cause.message(shares_revoked([after[one.slot(share.contact_id)] for share in plan.removed]))
    yield from (cause.message(fact) for fact in _facts(one, after, known))
    if communication is not None:
        yield cause.message(communication_logged(communication))
    # Said in our own name: the asker's right was checked here, and must not be lost on the way.
    own_cause = replace(cause, actor=f"service:{cause.service}")
    for contact in plan.joining:
        yield own_cause.message(contact_joined(contact, invoice))


def _facts(one: PlannedAct, after: Mapping[Slot, Share], known: Known) -> Iterator[InvoiceShared]:
    """Say who has it now: in one fact all those of whom everything but the person is the same."""
    told: defaultdict[tuple[bool, CommentChoice, bool], list[tuple[Share, Contact]]] = defaultdict(list)
    for is_resend, contacts in ((False, one.plan.added), (True, [contact for _, contact in one.plan.again])):
        for contact in contacts:
            share = after[one.slot(contact.contact_id)]
            told[is_resend, share.comments, share.on_payment_page].append((share, contact))
    for (is_resend, _, _), shares in told.items():
        matter = known.matters[one.invoice.matter_key]
        yield invoice_shared(one.invoice, matter, shares, one.act.message, is_resend=is_resend)

"""An act of sharing: what somebody asks for one invoice by one channel, and what carrying it out means.

Sources: mission S1 (the portal's set), S3 (sending again sends again), S6 (drafts), S7 (resending), S10, S11 (links).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sharing.domain.admission import Barred, Missing, Obstacle, Refusal, obstacle_to_channel, obstacle_to_contact
from sharing.domain.replicas import Contact, Invoice, Known
from sharing.domain.share import Channel, CommentChoice, NewShare, Share, SharedAgain, holders


@dataclass(frozen=True, slots=True)
class Act:
    """By portal, the contacts are the whole set that is to have the invoice; else they are those to send it to now.

    `typed_in` are contacts made while sharing, by id. `finalise_drafts`: the asker has said yes to finalising.
    `is_resend`: only those who have it are told, and their shares keep the comments and the place they were given.
    """

    channel: Channel
    contact_ids: tuple[UUID, ...]
    typed_in: Mapping[UUID, Contact] = field(default_factory=dict[UUID, Contact])
    message: str | None = None
    comments: CommentChoice = "all"
    on_payment_page: bool = True
    finalise_drafts: bool = False
    is_resend: bool = False

    @property
    def is_set(self) -> bool:
        """Whether who is not named loses it."""
        return self.channel == "portal" and not self.is_resend

    @property
    def all_ids(self) -> dict[UUID, None]:
        """Everyone concerned, each once, in the order given."""
        return dict.fromkeys((*self.contact_ids, *self.typed_in))

    def without(self, withdrawn: Collection[UUID]) -> "Act":
        """Leave out those for whom it was revoked before it was carried out."""
        return replace(
            self,
            contact_ids=tuple(one for one in self.contact_ids if one not in withdrawn),
            typed_in={one: contact for one, contact in self.typed_in.items() if one not in withdrawn},
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What carrying out an act changes. `joining` are those reached who come onto the matter as `other`.

    `again` have it by this channel already and are sent it again; `removed` and `unchanged` are the portal's.
    """

    added: tuple[Contact, ...] = ()
    again: tuple[tuple[Share, Contact], ...] = ()
    removed: tuple[Share, ...] = ()
    unchanged: tuple[UUID, ...] = ()
    joining: tuple[Contact, ...] = ()

    @property
    def told(self) -> list[UUID]:
        """Everyone whom this act tells of the invoice."""
        return [contact.contact_id for contact in (*self.added, *(contact for _, contact in self.again))]


@dataclass(frozen=True, slots=True)
class AfterFinalising:
    """The act may be carried out once the draft is final; nothing else stands against it."""


Decision: TypeAlias = Plan | AfterFinalising | Obstacle


def plan_act(invoice: Invoice, shares: Sequence[Share], act: Act, known: Known) -> Decision:
    """Plan what an act changes in an invoice's shares, or tell what stands against it.

    Only those who gain something are judged: taking away must always be possible, and who has it already was judged.
    """
    holding = holders(shares, act.channel)
    all_ids, is_set = act.all_ids, act.is_set
    reached = [one for one in all_ids if not (is_set and one in holding)]
    contacts: list[Contact] = []
    if reached:
        admitted = _admit(invoice, reached, act, known)
        if not isinstance(admitted, list):
            return admitted
        if invoice.status == "draft":
            return AfterFinalising()
        contacts = admitted
    return Plan(
        added=tuple(contact for contact in contacts if contact.contact_id not in holding),
        again=tuple((holding[one.contact_id], one) for one in contacts if one.contact_id in holding),
        removed=tuple(share for one, share in holding.items() if is_set and one not in all_ids),
        unchanged=tuple(one for one in all_ids if is_set and one in holding),
        joining=tuple(
            contact
            for contact in contacts
            if contact.contact_id in act.typed_in and not _is_on_matter(invoice, contact.contact_id, known)
        ),
    )


def plan_resend(invoice: Invoice, shares: Sequence[Share], act: Act, known: Known) -> Plan | Obstacle:
    """Plan to tell contacts again of what they have, or tell what stands against it."""
    assert act.is_resend
    holding = holders(shares, act.channel)
    for contact_id in act.all_ids:
        if contact_id not in holding:
            return Barred(Refusal.NOT_SHARED, contact_id)
    obstacle = obstacle_to_channel(invoice, act.channel, known)
    if obstacle is not None:
        return obstacle
    again: list[tuple[Share, Contact]] = []
    for contact_id in act.all_ids:
        contact = known.contacts.get((invoice.firm_id, contact_id))
        # Whoever has it may have left the matter since; that ends nothing.
        obstacle = obstacle_to_contact(invoice, act.channel, contact, is_on_matter=True)
        if obstacle is not None:
            return obstacle
        assert contact is not None
        again.append((holding[contact_id], contact))
    return Plan(again=tuple(again))


def new_share(
    invoice: Invoice, act: Act, contact_id: UUID, share_id: UUID, *, shared_by: str, at: datetime
) -> NewShare:
    """Make the share that an act gives one contact, of the invoice at its present version."""
    assert invoice.issue is not None, "a draft is never shared"
    return NewShare(
        firm_id=invoice.firm_id,
        share_id=share_id,
        item_kind="invoice",
        item_id=invoice.invoice_id,
        item_version=invoice.issue.version,
        matter_id=invoice.matter_id,
        contact_id=contact_id,
        channel=act.channel,
        message=act.message,
        comments=act.comments,
        on_payment_page=act.on_payment_page,
        shared_by=shared_by,
        shared_at=at,
    )


def share_again(invoice: Invoice, act: Act, share: Share, *, shared_by: str, at: datetime) -> SharedAgain:
    """Make what an act changes in a share that its contact has already."""
    assert invoice.issue is not None, "a draft is never shared"
    return SharedAgain(
        share=share,
        item_version=invoice.issue.version,
        message=act.message,
        comments=share.comments if act.is_resend else act.comments,
        on_payment_page=share.on_payment_page if act.is_resend else act.on_payment_page,
        shared_by=shared_by,
        shared_at=at,
    )


def _admit(invoice: Invoice, reached: Sequence[UUID], act: Act, known: Known) -> list[Contact] | Obstacle:
    """Judge all who are reached; a refusal comes before something missing, since waiting would not help it."""
    obstacle = obstacle_to_channel(invoice, act.channel, known, finalise_drafts=act.finalise_drafts)
    if obstacle is not None:
        return obstacle
    admitted: list[Contact] = []
    missing_ids: list[UUID] = []
    for contact_id in reached:
        # What is known of a contact is newer than what was typed in under its id.
        contact = known.contacts.get((invoice.firm_id, contact_id)) or act.typed_in.get(contact_id)
        is_on_matter = contact_id in act.typed_in or _is_on_matter(invoice, contact_id, known)
        obstacle = obstacle_to_contact(invoice, act.channel, contact, is_on_matter=is_on_matter)
        if isinstance(obstacle, Missing):
            missing_ids.append(contact_id)
        elif obstacle is not None:
            return obstacle
        elif contact is not None:
            admitted.append(contact)
    return Missing("contact", tuple(missing_ids)) if missing_ids else admitted


def _is_on_matter(invoice: Invoice, contact_id: UUID, known: Known) -> bool:
    return (*invoice.matter_key, contact_id) in known.members

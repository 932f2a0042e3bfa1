"""What sharing answers to acts of sharing, at once or when a draft is final. The table is the outbox, or the key's."""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

from chassis.answers import Asked
from chassis.outbox import Outgoing
from chassis.outcome import Cause, Refused
from contracts.fields import Channel
from contracts.message import Part
from sharing.domain.act import Plan
from sharing.domain.admission import Barred
from sharing.domain.pending import Ended
from sharing.domain.replicas import Invoice
from sharing.domain.share import Share, channels_still_open


class Unshared(Part):
    """A contact that lost the portal share, and what is still open to it."""

    contact_id: UUID
    channels_still_open: list[Channel]


class PortalSharesSaved(Part):
    """What saving the set changed, by contact."""

    shared: list[UUID]
    unshared: list[Unshared]
    unchanged: list[UUID]


class Sent(Part):
    """To whom the invoice was sent, by contact; those of `sent_again` had it by this channel already."""

    shared: list[UUID]
    sent_again: list[UUID]


class LinkGiven(Part):
    """The share that the link is of. `is_again`: the contact had it already, and the link is the same."""

    contact_id: UUID
    share_id: UUID
    generation: int
    is_again: bool


ActAnswer: TypeAlias = PortalSharesSaved | Sent | LinkGiven


def answer_act(channel: Channel, plan: Plan, before: Sequence[Share], after: Mapping[UUID, Share]) -> ActAnswer:
    """Answer an act that was carried out. `before`: the invoice's shares till then; `after`: the act's, by contact."""
    shared = [contact.contact_id for contact in plan.added]
    again = [contact.contact_id for _, contact in plan.again]
    match channel:
        case "portal":
            unshared = [
                Unshared(
                    contact_id=share.contact_id,
                    channels_still_open=channels_still_open(before, share.contact_id, "portal"),
                )
                for share in plan.removed
            ]
            return PortalSharesSaved(shared=shared, unshared=unshared, unchanged=list(plan.unchanged))
        case "email":
            return Sent(shared=shared, sent_again=again)
        case "link" | "text":
            (share,) = after.values()
            return LinkGiven(
                contact_id=share.contact_id,
                share_id=share.share_id,
                generation=share.generation,
                is_again=bool(again),
            )


def refused(invoice: Invoice, barred: Barred) -> Refused:
    """Refuse an act, and say which invoice it was of and what stands against it, to people and to machines."""
    return Refused(barred.refusal, barred.detail, {"invoice_id": str(invoice.invoice_id), **barred.about})


def end_message(ended: Ended) -> Outgoing:
    """Write the one answer to a command that was accepted and has ended."""
    pending = ended.pending
    cause = Cause("sharing", pending.command_id, pending.firm_id, pending.asked_by, pending.correlation_id)
    asked = Asked("sharing", pending.command_type, cause)
    if ended.result is not None:
        return asked.done(json.loads(ended.result))
    assert ended.slug is not None, "without a result it was refused"
    return asked.rejected(ended.slug, ended.detail or "", ended.about)

"""Acts of sharing a draft that wait for it to be final (mission S6): kept with who asked, and owing one answer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from sharing.domain.act import Act
from sharing.domain.replicas import Key
from sharing.domain.share import Channel


@dataclass(frozen=True, slots=True)
class PendingShare:
    """One act that was accepted and not carried out yet, and the command to finalise that was sent for it."""

    firm_id: UUID
    command_id: UUID
    command_type: str
    invoice_id: UUID
    act: Act
    asked_by: str
    correlation_id: UUID
    finalise_command_id: UUID
    withdrawn_ids: frozenset[UUID] = field(default_factory=frozenset[UUID])

    @property
    def invoice_key(self) -> Key:
        return self.firm_id, self.invoice_id

    @property
    def key(self) -> Key:
        return self.firm_id, self.command_id

    @property
    def act_left(self) -> Act:
        """What is left to carry out, without those for whom it was revoked meanwhile."""
        return self.act.without(self.withdrawn_ids)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a pending act ended: with `result`, the JSON of its answer, or else with a slug and a detail.

    `more_about`: ids of what the slug speaks of, by field, besides the invoice.
    """

    pending: PendingShare
    result: str | None = None
    slug: str | None = None
    detail: str | None = None
    more_about: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def about(self) -> dict[str, str]:
        """All that a refusal speaks of, by whichever way it is told."""
        return {"invoice_id": str(self.pending.invoice_id), **self.more_about}


@dataclass(frozen=True, slots=True)
class Revocation:
    """What is to end of an invoice: shares by these channels, of these contacts; None is everyone."""

    firm_id: UUID
    invoice_id: UUID
    channels: frozenset[Channel]
    contact_ids: frozenset[UUID] | None

    @property
    def invoice_key(self) -> Key:
        return self.firm_id, self.invoice_id

    def meets(self, channel: Channel, contact_id: UUID) -> bool:
        """Whether it ends this contact's share by this channel."""
        return channel in self.channels and (self.contact_ids is None or contact_id in self.contact_ids)


def withdraw(pending: PendingShare, revocation: Revocation) -> PendingShare | Ended | None:
    """Take out of a pending act what a revocation ends; None where it is not met, ended where nothing is left."""
    met = {one for one in pending.act_left.all_ids if revocation.meets(pending.act.channel, one)}
    if not met:
        return None
    narrowed = replace(pending, withdrawn_ids=pending.withdrawn_ids | met)
    if narrowed.act_left.all_ids:
        return narrowed
    return Ended(narrowed, slug="revoked", detail="it was unshared before the invoice was final")


def superseded(pendings: Collection[PendingShare]) -> list[Ended]:
    """End the portal sets among pending acts of an invoice for which another set is the later word."""
    return [
        Ended(pending, slug="superseded", detail="another set was saved before the invoice was final")
        for pending in pendings
        if pending.act.channel == "portal"
    ]

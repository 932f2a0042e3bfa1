"""What saving a set of contacts means: who gains the invoice in the portal, who loses it, who keeps it (mission S1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sharing.domain.admission import Missing, Obstacle, obstacle_to_contact, obstacle_to_portal
from sharing.domain.replicas import Contact, Invoice, Known
from sharing.domain.share import NewShare, Share, holders


@dataclass(frozen=True, slots=True)
class WantedSet:
    """Who is to have the invoice: contacts by id, and contacts typed in while sharing."""

    contact_ids: Sequence[UUID]
    typed_in: Mapping[UUID, Contact]

    @property
    def all_ids(self) -> dict[UUID, None]:
        """Everyone wanted, each once, in the order given."""
        return dict.fromkeys((*self.contact_ids, *self.typed_in))


@dataclass(frozen=True, slots=True)
class PortalPlan:
    """The change that makes the wanted set true. `joining` are those of `added` who come onto the matter as `other`."""

    added: tuple[Contact, ...]
    removed: tuple[Share, ...]
    unchanged: tuple[UUID, ...]
    joining: tuple[Contact, ...]


def plan_portal_set(
    invoice: Invoice, shares: Sequence[Share], wanted: WantedSet, known: Known
) -> PortalPlan | Obstacle:
    """Plan the change from the invoice's shares to the wanted set, or tell what stands against adding.

    Only those who gain something are judged: taking away must always be possible, and who has it already was judged.
    """
    holding = holders(shares, "portal")
    gaining = [contact_id for contact_id in wanted.all_ids if contact_id not in holding]
    added: list[Contact] = []
    if gaining:
        admitted = _admit(invoice, gaining, wanted, known)
        if not isinstance(admitted, list):
            return admitted
        added = admitted
    return PortalPlan(
        added=tuple(added),
        removed=tuple(share for contact_id, share in holding.items() if contact_id not in wanted.all_ids),
        unchanged=tuple(contact_id for contact_id in wanted.all_ids if contact_id in holding),
        joining=tuple(contact for contact in added if not _is_on_matter(invoice, contact.contact_id, known)),
    )


def new_portal_share(
    invoice: Invoice, contact_id: UUID, share_id: UUID, *, message: str | None, shared_by: str, at: datetime
) -> NewShare:
    """Make the portal share of an invoice at its present version."""
    assert invoice.issue is not None, "a draft is never shared"
    return NewShare(
        firm_id=invoice.firm_id,
        share_id=share_id,
        item_kind="invoice",
        item_id=invoice.invoice_id,
        item_version=invoice.issue.version,
        matter_id=invoice.matter_id,
        contact_id=contact_id,
        channel="portal",
        message=message,
        shared_by=shared_by,
        shared_at=at,
    )


def _admit(invoice: Invoice, gaining: Sequence[UUID], wanted: WantedSet, known: Known) -> list[Contact] | Obstacle:
    """Judge all who gain; a refusal comes before something missing, since waiting would not help it."""
    obstacle = obstacle_to_portal(invoice, known)
    if obstacle is not None:
        return obstacle
    admitted: list[Contact] = []
    missing: Missing | None = None
    for contact_id in gaining:
        # What is known of a contact is newer than what was typed in under its id.
        contact = known.contacts.get((invoice.firm_id, contact_id)) or wanted.typed_in.get(contact_id)
        is_on_matter = contact_id in wanted.typed_in or _is_on_matter(invoice, contact_id, known)
        obstacle = obstacle_to_contact(invoice, contact, is_on_matter=is_on_matter)
        if isinstance(obstacle, Missing):
            missing = obstacle
        elif obstacle is not None:
            return obstacle
        elif contact is not None:
            admitted.append(contact)
    return missing or admitted


def _is_on_matter(invoice: Invoice, contact_id: UUID, known: Known) -> bool:
    return (*invoice.matter_key, contact_id) in known.members

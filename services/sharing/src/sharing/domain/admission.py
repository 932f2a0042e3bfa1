"""Whether something may be shared with somebody: the one place where a share is refused, and why.

Sources: mission S1 and S8; glossary: firm, matter, share.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias
from uuid import UUID

from sharing.domain.replicas import Contact, Firm, Invoice, Known, Matter
from sharing.domain.share import ItemKind


class Refusal(StrEnum):
    """Why something is not shared."""

    DRAFT_NEEDS_CONFIRMATION = "draft_needs_confirmation"
    VOID = "void"
    CHANNEL_NOT_IN_PLAN = "channel_not_in_plan"
    PORTAL_DISABLED = "portal_disabled"
    KIND_NOT_ALLOWED = "kind_not_allowed"
    CONTACT_NOT_ON_MATTER = "contact_not_on_matter"
    NO_ADDRESS = "no_address"


_SENTENCES = {
    Refusal.DRAFT_NEEDS_CONFIRMATION: "invoice {} is a draft: finalise it first",
    Refusal.VOID: "invoice {} is void",
    Refusal.CHANNEL_NOT_IN_PLAN: "firm {} may not use the portal",
    Refusal.PORTAL_DISABLED: "the portal of matter {} is off",
    Refusal.KIND_NOT_ALLOWED: "the portal of matter {} does not show items of this kind",
    Refusal.CONTACT_NOT_ON_MATTER: "contact {} is not on the invoice's matter",
    Refusal.NO_ADDRESS: "contact {} has no e-mail address, and a portal share is told by e-mail",
}


@dataclass(frozen=True, slots=True)
class Barred:
    """A no, and the id of what it is about."""

    refusal: Refusal
    subject_id: UUID

    @property
    def detail(self) -> str:
        return _SENTENCES[self.refusal].format(self.subject_id)


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the decision needs has not arrived here."""

    what: Literal["invoice", "firm", "matter", "contact"]


Obstacle: TypeAlias = Barred | Missing


def obstacle_to_portal(invoice: Invoice, known: Known) -> Obstacle | None:
    """Tell what keeps an invoice from being shared through the portal with anybody."""
    if invoice.status == "draft":
        return Barred(Refusal.DRAFT_NEEDS_CONFIRMATION, invoice.invoice_id)
    if invoice.status == "void":
        return Barred(Refusal.VOID, invoice.invoice_id)
    firm, matter = known.firms.get(invoice.firm_id), known.matters.get(invoice.matter_key)
    if firm is None:
        return Missing("firm")
    if matter is None:
        return Missing("matter")
    return _closed_portal(firm, matter, "invoice")


def obstacle_to_contact(invoice: Invoice, contact: Contact | None, *, is_on_matter: bool) -> Obstacle | None:
    """Tell what keeps an invoice from being shared through the portal with this contact.

    A contact of whom nothing has arrived may well be on the matter, so that is missing and not refused.
    """
    if contact is None:
        return Missing("contact")
    assert contact.firm_id == invoice.firm_id
    if not is_on_matter:
        return Barred(Refusal.CONTACT_NOT_ON_MATTER, contact.contact_id)
    if contact.email is None:
        return Barred(Refusal.NO_ADDRESS, contact.contact_id)
    return None


def _closed_portal(firm: Firm, matter: Matter, kind: ItemKind) -> Barred | None:
    if "portal" not in firm.channels:
        return Barred(Refusal.CHANNEL_NOT_IN_PLAN, firm.firm_id)
    if not matter.portal_enabled:
        return Barred(Refusal.PORTAL_DISABLED, matter.matter_id)
    if kind not in matter.portal_kinds:
        return Barred(Refusal.KIND_NOT_ALLOWED, matter.matter_id)
    return None

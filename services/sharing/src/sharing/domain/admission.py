"""Whether something may be shared with somebody: the one place where a share is refused, and why.

Sources: mission S1, S3, S6, S8, S10; glossary: firm, matter, share.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias
from uuid import UUID

from sharing.domain.replicas import Contact, Invoice, Known, Matter
from sharing.domain.share import Channel, ItemKind


class Refusal(StrEnum):
    """Why something is not shared."""

    DRAFT_NEEDS_CONFIRMATION = "draft_needs_confirmation"
    VOID = "void"
    CHANNEL_NOT_IN_PLAN = "channel_not_in_plan"
    PORTAL_DISABLED = "portal_disabled"
    KIND_NOT_ALLOWED = "kind_not_allowed"
    CONTACT_NOT_ON_MATTER = "contact_not_on_matter"
    NO_ADDRESS = "no_address"
    NOT_SHARED = "not_shared"


# Each with the field that names its subject: what machines read beside the sentence.
_SENTENCES: dict[Refusal, tuple[str, str]] = {
    Refusal.DRAFT_NEEDS_CONFIRMATION: (
        "invoice_id", "invoice {} is a draft: sharing it with finalise_drafts finalises it first",
    ),
    Refusal.VOID: ("invoice_id", "invoice {} is void"),
    Refusal.CHANNEL_NOT_IN_PLAN: ("firm_id", "firm {} may not use this channel"),
    Refusal.PORTAL_DISABLED: ("matter_id", "the portal of matter {} is off"),
    Refusal.KIND_NOT_ALLOWED: ("matter_id", "the portal of matter {} does not show items of this kind"),
    Refusal.CONTACT_NOT_ON_MATTER: ("contact_id", "contact {} is not on the invoice's matter"),
    Refusal.NO_ADDRESS: ("contact_id", "contact {} has no address that this channel could use"),
    Refusal.NOT_SHARED: ("contact_id", "nothing is shared with contact {} by this channel"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Barred:
    """A no, and the id of what it is about."""

    refusal: Refusal
    subject_id: UUID

    @property
    def detail(self) -> str:
        return _SENTENCES[self.refusal][1].format(self.subject_id)

    @property
    def about(self) -> dict[str, str]:
        """The id of what it is about, under the name of its field."""
        return {_SENTENCES[self.refusal][0]: str(self.subject_id)}


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the decision needs has not arrived here; `ids` where the act names several."""

    what: Literal["invoice", "firm", "matter", "contact"]
    ids: tuple[UUID, ...] = ()


Obstacle: TypeAlias = Barred | Missing


def obstacle_to_channel(
    invoice: Invoice, channel: Channel, known: Known, *, finalise_drafts: bool = False
) -> Obstacle | None:
    """Tell what keeps an invoice from being shared by this channel with anybody.

    With `finalise_drafts` a draft is judged as what it is about to be: a final invoice.
    """
    if invoice.status == "draft" and not finalise_drafts:
        return Barred(Refusal.DRAFT_NEEDS_CONFIRMATION, invoice.invoice_id)
    if invoice.status == "void":
        return Barred(Refusal.VOID, invoice.invoice_id)
    firm, matter = known.firms.get(invoice.firm_id), known.matters.get(invoice.matter_key)
    if firm is None:
        return Missing("firm")
    if matter is None:
        return Missing("matter")
    if channel not in firm.channels:
        return Barred(Refusal.CHANNEL_NOT_IN_PLAN, firm.firm_id)
    return _closed_portal(matter, "invoice") if channel == "portal" else None


def obstacle_to_contact(
    invoice: Invoice, channel: Channel, contact: Contact | None, *, is_on_matter: bool
) -> Obstacle | None:
    """Tell what keeps an invoice from being shared by this channel with this contact.

    A contact of whom nothing has arrived may well be on the matter, so that is missing and not refused.
    Only the portal shows a matter's things to those on the matter alone; the rest can be sent to anyone.
    """
    if contact is None:
        return Missing("contact")
    assert contact.firm_id == invoice.firm_id
    if channel == "portal" and not is_on_matter:
        return Barred(Refusal.CONTACT_NOT_ON_MATTER, contact.contact_id)
    if not _has_address(contact, channel):
        return Barred(Refusal.NO_ADDRESS, contact.contact_id)
    return None


def _has_address(contact: Contact, channel: Channel) -> bool:
    """Whether a share by this channel can be told; a link is copied by its sender, so it needs none."""
    match channel:
        case "portal" | "email":
            return contact.email is not None
        case "text":
            return contact.phone is not None
        case "link":
            return True


def _closed_portal(matter: Matter, kind: ItemKind) -> Barred | None:
    if not matter.portal_enabled:
        return Barred(Refusal.PORTAL_DISABLED, matter.matter_id)
    if kind not in matter.portal_kinds:
        return Barred(Refusal.KIND_NOT_ALLOWED, matter.matter_id)
    return None

"""A delivery: one message to one recipient, with what it covers. Planned first, rendered and sent later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from notify.domain.balance import Balance, BalanceKey, open_of
from notify.domain.news import News
from notify.domain.pdf import Attachment, CommentChoice, PdfKey
from notify.domain.replicas import Firm
from notify.domain.share import Channel

DeliveryKind: TypeAlias = Literal["email", "text"]
OpenState: TypeAlias = Literal["planned", "retry", "unknown"]
DeliveryState: TypeAlias = Literal["planned", "claimed", "retry", "unknown", "accepted", "failed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Item:
    """A share that a delivery tells of, and what it says of the invoice. Number and total are those of `version`.

    `pdf_comments`: the choice of the PDF that goes with it; None where none does. `on_payment_page`: whether its
    contact finds the invoice there.
    """

    invoice_id: UUID
    version: int
    share_id: UUID
    generation: int
    channel: Channel
    number: str
    matter_name: str
    currency: str
    total_minor: int
    due_on: date
    pdf_comments: CommentChoice | None = None
    on_payment_page: bool = True


@dataclass(frozen=True, slots=True)
class ToldItem:
    """An item, and what is known of its invoice's balance when it is told."""

    item: Item
    balance: Balance | None = None

    @property
    def open_minor(self) -> int | None:
        """What is open of the invoice; None where nobody has said it of this version."""
        return open_of(self.balance, self.item.version, self.item.total_minor)

    @property
    def paid_minor(self) -> int:
        """What was paid for the invoice, as far as is known, less what went back."""
        return self.balance.paid_minor if self.balance else 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was planned; it never changes.

    Firm, contact, template, subject, version and occasion make the send key: the same again is not sent again.
    `occasion` is the id of the event that called for it, so that sharing again tells again; where one event may call
    for several messages it is made of more, and `caused_by` is the event.
    """

    firm_id: UUID
    delivery_id: UUID
    kind: DeliveryKind
    template: str
    contact_id: UUID
    recipient_name: str
    recipient_email: str | None
    locale: str
    subject_id: UUID
    version: int
    occasion: UUID
    message: str | None
    actor: str
    correlation_id: UUID
    traceparent: str | None
    news: News | None = None
    caused_by: UUID | None = None

    @property
    def cause_id(self) -> UUID:
        """The event that called for it."""
        return self.caused_by or self.occasion


@dataclass(frozen=True, slots=True)
class Content:
    """What the recipient gets, byte for byte the same at every attempt. Never holds a token.

    `share_ids`: what it tells of. Where one of them ends between two attempts, the rest is rendered anew.
    """

    message_id: str
    sender_name: str
    sender_address: str
    reply_to: str
    subject: str
    html: str
    plain: str
    rendered_at: datetime
    share_ids: tuple[UUID, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    def tells_only_of(self, items: Sequence[Item]) -> bool:
        """Whether it may be sent while no more than these items may be told."""
        return set(self.share_ids) <= {item.share_id for item in items}


@dataclass(frozen=True, slots=True)
class Claim:
    """A sender's hold on a delivery, until its lease ends. `attempt` counts from 1, this one included.

    `state_before` is what it goes back to where nothing is handed over.
    """

    delivery: Delivery
    attempt: int
    unknown_attempts: int
    lease_token: UUID
    state_before: OpenState


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed delivery with all that sending it needs. `content` is None before the first attempt.

    `items` are those that were in force when it was claimed; `balances` those of its invoices, as far as known then.
    """

    claim: Claim
    items: tuple[Item, ...]
    firm: Firm
    content: Content | None
    pdfs: Mapping[PdfKey, Attachment]
    balances: Mapping[BalanceKey, Balance]

    @property
    def delivery(self) -> Delivery:
        return self.claim.delivery

    @property
    def told_items(self) -> tuple[ToldItem, ...]:
        firm_id = self.delivery.firm_id
        return tuple(ToldItem(item, self.balances.get((firm_id, item.invoice_id))) for item in self.items)


def pdf_keys(firm_id: UUID, items: Sequence[Item]) -> list[PdfKey]:
    """Tell which PDFs go with these items, each once."""
    return list(
        dict.fromkeys(
            PdfKey(firm_id, item.invoice_id, item.version, item.pdf_comments) for item in items if item.pdf_comments
        )
    )

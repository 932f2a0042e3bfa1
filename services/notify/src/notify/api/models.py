"""What notify shows over HTTP."""

from datetime import date, datetime
from uuid import UUID

from contracts.fields import Channel, CommentChoice
from contracts.message import Part
from contracts.notify import DeliveryKind
from notify.domain.delivery import DeliveryState


class ItemShown(Part):
    """A share that the delivery tells of. `pdf_comments`: the choice of the PDF that goes with it, if one does.

    `on_payment_page`: whether its contact finds the invoice there.
    """

    invoice_id: UUID
    version: int
    number: str
    matter_name: str
    currency: str
    total_minor: int
    due_on: date
    share_id: UUID
    generation: int
    channel: Channel
    pdf_comments: CommentChoice | None
    on_payment_page: bool


class DeliveryShown(Part):
    """One message to one recipient. `caused_by` is the event that called for it.

    `next_at` is None while a PDF is awaited.

    `possibly_sent`: not accepted, as far as anybody knows, but the recipient may have it all the same.
    """

    delivery_id: UUID
    kind: DeliveryKind
    template: str
    contact_id: UUID
    recipient_name: str
    recipient_email: str | None
    state: DeliveryState
    reason: str | None
    attempts: int
    possibly_sent: bool
    possibly_sent_twice: bool
    planned_at: datetime
    next_at: datetime | None
    ended_at: datetime | None
    correlation_id: UUID
    caused_by: UUID
    items: list[ItemShown]


class AttachmentShown(Part):
    """A file that goes with the message, in the blob store under its hash."""

    sha256: str
    size_bytes: int
    file_name: str


class ContentShown(Part):
    """What the recipient got, or will get, and of which shares it tells."""

    message_id: str
    sender_name: str
    sender_address: str
    reply_to: str
    subject: str
    html: str
    plain: str
    rendered_at: datetime
    share_ids: list[UUID]
    attachments: list[AttachmentShown]


class AttemptShown(Part):
    """One attempt and the server's answer; without an outcome it is under way."""

    attempt: int
    outcome: str | None
    server_code: int | None
    server_answer: str | None
    started_at: datetime
    ended_at: datetime | None


class DeliveryOpened(Part):
    """A delivery with its exact content and every attempt; `content` is None before it was rendered (N4)."""

    delivery: DeliveryShown
    content: ContentShown | None
    attempts: list[AttemptShown]

"""What notify owns: every e-mail and text message. Facts from it."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts import topics
from contracts.fields import Channel, Label
from contracts.message import Fact, Part

DeliveryKind = Literal["email", "text"]
TOLD_OF = "Every invoice that the message tells of, by a share or by a payment; each once."


class CoveredItem(Part):
    """What a delivery tells of: an invoice at one version, by one share."""

    invoice_id: UUID
    version: int = Field(ge=1)
    share_id: UUID
    generation: int = Field(ge=1)
    channel: Channel


class DeliveryAccepted(Fact, topic=topics.DELIVERY, key="delivery_id"):
    """The receiving mail server (or text gateway) took the message. It may still bounce later (N5)."""

    delivery_id: UUID
    contact_id: UUID
    kind: DeliveryKind
    template: Label
    subject: str = Field(max_length=998)
    items: list[CoveredItem]
    accepted_at: AwareDatetime
    attempts: int = Field(ge=1)
    invoice_ids: list[UUID] = Field(default=[], description=TOLD_OF)


class DeliveryFailed(Fact, topic=topics.DELIVERY, key="delivery_id"):
    """The message was refused for good, retries ended, or its PDF was given up; the contact was not told (N5).

    Where its PDF is made after all, it is sent, and its `delivery-accepted` follows: the later counts.
    """

    delivery_id: UUID
    contact_id: UUID
    kind: DeliveryKind
    template: Label
    items: list[CoveredItem]
    reason: str = Field(max_length=2000)
    attempts: int = Field(ge=0, description="0 where there was no address to try, or no PDF to send.")
    invoice_ids: list[UUID] = Field(default=[], description=TOLD_OF)

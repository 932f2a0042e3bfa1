"""What services ask sharing's gate over HTTP, and what it answers: the one synchronous call between owning services."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.message import Part


class ShareAsked(Part):
    """A share at the generation that the asker acts upon."""

    share_id: UUID
    generation: int = Field(ge=1)


class DeliveriesAsked(Part):
    """Asked just before a message is handed over: to learn which of these shares are still in force."""

    firm_id: UUID
    shares: list[ShareAsked] = Field(min_length=1, max_length=500)


class DeliveriesAnswered(Part):
    """Those that are in force at this generation; it is on record that they were asked for."""

    in_force: list[UUID]


class PaymentsAsked(Part):
    """Asked before a payment starts: to learn which invoices this contact may pay now."""

    firm_id: UUID
    contact_id: UUID
    invoice_ids: list[UUID] = Field(min_length=1, max_length=100)


class PaymentGranted(Part):
    """`grant` is for `chassis.grants.verify_grant`, at most ten seconds old when the payment starts."""

    invoice_id: UUID
    grant: str


class PaymentRefused(Part):
    """`not_shared`: nothing that is in force puts this invoice on the contact's payment page."""

    invoice_id: UUID
    slug: Literal["not_shared"]


class PaymentsAnswered(Part):
    """Each invoice that was asked for is in one of the two lists."""

    granted: list[PaymentGranted]
    refused: list[PaymentRefused]

"""Deliveries as people look for them: newest first, by what they may filter by."""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from notify.domain.delivery import DeliveryKind, DeliveryState

# Possibly sent: no server said that it has the message, but an attempt ended without anybody knowing.
_COLUMNS: LiteralString = """
select delivery_id, kind, template, contact_id, recipient_name, recipient_email, state, reason, attempts,
    possibly_sent_twice, planned_at, nullif(next_at, 'infinity') as next_at, ended_at,
    correlation_id, coalesce(caused_by, occasion) as caused_by,
    state <> 'accepted' and exists (
        select from attempts
        where attempts.firm_id = deliveries.firm_id and attempts.delivery_id = deliveries.delivery_id
            and attempts.outcome in ('unknown', 'interrupted')
    ) as possibly_sent
from deliveries
"""
# Ids are time-ordered, so the key is the page's order too.
_LIST: LiteralString = (
    _COLUMNS
    + """
where firm_id = $1
    and ($2::uuid is null or delivery_id < $2)
    and ($3::text is null or state = $3)
    and ($4::uuid is null or contact_id = $4)
    and ($5::uuid is null or exists (
        select from told_invoices as told
        where told.firm_id = deliveries.firm_id and told.delivery_id = deliveries.delivery_id and told.invoice_id = $5
    ))
order by delivery_id desc limit $6
"""
)
_FIND: LiteralString = _COLUMNS + "where firm_id = $1 and delivery_id = $2"


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """What to look for; None is any. `after` is the last delivery of the page before."""

    after: UUID | None = None
    state: DeliveryState | None = None
    contact_id: UUID | None = None
    invoice_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class KeptDelivery:
    """A delivery as it is shown. `next_at`: due, tried again or given up by its sender, whichever comes next.

    It is None where the delivery has ended, or waits for a PDF.
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


async def list_deliveries(tx: Tx, firm_id: UUID, wanted: DeliveryFilter, limit: int) -> list[KeptDelivery]:
    """One page of a firm's deliveries, newest first."""
    rows = await tx.fetch(_LIST, firm_id, wanted.after, wanted.state, wanted.contact_id, wanted.invoice_id, limit)
    return [KeptDelivery(**dict(row)) for row in rows]


async def find_delivery(tx: Tx, firm_id: UUID, delivery_id: UUID) -> KeptDelivery | None:
    """One delivery; None where this firm has no such."""
    row = await tx.fetchrow(_FIND, firm_id, delivery_id)
    return KeptDelivery(**dict(row)) if row else None

"""How another service's fact becomes an entry in an invoice's history."""

from uuid import UUID

from chassis.wire import WireEnvelope
from invoices.domain.history import Entry, Kind, Origin, Summary


def origin_of(envelope: WireEnvelope) -> Origin:
    """Tell who did it, when, and what caused it."""
    return Origin(envelope.id, envelope.time, envelope.actor, envelope.correlation, envelope.causation)


def entry_of(envelope: WireEnvelope, invoice_id: UUID, kind: Kind, summary: Summary) -> Entry:
    """Make the entry; the same fact makes the same one again."""
    return Entry(envelope.firm, invoice_id, kind, origin_of(envelope), summary)

"""Facts about invoices: each goes out by the outbox and stays in the invoice's history."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis import outbox
from chassis.database import Tx
from chassis.outbox import Outgoing
from invoices.domain.history import Entry, Kind, Summary
from invoices.store.history_entries import append_entries, origin_of


@dataclass(frozen=True, slots=True)
class Told:
    """A fact about an invoice, and how its history puts it."""

    message: Outgoing
    invoice_id: UUID
    kind: Kind
    summary: Summary


async def tell(tx: Tx, told: Sequence[Told]) -> None:
    """Publish facts and note them in histories, in this order, in the caller's transaction.

    Facts that carry a revision go out in its order, since their caller holds the invoices' locks; a fact without one,
    such as of a PDF, needs none.
    """
    if not told:
        return
    entries = [
        Entry(each.message.firm_id, each.invoice_id, each.kind, origin_of(each.message), each.summary) for each in told
    ]
    await append_entries(tx, entries)
    await outbox.append(tx, [each.message for each in told])

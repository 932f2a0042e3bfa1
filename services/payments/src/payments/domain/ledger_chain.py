"""An invoice's ledger as a chain: each transaction's digest takes in the one before it (P10). Pure.

So nothing in it is altered, removed, inserted or moved without a trace, and since the balance keeps the head, the
newest are not cut off either. There is no secret in a digest: whoever computes a whole chain and its head anew is not
found by it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from payments.domain.ledger import JournalTransaction

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a transaction stands in its invoice's chain, counted from 1, and the digest of all up to and with it."""

    position: int
    sha256: bytes


START = Place(0, bytes(32))
"""Before the first transaction."""


@dataclass(frozen=True, slots=True)
class Link:
    """A transaction at its place."""

    transaction: JournalTransaction
    place: Place


@dataclass(frozen=True, slots=True)
class Chain:
    """What is kept of one invoice: `links` by position, and the ids of what has no place.

    `head` is where its balance says that the chain ends; at the start, where there is no balance.
    """

    invoice_id: UUID
    links: Sequence[Link]
    unchained_ids: Sequence[UUID]
    head: Place


class Fault(StrEnum):
    """Why a chain does not hold; the first that applies.

    `missing`: nothing stands where something must. `altered`: what stands there is not what was written there.
    `head_disagrees`: the balance names another end. `unchained`: written by what knows of no chain.
    """

    MISSING = "missing"
    ALTERED = "altered"
    HEAD_DISAGREES = "head_disagrees"
    UNCHAINED = "unchained"


@dataclass(frozen=True, slots=True)
class Break:
    """The first position of an invoice's chain that does not hold; all before it do. `journal_id` stands there."""

    invoice_id: UUID
    position: int
    fault: Fault
    journal_id: UUID | None


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of verifying some invoices of a firm. `next_after` goes on from there; None when all were verified."""

    invoice_count: int
    transaction_count: int
    broken: Sequence[Break]
    next_after: UUID | None


def extend(head: Place, transaction: JournalTransaction) -> Place:
    """Tell the place of the transaction that comes after the head."""
    position = head.position + 1
    return Place(position, sha256(head.sha256 + _written(transaction, position)).digest())


def find_break(chain: Chain) -> Break | None:
    """Verify a chain from its start; None where it holds."""
    head, reached = chain.head, START
    for link in chain.links:
        expected = extend(reached, link.transaction)
        if link.place.position != expected.position:
            return Break(chain.invoice_id, expected.position, Fault.MISSING, None)
        if link.place != expected:
            return Break(chain.invoice_id, expected.position, Fault.ALTERED, link.transaction.journal_id)
        reached = expected
    if reached.position < head.position:
        return Break(chain.invoice_id, reached.position + 1, Fault.MISSING, None)
    if reached != head:
        position = min(reached.position, head.position + 1)
        return Break(chain.invoice_id, position, Fault.HEAD_DISAGREES, None)
    if chain.unchained_ids:
        return Break(chain.invoice_id, head.position + 1, Fault.UNCHAINED, chain.unchained_ids[0])
    return None


def _written(transaction: JournalTransaction, position: int) -> bytes:
    """Write all that a transaction says as one JSON array, as PostgreSQL writes it too.

    Texts are quoted, so no two transactions are written alike; entries are in the order of their accounts, and the time
    is in microseconds since 1970, so one transaction is not written in two ways.
    """
    entries = sorted((entry.account, entry.currency, entry.amount_minor) for entry in transaction.entries)
    said = [
        position,
        str(transaction.firm_id),
        str(transaction.invoice_id),
        str(transaction.journal_id),
        transaction.kind,
        str(transaction.source_id),
        transaction.sequence,
        transaction.currency,
        (transaction.recorded_at - _EPOCH) // timedelta(microseconds=1),
        entries,
    ]
    return json.dumps(said, ensure_ascii=False).encode()

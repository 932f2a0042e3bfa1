"""A change of what is owed, with all that goes with it: the balance's row, the books, a case, and the fact.

There is no other way to change a balance, so none of the four is ever forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis import outbox
from chassis.clock import now
from chassis.database import Tx
from chassis.ids import new_id
from chassis.outcome import Cause
from contracts.payments import BalanceChanged
from payments.domain.invoice import Balance
from payments.domain.ledger import JournalTransaction, entries_between
from payments.domain.ledger_chain import START, Link, Place, extend
from payments.domain.money import money_words
from payments.store.balances import save_balances
from payments.store.cases import Case, open_cases
from payments.store.ledger import insert_journal


@dataclass(frozen=True, slots=True)
class Source:
    """What the books name as the reason: nothing is recorded of the same one twice."""

    kind: Literal["invoice", "charge", "refund"]
    source_id: UUID
    sequence: int


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """From one balance to the next, whatever happened in between. The balance's row is locked.

    Without a source it is its invoice that changed, or a hold.
    """

    before: Balance | None
    after: Balance
    cause: Cause
    source: Source | None = None


async def save_changes(tx: Tx, changes: Sequence[BalanceChange]) -> None:
    """Save changes, at most one per invoice, each as one revision, in the caller's transaction."""
    if not changes:
        return
    recorded_at = now()
    booked = [_book(change, recorded_at) for change in changes]
    saved = [change for change, _ in booked]
    await save_balances(tx, [change.after for change in saved])
    await insert_journal(tx, [link for _, link in booked if link is not None])
    await open_cases(tx, [_case(change.after) for change in saved if _took_too_much(change)])
    await outbox.append(
        tx, [change.cause.message(_fact(change.after), revision=change.after.revision) for change in saved]
    )


def _book(change: BalanceChange, recorded_at: datetime) -> tuple[BalanceChange, Link | None]:
    """Count a change as a revision, and add it to its invoice's chain unless the books do not know of it: a hold."""
    before = change.before
    head = Place(before.ledger_position, before.ledger_sha256) if before else START
    counted = replace(change, after=replace(change.after, revision=before.revision + 1 if before else 1))
    transaction = _transaction(counted, recorded_at)
    link = Link(transaction, extend(head, transaction)) if transaction.entries else None
    place = link.place if link else head
    after = replace(counted.after, ledger_position=place.position, ledger_sha256=place.sha256)
    return replace(counted, after=after), link


def _transaction(change: BalanceChange, recorded_at: datetime) -> JournalTransaction:
    after = change.after
    source = change.source or Source("invoice", after.invoice_id, after.revision)
    return JournalTransaction(
        firm_id=after.firm_id,
        journal_id=new_id(),
        kind=source.kind,
        source_id=source.source_id,
        sequence=source.sequence,
        invoice_id=after.invoice_id,
        currency=after.currency,
        recorded_at=recorded_at,
        entries=entries_between(change.before, after),
    )


def _took_too_much(change: BalanceChange) -> bool:
    return change.after.credit_minor > (change.before.credit_minor if change.before else 0)


def _case(balance: Balance) -> Case:
    excess = money_words(balance.credit_minor, balance.currency)
    return Case(
        firm_id=balance.firm_id,
        kind="paid_above_owed",
        invoice_id=balance.invoice_id,
        order_id=None,
        occasion=str(balance.revision),
        detail=f"{excess} was paid above what is owed: give it back by a refund",
    )


def _fact(balance: Balance) -> BalanceChanged:
    return BalanceChanged(
        invoice_id=balance.invoice_id,
        version=balance.version,
        currency=balance.currency,
        total_minor=balance.total_minor,
        open_minor=balance.open_minor,
        payable_minor=balance.payable_minor,
        settled_minor=balance.settled_minor,
        refunded_minor=balance.refunded_minor,
        credit_minor=balance.credit_minor,
    )

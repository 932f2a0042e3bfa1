"""A change of what is owed, with all that goes with it: the balance's row, the books, a case, and the fact.

There is no other way to change a balance, so none of the four is ever forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from chassis import outbox
from chassis.database import Tx
from chassis.ids import new_id
from chassis.outcome import Cause
from contracts.payments import BalanceChanged
from payments.domain.invoice import Balance
from payments.domain.ledger import entries_between
from payments.domain.money import money_words
from payments.store.balances import save_balances
from payments.store.cases import Case, open_cases
from payments.store.ledger import JournalTransaction, insert_journal


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
    counted = [replace(change, after=_counted(change)) for change in changes]
    await save_balances(tx, [change.after for change in counted])
    written = [_journal(change) for change in counted]
    await insert_journal(tx, [transaction for transaction in written if transaction.entries])
    await open_cases(tx, [_case(change.after) for change in counted if _took_too_much(change)])
    await outbox.append(
        tx, [change.cause.message(_fact(change.after), revision=change.after.revision) for change in counted]
    )


def _counted(change: BalanceChange) -> Balance:
    return replace(change.after, revision=change.before.revision + 1 if change.before else 1)


def _journal(change: BalanceChange) -> JournalTransaction:
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

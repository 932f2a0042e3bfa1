"""What a change of a balance is in the books: double entries, at least two of them or none (P10). Pure.

An invoice's entries add up to its balance: on `receivable` to what is open, on `client_credit` to what was taken beyond
that, on `cash` to what was settled and not refunded, on `billed` to what it asks for. A debit is positive, a credit
negative; together they are zero, always.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from payments.domain.invoice import Balance


class Account(StrEnum):
    """`receivable` and `cash` are what the firm has; `billed` is its income, `client_credit` what it owes to payers."""

    RECEIVABLE = "receivable"
    BILLED = "billed"
    CASH = "cash"
    CLIENT_CREDIT = "client_credit"


@dataclass(frozen=True, slots=True)
class Entry:
    """One amount on one account: an `Account`, as the word that stands in the books, whatever became of it there."""

    account: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class JournalTransaction:
    """What is written at once, and of what: a revision of an invoice's balance, a charge's attempt, or a refund."""

    firm_id: UUID
    journal_id: UUID
    kind: str
    source_id: UUID
    sequence: int
    invoice_id: UUID
    currency: str
    recorded_at: datetime
    entries: Sequence[Entry]


def entries_between(before: Balance | None, after: Balance) -> tuple[Entry, ...]:
    """Write what changed from one balance to the next; nothing where only a hold did."""
    assert before is None or before.currency == after.currency, "an invoice keeps its currency"
    was, now = _standing(before), _standing(after)
    entries = tuple(
        Entry(account, after.currency, now[account] - was[account])
        for account in Account
        if now[account] != was[account]
    )
    assert sum(entry.amount_minor for entry in entries) == 0, "debits are credits"
    assert len(entries) != 1
    return entries


def _standing(balance: Balance | None) -> dict[Account, int]:
    if balance is None:
        return dict.fromkeys(Account, 0)
    return {
        Account.RECEIVABLE: balance.open_minor,
        Account.BILLED: -balance.asked_minor,
        Account.CASH: balance.settled_minor - balance.refunded_minor,
        Account.CLIENT_CREDIT: -balance.credit_minor,
    }

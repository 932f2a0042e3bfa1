"""The ledger: transactions of at least two entries, never changed. The database refuses what does not balance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from payments.domain.ledger import Account
from payments.domain.ledger_chain import Link


@dataclass(frozen=True, slots=True)
class AccountSum:
    """What stands on one account in one currency. Debits less credits of all accounts of a currency are zero."""

    currency: str
    account: Account
    debit_minor: int
    credit_minor: int


# journal_source_key arbitrates: what is in the books already is not written again, but is an error of the writer.
# So does journal_position_key: two who took the same head for the end of a chain do not both add to it.
_INSERT_JOURNAL: LiteralString = """
insert into journal (firm_id, journal_id, kind, source_id, sequence, invoice_id, currency, recorded_at, position,
    chain_sha256)
select firm_id, journal_id, kind, source_id, sequence, invoice_id, currency, recorded_at, position, chain_sha256
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::integer[], $6::uuid[], $7::text[], $8::timestamptz[],
            $9::integer[], $10::bytea[])
    as journal (firm_id, journal_id, kind, source_id, sequence, invoice_id, currency, recorded_at, position,
        chain_sha256)
"""
_INSERT_ENTRIES: LiteralString = """
insert into entries (firm_id, journal_id, account, currency, amount_minor)
select firm_id, journal_id, account, currency, amount_minor
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
    as entry (firm_id, journal_id, account, currency, amount_minor)
"""
_TRIAL_BALANCE: LiteralString = """
select currency, account,
       coalesce(sum(amount_minor) filter (where amount_minor > 0), 0)::bigint as debit_minor,
       coalesce(-sum(amount_minor) filter (where amount_minor < 0), 0)::bigint as credit_minor
from entries where firm_id = $1
group by currency, account
order by currency, account
"""


async def insert_journal(tx: Tx, links: Sequence[Link]) -> None:
    """Write transactions into the books, each at its place. Not safe to repeat: whoever settles or judges does so once.

    The caller has locked the balance of each, whose head each place continues.
    """
    if not links:
        return
    transactions = [link.transaction for link in links]
    await tx.execute(
        _INSERT_JOURNAL,
        [transaction.firm_id for transaction in transactions],
        [transaction.journal_id for transaction in transactions],
        [transaction.kind for transaction in transactions],
        [transaction.source_id for transaction in transactions],
        [transaction.sequence for transaction in transactions],
        [transaction.invoice_id for transaction in transactions],
        [transaction.currency for transaction in transactions],
        [transaction.recorded_at for transaction in transactions],
        [link.place.position for link in links],
        [link.place.sha256 for link in links],
    )
    lines = [(transaction, entry) for transaction in transactions for entry in transaction.entries]
    await tx.execute(
        _INSERT_ENTRIES,
        [transaction.firm_id for transaction, _ in lines],
        [transaction.journal_id for transaction, _ in lines],
        [entry.account for _, entry in lines],
        [entry.currency for _, entry in lines],
        [entry.amount_minor for _, entry in lines],
    )


async def list_account_sums(tx: Tx, firm_id: UUID) -> list[AccountSum]:
    """Make the firm's trial balance: all debits and all credits of each account, by currency."""
    return [
        AccountSum(row["currency"], Account(row["account"]), row["debit_minor"], row["credit_minor"])
        for row in await tx.fetch(_TRIAL_BALANCE, firm_id)
    ]

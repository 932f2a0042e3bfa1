"""What each invoice owes, as payments tells of it."""

from collections.abc import Collection, Sequence
from typing import LiteralString

from chassis.database import Tx
from notify.domain.balance import Balance, BalanceKey

# An older revision never overwrites a newer one; rows are taken in the order of their key, so that no writers block.
_UPSERT: LiteralString = """
insert into balances (firm_id, invoice_id, version, open_minor, paid_minor, revision)
select firm_id, invoice_id, version, open_minor, paid_minor, revision
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::bigint[], $5::bigint[], $6::integer[])
    as balance (firm_id, invoice_id, version, open_minor, paid_minor, revision)
order by firm_id, invoice_id
on conflict on constraint balances_pkey do update
set version = excluded.version, open_minor = excluded.open_minor, paid_minor = excluded.paid_minor,
    revision = excluded.revision
where balances.revision < excluded.revision
"""
_FIND: LiteralString = """
select firm_id, invoice_id, version, open_minor, paid_minor, revision
from balances
where (firm_id, invoice_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""


async def upsert_balances(tx: Tx, balances: Sequence[Balance]) -> None:
    """Keep the newest balance of each invoice. At most one entry per invoice. Safe to repeat."""
    await tx.execute(
        _UPSERT,
        [balance.firm_id for balance in balances],
        [balance.invoice_id for balance in balances],
        [balance.version for balance in balances],
        [balance.open_minor for balance in balances],
        [balance.paid_minor for balance in balances],
        [balance.revision for balance in balances],
    )


async def find_balances(tx: Tx, keys: Collection[BalanceKey]) -> dict[BalanceKey, Balance]:
    """Balances by firm and invoice; those that have not arrived are missing."""
    rows = await tx.fetch(_FIND, [firm_id for firm_id, _ in keys], [invoice_id for _, invoice_id in keys])
    return {(row["firm_id"], row["invoice_id"]): Balance(**dict(row)) for row in rows}

"""What each invoice owes."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from chassis.database import Tx
from payments.domain.invoice import Balance
from payments.domain.payment import Key, key_columns

# Whoever changes a balance holds its row; rows are locked in the order of their key, so that writers never deadlock.
_LOCK: LiteralString = """
select balance.firm_id, balance.invoice_id, version, currency, is_void, total_minor, revision, credited_minor,
       settled_minor, refunded_minor, held_minor, ledger_position, ledger_sha256
from balances as balance
join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, invoice_id)
    on wanted.firm_id = balance.firm_id and wanted.invoice_id = balance.invoice_id
order by balance.firm_id, balance.invoice_id
for update of balance
"""
# The revision arbitrates: one that was not counted up from the present row changes nothing.
_UPSERT: LiteralString = """
insert into balances (firm_id, invoice_id, version, currency, is_void, total_minor, credited_minor, settled_minor,
    refunded_minor, held_minor, open_minor, payable_minor, revision, ledger_position, ledger_sha256)
select firm_id, invoice_id, version, currency, is_void, total_minor, credited_minor, settled_minor,
    refunded_minor, held_minor, open_minor, payable_minor, revision, ledger_position, ledger_sha256
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::boolean[], $6::bigint[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::integer[], $14::integer[], $15::bytea[])
    as balance (firm_id, invoice_id, version, currency, is_void, total_minor, credited_minor, settled_minor,
        refunded_minor, held_minor, open_minor, payable_minor, revision, ledger_position, ledger_sha256)
order by firm_id, invoice_id
on conflict on constraint balances_pkey do update
set version = excluded.version, currency = excluded.currency, is_void = excluded.is_void,
    total_minor = excluded.total_minor, credited_minor = excluded.credited_minor,
    settled_minor = excluded.settled_minor, refunded_minor = excluded.refunded_minor,
    held_minor = excluded.held_minor, open_minor = excluded.open_minor, payable_minor = excluded.payable_minor,
    revision = excluded.revision, ledger_position = excluded.ledger_position, ledger_sha256 = excluded.ledger_sha256
where balances.revision = excluded.revision - 1
"""
_FIND: LiteralString = """
select firm_id, invoice_id, version, currency, is_void, total_minor, revision, credited_minor, settled_minor,
       refunded_minor, held_minor, ledger_position, ledger_sha256
from balances where firm_id = $1 and invoice_id = $2
"""
_LIST: LiteralString = """
select balance.firm_id, balance.invoice_id, version, currency, is_void, total_minor, revision, credited_minor,
       settled_minor, refunded_minor, held_minor
from balances as balance
join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, invoice_id)
    on wanted.firm_id = balance.firm_id and wanted.invoice_id = balance.invoice_id
"""


async def lock_balances(tx: Tx, keys: Collection[Key]) -> dict[Key, Balance]:
    """Lock balances by firm and invoice for the rest of the transaction; those that do not exist yet are missing."""
    rows = await tx.fetch(_LOCK, *key_columns(keys))
    return {(row["firm_id"], row["invoice_id"]): _balance(row) for row in rows}


async def list_balances(tx: Tx, keys: Collection[Key]) -> dict[Key, Balance]:
    """Balances by firm and invoice, as this transaction sees them without a lock; those that do not exist are missing.

    To tell of them, never to decide by them.
    """
    rows = await tx.fetch(_LIST, *key_columns(keys))
    return {(row["firm_id"], row["invoice_id"]): _balance(row) for row in rows}


async def save_balances(tx: Tx, balances: Sequence[Balance]) -> None:
    """Save balances whose rows, or whose invoices' rows, the caller has locked. At most one entry per invoice."""
    status = await tx.execute(
        _UPSERT,
        [balance.firm_id for balance in balances],
        [balance.invoice_id for balance in balances],
        [balance.version for balance in balances],
        [balance.currency for balance in balances],
        [balance.is_void for balance in balances],
        [balance.total_minor for balance in balances],
        [balance.credited_minor for balance in balances],
        [balance.settled_minor for balance in balances],
        [balance.refunded_minor for balance in balances],
        [balance.held_minor for balance in balances],
        [balance.open_minor for balance in balances],
        [balance.payable_minor for balance in balances],
        [balance.revision for balance in balances],
        [balance.ledger_position for balance in balances],
        [balance.ledger_sha256 for balance in balances],
    )
    assert status == f"INSERT 0 {len(balances)}", f"a balance was changed without its lock: {status}"


async def find_balance(tx: Tx, firm_id: UUID, invoice_id: UUID) -> Balance | None:
    """Find what an invoice of the firm owes; None until a final version of it has arrived."""
    row = await tx.fetchrow(_FIND, firm_id, invoice_id)
    return _balance(row) if row else None


def _balance(row: asyncpg.Record) -> Balance:
    return Balance(**dict(row))

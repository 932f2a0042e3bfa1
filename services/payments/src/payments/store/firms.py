"""Firms as invoices tells of them."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from payments.domain.replicas import Firm

# An older revision never overwrites a newer one; rows come in the order of their key, so that writers never deadlock.
_UPSERT: LiteralString = """
insert into firms (firm_id, name, currency, online_payments, revision)
select firm_id, name, currency, online_payments, revision
from unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[], $5::integer[])
    as firm (firm_id, name, currency, online_payments, revision)
order by firm_id
on conflict on constraint firms_pkey do update
set name = excluded.name, currency = excluded.currency, online_payments = excluded.online_payments,
    revision = excluded.revision
where firms.revision < excluded.revision
"""
_LIST: LiteralString = """
select firm_id, name, currency, online_payments, revision from firms where firm_id = any($1::uuid[])
"""
_FIND: LiteralString = "select firm_id, name, currency, online_payments, revision from firms where firm_id = $1"


async def upsert_firms(tx: Tx, firms: Sequence[Firm]) -> None:
    """Keep the newest state of each firm. At most one entry per firm. Safe to repeat."""
    await tx.execute(
        _UPSERT,
        [firm.firm_id for firm in firms],
        [firm.name for firm in firms],
        [firm.currency for firm in firms],
        [firm.online_payments for firm in firms],
        [firm.revision for firm in firms],
    )


async def find_firm(tx: Tx, firm_id: UUID) -> Firm | None:
    """Find a firm; None until it has arrived."""
    row = await tx.fetchrow(_FIND, firm_id)
    return Firm(**dict(row)) if row else None


async def list_firms(tx: Tx, firm_ids: Collection[UUID]) -> dict[UUID, Firm]:
    """Firms by id; those that have not arrived are missing."""
    return {row["firm_id"]: Firm(**dict(row)) for row in await tx.fetch(_LIST, list(firm_ids))}

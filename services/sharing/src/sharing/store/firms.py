"""Firms, as invoices last told of them."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from sharing.domain.replicas import Firm

# An older revision never overwrites a newer one.
_UPSERT: LiteralString = """
insert into firms (firm_id, channels, revision)
select firm_id, string_to_array(channels, ' '), revision
from unnest($1::uuid[], $2::text[], $3::integer[]) as firm (firm_id, channels, revision)
order by firm_id
on conflict on constraint firms_pkey do update
set channels = excluded.channels, revision = excluded.revision
where firms.revision < excluded.revision
"""
# Without a lock: a channel that the plan loses at this moment was there a moment ago.
_FIND: LiteralString = "select firm_id, channels, revision from firms where firm_id = any($1::uuid[])"


async def upsert_firms(tx: Tx, firms: Sequence[Firm]) -> None:
    """Keep the newest state of each firm. At most one entry per firm. Safe to repeat."""
    await tx.execute(
        _UPSERT,
        [firm.firm_id for firm in firms],
        [" ".join(sorted(firm.channels)) for firm in firms],
        [firm.revision for firm in firms],
    )


async def find_firms(tx: Tx, firm_ids: Collection[UUID]) -> dict[UUID, Firm]:
    """Firms by id; those that have not arrived are missing."""
    rows = await tx.fetch(_FIND, list(firm_ids))
    return {row["firm_id"]: Firm(row["firm_id"], frozenset(row["channels"]), row["revision"]) for row in rows}

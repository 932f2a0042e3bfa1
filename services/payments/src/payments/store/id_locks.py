"""Locks on ids that callers choose: such an id may come twice at once, before there is a row to lock."""

from collections.abc import Collection
from typing import Literal, LiteralString

from chassis.database import Tx
from payments.domain.payment import Key, key_columns

# Taken in the order of the ids, so that two callers never deadlock; the transaction's end lets go.
_LOCK: LiteralString = """
select pg_advisory_xact_lock(hashtextextended($1 || firm_id || own_id, 0))
from (
    select distinct firm_id, own_id from unnest($2::uuid[], $3::uuid[]) as wanted (firm_id, own_id)
    order by firm_id, own_id
) as wanted
"""


async def lock_ids(tx: Tx, what: Literal["payment", "refund"], keys: Collection[Key]) -> None:
    """Let nobody else begin anything under these ids for the rest of the transaction."""
    await tx.execute(_LOCK, what, *key_columns(keys))

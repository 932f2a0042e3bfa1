"""Shares as sharing tells of them: only whether they are in force."""

from collections.abc import Sequence
from typing import LiteralString

from chassis.database import Tx
from notify.domain.share import Share

# A share that a fact names twice is taken once; rows come in the order of their key, so that writers never deadlock.
_ROWS: LiteralString = """
insert into shares (firm_id, share_id, generation, invoice_id, contact_id, channel, state)
select distinct on (firm_id, share_id) firm_id, share_id, generation, invoice_id, contact_id, channel, state
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::uuid[], $6::text[], $7::text[])
    as share (firm_id, share_id, generation, invoice_id, contact_id, channel, state)
order by firm_id, share_id, generation desc
on conflict on constraint shares_pkey do update
set generation = excluded.generation, state = excluded.state
"""
# Sharing anew counts the generation up: told again, or late, it revives nothing.
_BEGIN: LiteralString = _ROWS + "where shares.generation < excluded.generation"
# A revoked share stays revoked in its generation. A change that overtakes the beginning makes the row itself.
_CHANGE: LiteralString = (
    _ROWS
    + """
where shares.generation < excluded.generation
    or (shares.generation = excluded.generation and shares.state <> 'revoked')
"""
)


async def begin_shares(tx: Tx, shares: Sequence[Share]) -> None:
    """Note shares that were made, each in its highest generation. Safe to repeat."""
    await tx.execute(_BEGIN, *_columns(shares))


async def change_shares(tx: Tx, shares: Sequence[Share]) -> None:
    """Note shares that were suspended, restored or revoked, each in its highest generation. Safe to repeat."""
    await tx.execute(_CHANGE, *_columns(shares))


def _columns(shares: Sequence[Share]) -> tuple[list[object], ...]:
    return (
        [share.firm_id for share in shares],
        [share.share_id for share in shares],
        [share.generation for share in shares],
        [share.invoice_id for share in shares],
        [share.contact_id for share in shares],
        [share.channel for share in shares],
        [share.state for share in shares],
    )

"""Refunds, of charges in part or whole."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from chassis.database import Tx
from payments.domain.payment import Key, MoneyState, Refund, key_columns

_INSERT: LiteralString = """
insert into refunds (firm_id, refund_id, charge_id, amount_minor, reason, state)
select firm_id, refund_id, charge_id, amount_minor, reason, state
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::text[])
    as refund (firm_id, refund_id, charge_id, amount_minor, reason, state)
"""
_LIST: LiteralString = """
select refund.firm_id, refund.refund_id, charge_id, amount_minor, reason, state, provider_ref, decline_reason
from refunds as refund
join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, refund_id)
    on wanted.firm_id = refund.firm_id and wanted.refund_id = refund.refund_id
"""
_LIST_OF_CHARGES: LiteralString = """
select refund.firm_id, refund_id, refund.charge_id, amount_minor, reason, state, provider_ref, decline_reason
from refunds as refund
join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, charge_id)
    on wanted.firm_id = refund.firm_id and wanted.charge_id = refund.charge_id
order by refund.requested_at, refund_id
"""
# The caller ended the refund's order by compare-and-set, so nobody else ends the refund.
_SAVE: LiteralString = """
update refunds set state = $3, provider_ref = $4, decline_reason = $5 where firm_id = $1 and refund_id = $2
"""
_MARK_UNKNOWN: LiteralString = """
update refunds set state = 'unknown' where firm_id = $1 and refund_id = $2 and state = 'submitted'
"""


async def insert_refunds(tx: Tx, refunds: Sequence[Refund]) -> None:
    """Keep new refunds, whose ids are locked."""
    await tx.execute(
        _INSERT,
        [refund.firm_id for refund in refunds],
        [refund.refund_id for refund in refunds],
        [refund.charge_id for refund in refunds],
        [refund.amount_minor for refund in refunds],
        [refund.reason for refund in refunds],
        [refund.state for refund in refunds],
    )


async def list_refunds(tx: Tx, keys: Collection[Key]) -> dict[Key, Refund]:
    """Refunds by firm and id; unknown ones are missing."""
    return {refund.key: refund for refund in map(_refund, await tx.fetch(_LIST, *key_columns(keys)))}


async def list_refunds_of(tx: Tx, charges: Collection[Key]) -> dict[Key, list[Refund]]:
    """All refunds of each charge, oldest first."""
    refunds: dict[Key, list[Refund]] = {key: [] for key in charges}
    for row in await tx.fetch(_LIST_OF_CHARGES, *key_columns(charges)):
        refunds[row["firm_id"], row["charge_id"]].append(_refund(row))
    return refunds


async def save_refund(tx: Tx, refund: Refund) -> None:
    """Save what became of a refund."""
    await tx.execute(_SAVE, *refund.key, refund.state, refund.provider_ref, refund.decline_reason)


async def mark_refund_unknown(tx: Tx, firm_id: UUID, refund_id: UUID) -> None:
    """Note that nobody knows what became of a refund that was submitted. Safe to repeat."""
    await tx.execute(_MARK_UNKNOWN, firm_id, refund_id)


def _refund(row: asyncpg.Record) -> Refund:
    columns = dict(row)
    columns["state"] = MoneyState(columns["state"])
    return Refund(**columns)

"""Table `invoice_numbers`: the last number given, per firm."""

from collections.abc import Mapping
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx

# The counter's row stays locked until the transaction ends, so the next one continues exactly where this one commits,
# or starts from the same place if it rolls back: no gap and no repeat. Firms in id order, so that two batches over
# several firms cannot wait for each other.
_ALLOCATE: LiteralString = """
insert into invoice_numbers (firm_id, last_sequence)
select firm_id, amount from unnest($1::uuid[], $2::bigint[]) as wanted (firm_id, amount)
order by firm_id
on conflict on constraint invoice_numbers_pkey
    do update set last_sequence = invoice_numbers.last_sequence + excluded.last_sequence
returning firm_id, last_sequence
"""


async def allocate_numbers(tx: Tx, amounts: Mapping[UUID, int]) -> dict[UUID, int]:
    """Take so many numbers for each firm; returns the first of each firm's run.

    Not safe to repeat: each call takes new ones. The last lock a transaction takes, since all of a firm wait for it.
    """
    rows = await tx.fetch(_ALLOCATE, list(amounts.keys()), list(amounts.values()))
    return {row["firm_id"]: row["last_sequence"] - amounts[row["firm_id"]] + 1 for row in rows}

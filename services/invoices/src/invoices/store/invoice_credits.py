"""Table `invoice_credits`: every credit that was given. The invoice's row lock guards them."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from invoices.domain.correction import Credit

CreditKey = tuple[UUID, UUID, UUID]
"""Firm, invoice and credit: the same credit id on another invoice is another credit."""

# Without `on conflict`: the invoice is locked and the credit was looked for, so a second one would be a bug.
_INSERT: LiteralString = """
insert into invoice_credits (firm_id, invoice_id, credit_id, amount_minor, reason, created_at)
select firm_id, invoice_id, credit_id, amount_minor, reason, $6
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[])
    as given (firm_id, invoice_id, credit_id, amount_minor, reason)
"""
# The invoices are locked by the caller: what is not found stays away until its transaction ends.
_FIND: LiteralString = """
select * from invoice_credits
where (firm_id, invoice_id, credit_id) in (select * from unnest($1::uuid[], $2::uuid[], $3::uuid[]))
"""


async def insert_credits(tx: Tx, credits_given: Sequence[tuple[CreditKey, Credit]], at: datetime) -> None:
    """Keep credits that are not there yet. The caller holds the invoices' locks."""
    if not credits_given:
        return
    await tx.execute(
        _INSERT,
        *_split([key for key, _ in credits_given]),
        [credit.amount_minor for _, credit in credits_given],
        [credit.reason for _, credit in credits_given],
        at,
    )


async def find_credits(tx: Tx, keys: Sequence[CreditKey]) -> dict[CreditKey, Credit]:
    """Credits by key; those that were not given are missing."""
    return {
        (row["firm_id"], row["invoice_id"], row["credit_id"]): Credit(row["amount_minor"], row["reason"])
        for row in await tx.fetch(_FIND, *_split(keys))
    }


def _split(keys: Sequence[CreditKey]) -> tuple[list[UUID], list[UUID], list[UUID]]:
    return [key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]

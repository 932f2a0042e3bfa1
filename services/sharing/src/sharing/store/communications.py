"""Communications: acts of sharing with a message of their own, noted on their matter (mission S5)."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from sharing.domain.communication import Communication

# One statement for all: arrays cannot be nested in unnest, so the contacts travel as text.
_INSERT: LiteralString = """
insert into communications (firm_id, communication_id, matter_id, invoice_id, channel, contact_ids, message, logged_by,
                            logged_at)
select firm_id, communication_id, matter_id, invoice_id, channel, string_to_array(contact_ids, ' ')::uuid[], message,
    logged_by, logged_at
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::timestamptz[])
    as communication (firm_id, communication_id, matter_id, invoice_id, channel, contact_ids, message, logged_by,
                      logged_at)
"""
_LIST: LiteralString = """
select firm_id, communication_id, matter_id, invoice_id, channel, contact_ids, message, logged_by, logged_at
from communications
where firm_id = $1 and matter_id = $2 and ($3::uuid is null or communication_id < $3)
order by communication_id desc limit $4
"""


async def insert_communications(tx: Tx, communications: Sequence[Communication]) -> None:
    """Note acts of sharing on their matters. Not safe to repeat: the caller's command is."""
    await tx.execute(
        _INSERT,
        [one.firm_id for one in communications],
        [one.communication_id for one in communications],
        [one.matter_id for one in communications],
        [one.invoice_id for one in communications],
        [one.channel for one in communications],
        [" ".join(map(str, one.contact_ids)) for one in communications],
        [one.message for one in communications],
        [one.logged_by for one in communications],
        [one.logged_at for one in communications],
    )


async def list_communications(
    tx: Tx, firm_id: UUID, matter_id: UUID, after: UUID | None, rows_max: int
) -> list[Communication]:
    """List a matter's communications, newest first, those older than `after`."""
    return [Communication(**dict(row)) for row in await tx.fetch(_LIST, firm_id, matter_id, after, rows_max)]

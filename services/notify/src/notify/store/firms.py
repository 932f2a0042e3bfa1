"""Firms as invoices tells of them."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from notify.domain.replicas import Firm

# An older revision never overwrites a newer one; rows are taken in the order of their key, so that no writers block.
_UPSERT: LiteralString = """
insert into firms (firm_id, name, brand_colour, reply_to, time_zone, locale, share_message, revision, online_payments,
    quiet_window_seconds)
select firm_id, name, brand_colour, reply_to, time_zone, locale, share_message, revision, online_payments,
    quiet_window_seconds
from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[], $9::boolean[],
    $10::integer[]
) as firm (firm_id, name, brand_colour, reply_to, time_zone, locale, share_message, revision, online_payments,
    quiet_window_seconds)
order by firm_id
on conflict on constraint firms_pkey do update
set name = excluded.name, brand_colour = excluded.brand_colour, reply_to = excluded.reply_to,
    time_zone = excluded.time_zone, locale = excluded.locale, share_message = excluded.share_message,
    revision = excluded.revision, online_payments = excluded.online_payments,
    quiet_window_seconds = excluded.quiet_window_seconds
where firms.revision < excluded.revision
"""
_FIND: LiteralString = """
select firm_id, name, brand_colour, reply_to, time_zone, locale, share_message, revision, online_payments,
    quiet_window_seconds
from firms where firm_id = any($1::uuid[])
"""


async def upsert_firms(tx: Tx, firms: Sequence[Firm]) -> None:
    """Keep the newest state of each firm. At most one entry per firm. Safe to repeat."""
    await tx.execute(
        _UPSERT,
        [firm.firm_id for firm in firms],
        [firm.name for firm in firms],
        [firm.brand_colour for firm in firms],
        [firm.reply_to for firm in firms],
        [firm.time_zone for firm in firms],
        [firm.locale for firm in firms],
        [firm.share_message for firm in firms],
        [firm.revision for firm in firms],
        [firm.online_payments for firm in firms],
        [firm.quiet_window_seconds for firm in firms],
    )


async def find_firms(tx: Tx, firm_ids: Collection[UUID]) -> dict[UUID, Firm]:
    """Firms by id; those that have not arrived are missing."""
    return {row["firm_id"]: Firm(**dict(row)) for row in await tx.fetch(_FIND, firm_ids)}

"""Table `firms`."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from chassis.database import Tx
from invoices.domain.firm import Firm, FirmProfile

# The primary key arbitrates between two that make the same firm: the later one waits, then inserts nothing.
_INSERT: LiteralString = """
insert into firms (firm_id, name, brand_colour, time_zone, locale, currency, reply_to, channels, online_payments,
                   share_message, quiet_window_seconds, revision)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict do nothing
returning true
"""
_FIND: LiteralString = "select * from firms where firm_id = any($1::uuid[])"
# Firms are never deleted, so what is known stays known without a lock.
_FIND_IDS: LiteralString = "select firm_id from firms where firm_id = any($1::uuid[])"
# Changes of one firm come one after the other; in id order, so that two batches cannot wait for each other.
_LOCK: LiteralString = f"{_FIND} order by firm_id for no key update"
# The rows are locked by the caller.
_UPDATE: LiteralString = """
update firms
set name = changed.name, brand_colour = changed.brand_colour, time_zone = changed.time_zone, locale = changed.locale,
    currency = changed.currency, reply_to = changed.reply_to, channels = string_to_array(changed.channels, ' '),
    online_payments = changed.online_payments, share_message = changed.share_message,
    quiet_window_seconds = changed.quiet_window_seconds, revision = changed.revision
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::boolean[], $10::text[], $11::integer[], $12::integer[])
    as changed (firm_id, name, brand_colour, time_zone, locale, currency, reply_to, channels, online_payments,
                share_message, quiet_window_seconds, revision)
where firms.firm_id = changed.firm_id
"""


async def insert_firm(tx: Tx, firm: Firm) -> bool:
    """Insert a firm; False where its id is taken."""
    profile = firm.profile
    return bool(
        await tx.fetchval(
            _INSERT,
            firm.firm_id,
            profile.name,
            profile.brand_colour,
            profile.time_zone,
            profile.locale,
            profile.currency,
            profile.reply_to,
            profile.channels,
            profile.online_payments,
            profile.share_message,
            profile.quiet_window_seconds,
            firm.revision,
        )
    )


async def find_firms(tx: Tx, firm_ids: Sequence[UUID]) -> dict[UUID, Firm]:
    """Firms by id; unknown ids are missing."""
    return {row["firm_id"]: _firm(row) for row in await tx.fetch(_FIND, firm_ids)}


async def find_known_firms(tx: Tx, firm_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these firms there are: a service may claim any in a command by topic."""
    return {row["firm_id"] for row in await tx.fetch(_FIND_IDS, firm_ids)}


async def lock_firms(tx: Tx, firm_ids: Sequence[UUID]) -> dict[UUID, Firm]:
    """Firms by id, locked until the transaction ends; unknown ids are missing."""
    return {row["firm_id"]: _firm(row) for row in await tx.fetch(_LOCK, firm_ids)}


async def update_firms(tx: Tx, firms: Sequence[Firm]) -> None:
    """Write firms as they are now. The caller holds their locks."""
    profiles = [firm.profile for firm in firms]
    await tx.execute(
        _UPDATE,
        [firm.firm_id for firm in firms],
        [profile.name for profile in profiles],
        [profile.brand_colour for profile in profiles],
        [profile.time_zone for profile in profiles],
        [profile.locale for profile in profiles],
        [profile.currency for profile in profiles],
        [profile.reply_to for profile in profiles],
        [" ".join(profile.channels) for profile in profiles],
        [profile.online_payments for profile in profiles],
        [profile.share_message for profile in profiles],
        [profile.quiet_window_seconds for profile in profiles],
        [firm.revision for firm in firms],
    )


def _firm(row: asyncpg.Record) -> Firm:
    profile = FirmProfile(
        name=row["name"],
        brand_colour=row["brand_colour"],
        time_zone=row["time_zone"],
        locale=row["locale"],
        currency=row["currency"],
        reply_to=row["reply_to"],
        channels=tuple(row["channels"]),
        online_payments=row["online_payments"],
        share_message=row["share_message"],
        quiet_window_seconds=row["quiet_window_seconds"],
    )
    return Firm(row["firm_id"], profile, row["revision"])

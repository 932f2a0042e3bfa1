"""The sender's side of the deliveries table: claim under a lease, keep the lease, record the outcome.

All times are the database's, so that senders need not agree about theirs. Every write of a sender carries its lease
token: one that was away too long changes nothing any more.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from notify.domain.attempt import Verdict
from notify.domain.delivery import Claim, Delivery

# A look without a lock: is there anything to withdraw or to claim? Asks what the two statements below ask.
_HAS_DUE: LiteralString = """
select exists (
    select from deliveries
    where next_at <= clock_timestamp() and (
        exists (select from firms where firms.firm_id = deliveries.firm_id)
        or not exists (
            select from items_in_force as item
            where item.firm_id = deliveries.firm_id and item.delivery_id = deliveries.delivery_id
        )
    )
)
"""
# Unshared while it was claimed: nobody could withdraw it then. Rows that another sender looks at are left to it.
_WITHDRAW_DUE: LiteralString = """
with due as (
    select firm_id, delivery_id from deliveries
    where next_at <= clock_timestamp() and not exists (
        select from items_in_force as item
        where item.firm_id = deliveries.firm_id and item.delivery_id = deliveries.delivery_id
    )
    order by next_at limit $1
    for update skip locked
)
update deliveries
set state = 'withdrawn', reason = 'unshared', lease_token = null, next_at = null, ended_at = clock_timestamp()
from due where deliveries.firm_id = due.firm_id and deliveries.delivery_id = due.delivery_id
returning deliveries.firm_id, deliveries.delivery_id
"""
# Rows that another sender is claiming are skipped; a lease that has ended is as good as none. Where nobody recorded an
# outcome, or the server gave none, the message may have gone out already. Until its firm has arrived it is not due.
_CLAIM: LiteralString = """
with due as (
    select firm_id, delivery_id, state from deliveries
    where next_at <= clock_timestamp()
        and exists (select from firms where firms.firm_id = deliveries.firm_id)
        and exists (
            select from items_in_force as item
            where item.firm_id = deliveries.firm_id and item.delivery_id = deliveries.delivery_id
        )
    order by next_at limit $1
    for update skip locked
)
update deliveries
set state = 'claimed', lease_token = $2, next_at = clock_timestamp() + make_interval(secs => $3),
    attempts = deliveries.attempts + 1,
    possibly_sent_twice = deliveries.possibly_sent_twice or due.state in ('claimed', 'unknown')
from due where deliveries.firm_id = due.firm_id and deliveries.delivery_id = due.delivery_id
returning deliveries.firm_id, deliveries.delivery_id, kind, template, contact_id, recipient_name, recipient_email,
    locale, subject_id, version, occasion, message, actor, correlation_id, traceparent, attempts, unknown_attempts
"""
# A lease that has ended may still be kept, as long as nobody else has taken it.
_RENEW: LiteralString = """
update deliveries set next_at = clock_timestamp() + make_interval(secs => $4)
from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as held (firm_id, delivery_id, lease_token)
where deliveries.firm_id = held.firm_id and deliveries.delivery_id = held.delivery_id
    and deliveries.lease_token = held.lease_token
"""
_RECORD: LiteralString = """
update deliveries
set state = $4, reason = $5, lease_token = null, unknown_attempts = $6,
    next_at = clock_timestamp() + make_interval(secs => $7::double precision),
    ended_at = case when $7::double precision is null then clock_timestamp() end
where firm_id = $1 and delivery_id = $2 and lease_token = $3
returning clock_timestamp()
"""
SWEEP_MAX = 100

DeliveryKey = tuple[UUID, UUID]
"""Firm and delivery."""


async def has_due(tx: Tx) -> bool:
    """Whether anything is due that can be withdrawn or claimed now."""
    return bool(await tx.fetchval(_HAS_DUE))


async def withdraw_due(tx: Tx) -> list[DeliveryKey]:
    """Withdraw what is due but tells of nothing that is still shared. Safe to repeat."""
    return [(row["firm_id"], row["delivery_id"]) for row in await tx.fetch(_WITHDRAW_DUE, SWEEP_MAX)]


async def claim_due(tx: Tx, limit: int, lease_token: UUID, lease_seconds: float) -> list[Claim]:
    """Claim up to `limit` deliveries that are due, longest due first, and count the attempt."""
    claims: list[Claim] = []
    for row in await tx.fetch(_CLAIM, limit, lease_token, lease_seconds):
        columns = dict(row)
        attempt, unknown_attempts = columns.pop("attempts"), columns.pop("unknown_attempts")
        claims.append(Claim(Delivery(**columns), attempt, unknown_attempts, lease_token))
    return claims


async def renew_leases(tx: Tx, claims: Sequence[Claim], lease_seconds: float) -> None:
    """Keep deliveries whose sending takes long. Safe to repeat."""
    await tx.execute(
        _RENEW,
        [claim.delivery.firm_id for claim in claims],
        [claim.delivery.delivery_id for claim in claims],
        [claim.lease_token for claim in claims],
        lease_seconds,
    )


async def record_verdict(tx: Tx, claim: Claim, verdict: Verdict, unknown_attempts: int) -> datetime | None:
    """Give the delivery back with its next state, and tell when. None, and no change, where the lease was lost."""
    return await tx.fetchval(
        _RECORD,
        claim.delivery.firm_id,
        claim.delivery.delivery_id,
        claim.lease_token,
        verdict.state,
        verdict.reason,
        unknown_attempts,
        verdict.pause_seconds,
    )

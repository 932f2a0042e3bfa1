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
from notify.store.news import read_news

# A look without a lock: is there anything to withdraw or to claim? Asks what the two statements below ask.
_HAS_DUE: LiteralString = """
select exists (
    select from deliveries
    where next_at <= clock_timestamp() and (
        exists (select from firms where firms.firm_id = deliveries.firm_id)
        and not exists (
            select from items_awaiting_pdf as item
            where item.firm_id = deliveries.firm_id and item.delivery_id = deliveries.delivery_id
        )
        or exists (
            select from delivery_items as item
            where item.firm_id = deliveries.firm_id and item.delivery_id = deliveries.delivery_id
        )
        and not exists (
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
    where next_at <= clock_timestamp()
        and exists (
            select from delivery_items as item
            where item.firm_id = deliveries.firm_id and item.delivery_id = deliveries.delivery_id
        )
        and not exists (
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
# outcome, or the server gave none, the message may have gone out already. Until its firm has arrived, and every PDF
# that goes with it, it is not due: looked at here, where facts that come at the same time cannot miss one another.
# What covers no share (a payment's mail) needs none in force.
_CLAIM: LiteralString = """
with due as (
    select firm_id, delivery_id, state from deliveries
    where next_at <= clock_timestamp()
        and exists (select from firms where firms.firm_id = deliveries.firm_id)
        and (
            exists (
                select from items_in_force as item
                where item.firm_id = deliveries.firm_id and item.delivery_id = deliveries.delivery_id
            )
            or not exists (
                select from delivery_items as item
                where item.firm_id = deliveries.firm_id and item.delivery_id = deliveries.delivery_id
            )
        )
        and not exists (
            select from items_awaiting_pdf as item
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
    locale, subject_id, version, occasion, message, actor, correlation_id, traceparent, news, attempts,
    unknown_attempts
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
# Nothing was handed over, so it was no attempt.
_GIVE_BACK: LiteralString = """
update deliveries
set state = 'planned', reason = $4, lease_token = null, attempts = attempts - 1,
    next_at = clock_timestamp() + make_interval(secs => $5)
where firm_id = $1 and delivery_id = $2 and lease_token = $3
returning delivery_id
"""
_WITHDRAW_CLAIMED: LiteralString = """
update deliveries
set state = 'withdrawn', reason = 'unshared', lease_token = null, attempts = attempts - 1, next_at = null,
    ended_at = clock_timestamp()
where firm_id = $1 and delivery_id = $2 and lease_token = $3
returning delivery_id
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
        news = read_news(columns.pop("news"))
        claims.append(Claim(Delivery(**columns, news=news), attempt, unknown_attempts, lease_token))
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


async def give_back(tx: Tx, claim: Claim, reason: str, pause_seconds: float) -> bool:
    """Let a delivery wait that could not be handed over for reasons of our own. False where the lease was lost."""
    delivery = claim.delivery
    given = await tx.fetchval(
        _GIVE_BACK, delivery.firm_id, delivery.delivery_id, claim.lease_token, reason, pause_seconds
    )
    return given is not None


async def withdraw_claimed(tx: Tx, claim: Claim) -> bool:
    """Withdraw a delivery whose shares ended after it was claimed. False where the lease was lost."""
    delivery = claim.delivery
    return await tx.fetchval(_WITHDRAW_CLAIMED, delivery.firm_id, delivery.delivery_id, claim.lease_token) is not None

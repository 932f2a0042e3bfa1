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
from notify.domain.delivery import Claim
from notify.store.deliveries import DeliveryKey, delivery_of

# A look without a lock: is there anything to withdraw or to claim? By the time at which the statement began, since a
# clock that runs on bounds no index: everything that ever was would be read.
HAS_DUE: LiteralString = """
select exists (
    select from deliveries
    where not covers_shares and next_at <= statement_timestamp()
        and exists (select from firms where firms.firm_id = deliveries.firm_id)
) or $1 and exists (
    select from deliveries
    where covers_shares and next_at <= statement_timestamp()
        and exists (select from firms where firms.firm_id = deliveries.firm_id)
)
"""
# Unshared while it was claimed: nobody could withdraw it then. Rows that another sender looks at are left to it. What
# is due longest is cut off first, by the index; only of that are the items looked at, each by itself: an `exists` may
# become a join over all items there are.
WITHDRAW_DUE: LiteralString = """
with due as materialized (
    select firm_id, delivery_id from deliveries
    where covers_shares and next_at <= statement_timestamp()
        and exists (select from firms where firms.firm_id = deliveries.firm_id)
    order by next_at limit $1
    for update skip locked
)
update deliveries
set state = 'withdrawn', reason = 'unshared', lease_token = null, next_at = null, ended_at = clock_timestamp()
from due
where deliveries.firm_id = due.firm_id and deliveries.delivery_id = due.delivery_id
    and (
        select true from items_in_force as item
        where item.firm_id = due.firm_id and item.delivery_id = due.delivery_id limit 1
    ) is null
returning deliveries.firm_id, deliveries.delivery_id
"""
# Rows that another sender is claiming are skipped; a lease that has ended is as good as none. Until its firm has
# arrived it is not due, and until its PDFs are there it is due at infinity. What covers no share (a payment's mail)
# needs none in force, and comes through while little of the rest may be tried. Where nobody recorded an outcome, it
# goes back as one that had none.
CLAIM: LiteralString = """
with covered as materialized (
    select firm_id, delivery_id, state, next_at from deliveries
    where covers_shares and next_at <= statement_timestamp()
        and exists (select from firms where firms.firm_id = deliveries.firm_id)
    order by next_at limit $2
    for update skip locked
), uncovered as materialized (
    select firm_id, delivery_id, state, next_at from deliveries
    where not covers_shares and next_at <= statement_timestamp()
        and exists (select from firms where firms.firm_id = deliveries.firm_id)
    order by next_at limit $1
    for update skip locked
), due as materialized (
    select * from covered
    where (
        select true from items_in_force as item
        where item.firm_id = covered.firm_id and item.delivery_id = covered.delivery_id limit 1
    )
    union all select * from uncovered
    order by next_at limit $1
)
update deliveries
set state = 'claimed', lease_token = $3, next_at = clock_timestamp() + make_interval(secs => $4),
    attempts = deliveries.attempts + 1
from due where deliveries.firm_id = due.firm_id and deliveries.delivery_id = due.delivery_id
returning deliveries.*,
    case due.state when 'claimed' then 'unknown' else due.state end as state_before
"""
# A lease that has ended may still be kept, as long as nobody else has taken it.
_RENEW: LiteralString = """
update deliveries set next_at = clock_timestamp() + make_interval(secs => $4)
from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as held (firm_id, delivery_id, lease_token)
where deliveries.firm_id = held.firm_id and deliveries.delivery_id = held.delivery_id
    and deliveries.lease_token = held.lease_token
"""
# Every attempt of which nobody knows may have brought a copy; the one that is recorded here has no outcome there yet.
_RECORD: LiteralString = """
update deliveries
set state = $4, reason = $5, lease_token = null, unknown_attempts = $6,
    next_at = clock_timestamp() + make_interval(secs => $7::double precision),
    ended_at = case when $7::double precision is null then clock_timestamp() end,
    possibly_sent_twice = possibly_sent_twice or $8::boolean::integer + (
        select count(*) from attempts
        where attempts.firm_id = deliveries.firm_id and attempts.delivery_id = deliveries.delivery_id
            and attempts.outcome in ('unknown', 'interrupted')
    ) > 1
where firm_id = $1 and delivery_id = $2 and lease_token = $3
returning clock_timestamp()
"""
# Nothing was handed over, so it was no attempt.
_GIVE_BACK: LiteralString = """
update deliveries
set state = $6, reason = $4, lease_token = null, attempts = attempts - 1,
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


async def has_due(tx: Tx, *, covered: bool) -> bool:
    """Whether anything is due that can be withdrawn or claimed now, be it of shares (where `covered`) or not."""
    return bool(await tx.fetchval(HAS_DUE, covered))


async def withdraw_due(tx: Tx) -> list[DeliveryKey]:
    """Withdraw what is due but tells of nothing that is still shared. Safe to repeat."""
    return [(row["firm_id"], row["delivery_id"]) for row in await tx.fetch(WITHDRAW_DUE, SWEEP_MAX)]


async def claim_due(tx: Tx, limit: int, covered_limit: int, lease_token: UUID, lease_seconds: float) -> list[Claim]:
    """Claim up to `limit` deliveries that are due, longest due first, and count the attempt.

    Of those that tell of shares, and so need the gate, at most `covered_limit`.
    """
    rows = await tx.fetch(CLAIM, limit, covered_limit, lease_token, lease_seconds)
    return [
        Claim(delivery_of(row), row["attempts"], row["unknown_attempts"], lease_token, row["state_before"])
        for row in rows
    ]


async def renew_leases(tx: Tx, claims: Sequence[Claim], lease_seconds: float) -> None:
    """Keep deliveries whose sending takes long. Safe to repeat."""
    await tx.execute(
        _RENEW,
        [claim.delivery.firm_id for claim in claims],
        [claim.delivery.delivery_id for claim in claims],
        [claim.lease_token for claim in claims],
        lease_seconds,
    )


async def record_verdict(
    tx: Tx, claim: Claim, verdict: Verdict, unknown_attempts: int, *, may_have_arrived: bool
) -> datetime | None:
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
        may_have_arrived,
    )


async def give_back(tx: Tx, claim: Claim, reason: str, pause_seconds: float) -> bool:
    """Let a delivery wait, as it was, that could not be handed over for reasons of our own.

    False where the lease was lost.
    """
    delivery = claim.delivery
    given = await tx.fetchval(
        _GIVE_BACK, delivery.firm_id, delivery.delivery_id, claim.lease_token, reason, pause_seconds, claim.state_before
    )
    return given is not None


async def withdraw_claimed(tx: Tx, claim: Claim) -> bool:
    """Withdraw a delivery whose shares ended after it was claimed. False where the lease was lost."""
    delivery = claim.delivery
    return await tx.fetchval(_WITHDRAW_CLAIMED, delivery.firm_id, delivery.delivery_id, claim.lease_token) is not None

"""Every attempt to send, counted when it starts, so that one that kills its sender is counted too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from notify.domain.attempt import Attempted
from notify.domain.delivery import Claim

_INTERRUPT: LiteralString = """
update attempts set outcome = 'interrupted', ended_at = clock_timestamp()
where firm_id = any($1::uuid[]) and delivery_id = any($2::uuid[]) and ended_at is null
"""
_INSERT: LiteralString = """
insert into attempts (firm_id, delivery_id, attempt)
select * from unnest($1::uuid[], $2::uuid[], $3::integer[])
"""
_END: LiteralString = """
update attempts set outcome = $4, server_code = $5, server_answer = $6, ended_at = clock_timestamp()
where firm_id = $1 and delivery_id = $2 and attempt = $3 and ended_at is null
"""
_DELETE: LiteralString = """
delete from attempts where firm_id = $1 and delivery_id = $2 and attempt = $3 and ended_at is null
"""
_LIST: LiteralString = """
select attempt, outcome, server_code, server_answer, started_at, ended_at
from attempts where firm_id = $1 and delivery_id = $2 order by attempt
"""


@dataclass(frozen=True, slots=True)
class KeptAttempt:
    """One attempt as it is shown. `outcome` is None while it is under way."""

    attempt: int
    outcome: str | None
    server_code: int | None
    server_answer: str | None
    started_at: datetime
    ended_at: datetime | None


async def interrupt_attempts(tx: Tx, keys: Sequence[tuple[UUID, UUID]]) -> None:
    """Close what earlier senders of these deliveries (firm and id) left open. Safe to repeat."""
    await tx.execute(_INTERRUPT, [firm_id for firm_id, _ in keys], [delivery_id for _, delivery_id in keys])


async def insert_attempts(tx: Tx, claims: Sequence[Claim]) -> None:
    """Start attempts, in the transaction of their claim."""
    await tx.execute(
        _INSERT,
        [claim.delivery.firm_id for claim in claims],
        [claim.delivery.delivery_id for claim in claims],
        [claim.attempt for claim in claims],
    )


async def end_attempt(tx: Tx, claim: Claim, attempted: Attempted) -> None:
    """Note how an attempt ended, in the transaction of its verdict."""
    await tx.execute(
        _END,
        claim.delivery.firm_id,
        claim.delivery.delivery_id,
        claim.attempt,
        attempted.outcome,
        attempted.code,
        attempted.answer,
    )


async def delete_attempt(tx: Tx, claim: Claim) -> None:
    """Forget an attempt that never came to be, in the transaction that gives its delivery back."""
    await tx.execute(_DELETE, claim.delivery.firm_id, claim.delivery.delivery_id, claim.attempt)


async def list_attempts(tx: Tx, firm_id: UUID, delivery_id: UUID) -> list[KeptAttempt]:
    """All attempts of one delivery, first to last."""
    return [KeptAttempt(**dict(row)) for row in await tx.fetch(_LIST, firm_id, delivery_id)]

"""Commands to pay, or to try charges again, that came by topic and have no answer yet.

Of one payment the first that came is the only one that is ever due: the others wait for it to end. All times are the
database's. A row ends by being deleted, in the transaction of its answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, LiteralString
from uuid import UUID

import asyncpg

from chassis.answers import Asked
from chassis.database import Tx
from chassis.outcome import Cause
from chassis.principal import Principal

_INSERT: LiteralString = """
insert into asked_payments
    (firm_id, payment_id, command_id, command_type, command, actor_kind, actor_id, correlation_id, traceparent)
select firm_id, payment_id, command_id, command_type, command, actor_kind, actor_id, correlation_id, traceparent
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[],
            $9::text[]) with ordinality
    as asked (firm_id, payment_id, command_id, command_type, command, actor_kind, actor_id, correlation_id,
              traceparent, position)
order by position
"""
# A leased row is not due before its lease ends; one behind another of its payment is not due at all.
_IS_DUE: LiteralString = """
select exists (
    select from asked_payments as asked
    where next_at <= statement_timestamp() and not exists (
        select from asked_payments as earlier
        where earlier.firm_id = asked.firm_id and earlier.payment_id = asked.payment_id
        and earlier.asked_id < asked.asked_id
    )
)
"""
# Rows that another worker is claiming are skipped. Who reads an earlier row as gone reads its end as committed.
_CLAIM: LiteralString = """
with due as (
    select firm_id, asked_id from asked_payments as asked
    where next_at <= statement_timestamp() and not exists (
        select from asked_payments as earlier
        where earlier.firm_id = asked.firm_id and earlier.payment_id = asked.payment_id
        and earlier.asked_id < asked.asked_id
    )
    order by next_at limit $1
    for update skip locked
)
update asked_payments as claimed
set lease_token = $2, next_at = clock_timestamp() + make_interval(secs => $3), tries = claimed.tries + 1
from due where claimed.firm_id = due.firm_id and claimed.asked_id = due.asked_id
returning claimed.firm_id, claimed.asked_id, payment_id, command_id, command_type, command, actor_kind, actor_id,
    correlation_id, traceparent, tries, failures, lease_token,
    coalesce(extract(epoch from clock_timestamp() - missing_since), 0)::float8 as waited_seconds
"""
# The row arbitrates: of two who bring its command to an end, the second waits here and finds nothing.
_LOCK: LiteralString = """
select true from asked_payments where firm_id = $1 and asked_id = $2 and lease_token = $3 for update
"""
_DELETE: LiteralString = "delete from asked_payments where firm_id = $1 and asked_id = $2"
_POSTPONE: LiteralString = """
update asked_payments
set lease_token = null, next_at = clock_timestamp() + make_interval(secs => $4),
    missing_since = case when $5 then coalesce(missing_since, clock_timestamp()) else missing_since end,
    failures = failures + $6
where firm_id = $1 and asked_id = $2 and lease_token = $3
"""


@dataclass(frozen=True, slots=True)
class AskedPayment:
    """One command as it came; `command` is its JSON. Who asks was admitted when it was taken in."""

    firm_id: UUID
    payment_id: UUID
    command_id: UUID
    command_type: str
    command: str
    actor_kind: Literal["api_key", "service"]
    actor_id: str
    correlation_id: UUID
    traceparent: str | None

    @property
    def cause(self) -> Cause:
        return Cause("payments", self.command_id, self.firm_id, self.principal.actor, self.correlation_id)

    @property
    def principal(self) -> Principal:
        return Principal(self.firm_id, self.actor_kind, self.actor_id)

    @property
    def owed(self) -> Asked:
        """What it is owed: its one answer."""
        return Asked("payments", self.command_type, self.cause)


@dataclass(frozen=True, slots=True)
class ClaimedAsk:
    """A command that one worker holds until its lease ends.

    `tries` counts this one; `failures` those that ended in an error of ours. `waited_seconds` is how long something
    that it names is known to be missing: 0 as long as nothing is.
    """

    asked: AskedPayment
    asked_id: int
    tries: int
    failures: int
    waited_seconds: float
    lease_token: UUID


async def insert_asked(tx: Tx, asked: Sequence[AskedPayment]) -> None:
    """Keep commands in this order, due at once. Not safe to repeat: the caller's inbox is."""
    await tx.execute(
        _INSERT,
        [one.firm_id for one in asked],
        [one.payment_id for one in asked],
        [one.command_id for one in asked],
        [one.command_type for one in asked],
        [one.command for one in asked],
        [one.actor_kind for one in asked],
        [one.actor_id for one in asked],
        [one.correlation_id for one in asked],
        [one.traceparent for one in asked],
    )


async def is_any_due(tx: Tx) -> bool:
    """Tell whether there may be something to claim; changes nothing."""
    return bool(await tx.fetchval(_IS_DUE))


async def claim_asked(tx: Tx, limit: int, lease_token: UUID, *, lease_seconds: float) -> list[ClaimedAsk]:
    """Claim up to `limit` commands that are due, longest due first, and count the try."""
    return [_claimed(row) for row in await tx.fetch(_CLAIM, limit, lease_token, lease_seconds)]


async def lock_claimed(tx: Tx, claimed: ClaimedAsk) -> bool:
    """Lock a command for its end; False where it has ended, or another worker holds it by now."""
    return bool(await tx.fetchval(_LOCK, claimed.asked.firm_id, claimed.asked_id, claimed.lease_token))


async def delete_asked(tx: Tx, claimed: ClaimedAsk) -> None:
    """End a command whose row is locked."""
    await tx.execute(_DELETE, claimed.asked.firm_id, claimed.asked_id)


async def postpone_asked(
    tx: Tx, claimed: ClaimedAsk, pause_seconds: float, *, is_missing: bool = False, has_failed: bool = False
) -> None:
    """Give a command back, to be looked at after a pause, and note why. Changes nothing where the lease was lost."""
    key = claimed.asked.firm_id, claimed.asked_id, claimed.lease_token
    await tx.execute(_POSTPONE, *key, pause_seconds, is_missing, int(has_failed))


def _claimed(row: asyncpg.Record) -> ClaimedAsk:
    columns = dict(row)
    claim = {name: columns.pop(name) for name in ("asked_id", "tries", "failures", "waited_seconds", "lease_token")}
    return ClaimedAsk(AskedPayment(**columns), **claim)

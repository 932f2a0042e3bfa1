"""Answers kept under the caller's idempotency key: the same request again has the same answer and no second effect."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import LiteralString

import asyncpg

from chassis.database import Tx
from chassis.principal import Principal


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """One write as its caller named it. A key belongs to one principal; `route` and body must be the same again."""

    principal: Principal
    key: str
    route: str
    body: bytes

    @property
    def digest(self) -> bytes:
        return sha256(self.route.encode() + b"\0" + self.body).digest()


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered the first time, byte for byte."""

    status: int
    body: bytes


class KeyReusedError(Exception):
    """The key was used for another request."""


class KeyInUseError(Exception):
    """The first request with this key is still under way after the lock timeout."""


# A concurrent duplicate waits here for the first one's commit, up to the lock timeout.
_CLAIM: LiteralString = """
insert into idempotency (firm_id, principal, key, route, request_sha256) values ($1, $2, $3, $4, $5)
on conflict do nothing
returning true
"""
_FIND: LiteralString = """
select request_sha256, status, body from idempotency where firm_id = $1 and principal = $2 and key = $3
"""
_KEEP: LiteralString = """
update idempotency set status = $4, body = $5 where firm_id = $1 and principal = $2 and key = $3
"""
_PURGE: LiteralString = """
delete from idempotency where ctid in (
    select ctid from idempotency where created_at < statement_timestamp() - $1::interval limit $2
)
"""


async def claim_key(tx: Tx, request: KeyedRequest) -> KeptAnswer | None:
    """Claim the key for this transaction; returns the kept answer where the request was made before.

    Raises: KeyReusedError, KeyInUseError.
    """
    owner = (request.principal.firm_id, request.principal.actor, request.key)
    try:
        is_first = await tx.fetchval(_CLAIM, *owner, request.route, request.digest)
    except asyncpg.LockNotAvailableError:
        raise KeyInUseError from None
    if is_first:
        return None
    row = await tx.fetchrow(_FIND, *owner)
    assert row is not None, "claimed by a committed transaction, so it is there"
    if row["request_sha256"] != request.digest:
        raise KeyReusedError
    return KeptAnswer(row["status"], row["body"])


async def keep_answer(tx: Tx, request: KeyedRequest, answer: KeptAnswer) -> None:
    """Keep the answer in the transaction of its effect."""
    owner = (request.principal.firm_id, request.principal.actor, request.key)
    await tx.execute(_KEEP, *owner, answer.status, answer.body)


async def purge(tx: Tx, older_than: timedelta, rows_max: int) -> int:
    """Delete up to `rows_max` answers older than any retry. Safe to repeat."""
    return int((await tx.execute(_PURGE, older_than, rows_max)).removeprefix("DELETE "))

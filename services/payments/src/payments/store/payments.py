"""Payments: who paid what in one go, and whether all of it has an outcome."""

from collections.abc import Collection, Sequence
from typing import LiteralString

import asyncpg

from chassis.database import Tx
from payments.domain.payment import Key, Payment, key_columns

_INSERT: LiteralString = """
insert into payments (firm_id, payment_id, contact_id, currency, email, request_sha256, state, attempt, revision)
select firm_id, payment_id, contact_id, currency, email, request_sha256, state, attempt, revision
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::integer[],
            $9::integer[])
    as payment (firm_id, payment_id, contact_id, currency, email, request_sha256, state, attempt, revision)
"""
# Whoever settles one of its charges, or tries some again, holds the payment: the last outcome is seen exactly once.
_LOCK: LiteralString = """
select payment.firm_id, payment.payment_id, contact_id, currency, email, request_sha256, state, attempt, revision,
       started_at, concluded_at
from payments as payment
join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, payment_id)
    on wanted.firm_id = payment.firm_id and wanted.payment_id = payment.payment_id
order by payment.firm_id, payment.payment_id
for update of payment
"""
_LIST: LiteralString = """
select payment.firm_id, payment.payment_id, contact_id, currency, email, request_sha256, state, attempt, revision,
       started_at, concluded_at
from payments as payment
join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, payment_id)
    on wanted.firm_id = payment.firm_id and wanted.payment_id = payment.payment_id
"""
# The state arbitrates: concluded once per attempt, begun again only when concluded.
_CONCLUDE: LiteralString = """
update payments set state = 'concluded', revision = revision + 1, concluded_at = clock_timestamp()
where firm_id = $1 and payment_id = $2 and state = 'under_way'
returning firm_id, payment_id, contact_id, currency, email, request_sha256, state, attempt, revision, started_at,
    concluded_at
"""
_BEGIN_AGAIN: LiteralString = """
update payments
set state = 'under_way', attempt = payments.attempt + 1, revision = payments.revision + 1, concluded_at = null
from unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, payment_id)
where payments.firm_id = wanted.firm_id and payments.payment_id = wanted.payment_id and payments.state = 'concluded'
"""


async def insert_payments(tx: Tx, payments: Sequence[Payment]) -> None:
    """Keep new payments, whose ids are locked. Their start is the database's present time."""
    await tx.execute(
        _INSERT,
        [payment.firm_id for payment in payments],
        [payment.payment_id for payment in payments],
        [payment.contact_id for payment in payments],
        [payment.currency for payment in payments],
        [payment.email for payment in payments],
        [payment.request_sha256 for payment in payments],
        [payment.state for payment in payments],
        [payment.attempt for payment in payments],
        [payment.revision for payment in payments],
    )


async def lock_payments(tx: Tx, keys: Collection[Key]) -> dict[Key, Payment]:
    """Lock payments for the rest of the transaction; unknown ones are missing."""
    return {payment.key: payment for payment in map(_payment, await tx.fetch(_LOCK, *key_columns(keys)))}


async def list_payments(tx: Tx, keys: Collection[Key]) -> dict[Key, Payment]:
    """Payments by firm and id; unknown ones are missing."""
    return {payment.key: payment for payment in map(_payment, await tx.fetch(_LIST, *key_columns(keys)))}


async def conclude_payment(tx: Tx, payment: Payment) -> Payment:
    """Note that every charge has its outcome, and return the payment as it is then. Its row is locked."""
    row = await tx.fetchrow(_CONCLUDE, *payment.key)
    assert row is not None, "a charge that had no outcome kept its payment under way"
    return _payment(row)


async def begin_payments_again(tx: Tx, payments: Sequence[Payment]) -> None:
    """Count the next attempt of concluded payments whose rows are locked."""
    status = await tx.execute(_BEGIN_AGAIN, *key_columns([payment.key for payment in payments]))
    assert status == f"UPDATE {len(payments)}", f"a payment was changed without its lock: {status}"


def _payment(row: asyncpg.Record) -> Payment:
    return Payment(**dict(row))

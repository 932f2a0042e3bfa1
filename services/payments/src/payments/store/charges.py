"""Charges, one per invoice of a payment. While one has no outcome, its amount is held on its invoice's balance."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from chassis.database import Tx
from payments.domain.payment import Charge, Key, MoneyState, key_columns

_INSERT: LiteralString = """
insert into charges (firm_id, charge_id, payment_id, invoice_id, version, number, matter_name, amount_minor, currency,
    reference, attempt, state, provider_ref)
select firm_id, charge_id, payment_id, invoice_id, version, number, matter_name, amount_minor, currency,
    reference, attempt, state, provider_ref
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::integer[], $6::text[], $7::text[], $8::bigint[],
            $9::text[], $10::text[], $11::integer[], $12::text[], $13::text[])
    as charge (firm_id, charge_id, payment_id, invoice_id, version, number, matter_name, amount_minor, currency,
        reference, attempt, state, provider_ref)
"""
_LIST_OF_PAYMENTS: LiteralString = """
select charge.firm_id, charge_id, charge.payment_id, invoice_id, version, number, matter_name, amount_minor, currency,
       reference, attempt, state, provider_ref, decline_reason, refunded_minor, refunding_minor
from charges as charge
join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, payment_id)
    on wanted.firm_id = charge.firm_id and wanted.payment_id = charge.payment_id
order by charge.firm_id, number, charge_id
"""
# Refunds of one charge are decided one after the other, so that together they never exceed it.
_LOCK: LiteralString = """
select charge.firm_id, charge.charge_id, payment_id, invoice_id, version, number, matter_name, amount_minor, currency,
       reference, attempt, state, provider_ref, decline_reason, refunded_minor, refunding_minor
from charges as charge
join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, charge_id)
    on wanted.firm_id = charge.firm_id and wanted.charge_id = charge.charge_id
order by charge.firm_id, charge.charge_id
for update of charge
"""
# The caller ended the charge's order by compare-and-set, so nobody else ends the charge.
_SAVE: LiteralString = """
update charges
set attempt = saved.attempt, state = saved.state, provider_ref = saved.provider_ref,
    decline_reason = saved.decline_reason, refunded_minor = saved.refunded_minor,
    refunding_minor = saved.refunding_minor
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[])
    as saved (firm_id, charge_id, attempt, state, provider_ref, decline_reason, refunded_minor, refunding_minor)
where charges.firm_id = saved.firm_id and charges.charge_id = saved.charge_id
"""
_MARK_UNKNOWN: LiteralString = """
update charges set state = 'unknown' where firm_id = $1 and charge_id = $2 and state = 'submitted'
"""


async def insert_charges(tx: Tx, charges: Sequence[Charge]) -> None:
    """Keep new charges."""
    await tx.execute(
        _INSERT,
        [charge.firm_id for charge in charges],
        [charge.charge_id for charge in charges],
        [charge.payment_id for charge in charges],
        [charge.invoice_id for charge in charges],
        [charge.version for charge in charges],
        [charge.number for charge in charges],
        [charge.matter_name for charge in charges],
        [charge.amount_minor for charge in charges],
        [charge.currency for charge in charges],
        [charge.reference for charge in charges],
        [charge.attempt for charge in charges],
        [charge.state for charge in charges],
        [charge.provider_ref for charge in charges],
    )


async def list_charges_of(tx: Tx, payments: Collection[Key]) -> dict[Key, list[Charge]]:
    """All charges of each payment, by invoice number."""
    charges: dict[Key, list[Charge]] = {key: [] for key in payments}
    for row in await tx.fetch(_LIST_OF_PAYMENTS, *key_columns(payments)):
        charges[row["firm_id"], row["payment_id"]].append(_charge(row))
    return charges


async def lock_charges(tx: Tx, keys: Collection[Key]) -> dict[Key, Charge]:
    """Lock charges for the rest of the transaction; unknown ones are missing."""
    return {charge.key: charge for charge in map(_charge, await tx.fetch(_LOCK, *key_columns(keys)))}


async def save_charges(tx: Tx, charges: Sequence[Charge]) -> None:
    """Save what became of charges whose rows the caller holds. At most one entry per charge."""
    status = await tx.execute(
        _SAVE,
        [charge.firm_id for charge in charges],
        [charge.charge_id for charge in charges],
        [charge.attempt for charge in charges],
        [charge.state for charge in charges],
        [charge.provider_ref for charge in charges],
        [charge.decline_reason for charge in charges],
        [charge.refunded_minor for charge in charges],
        [charge.refunding_minor for charge in charges],
    )
    assert status == f"UPDATE {len(charges)}", f"a charge is gone: {status}"


async def mark_charge_unknown(tx: Tx, firm_id: UUID, charge_id: UUID) -> None:
    """Note that nobody knows what became of a charge that was submitted. Safe to repeat."""
    await tx.execute(_MARK_UNKNOWN, firm_id, charge_id)


def _charge(row: asyncpg.Record) -> Charge:
    columns = dict(row)
    columns["state"] = MoneyState(columns["state"])
    return Charge(**columns)

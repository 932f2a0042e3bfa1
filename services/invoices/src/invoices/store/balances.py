"""Table `balances`: what payments said last of each invoice."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from invoices.domain.balance import Balance

# An older revision never overwrites a newer one.
_UPSERT: LiteralString = """
insert into balances (firm_id, invoice_id, version, currency, total_minor, open_minor, payable_minor, settled_minor,
                      refunded_minor, credit_minor, revision)
select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
                     $8::bigint[], $9::bigint[], $10::bigint[], $11::integer[])
    as told (firm_id, invoice_id, version, currency, total_minor, open_minor, payable_minor, settled_minor,
             refunded_minor, credit_minor, revision)
order by invoice_id
on conflict on constraint balances_pkey do update
set version = excluded.version, currency = excluded.currency, total_minor = excluded.total_minor,
    open_minor = excluded.open_minor, payable_minor = excluded.payable_minor, settled_minor = excluded.settled_minor,
    refunded_minor = excluded.refunded_minor, credit_minor = excluded.credit_minor, revision = excluded.revision
where balances.revision < excluded.revision
"""
_FIND: LiteralString = "select * from balances where firm_id = $1 and invoice_id = any($2::uuid[])"


async def upsert_balances(tx: Tx, balances: Sequence[Balance]) -> None:
    """Keep the newest balance of each invoice. An invoice is in it at most once. Safe to repeat."""
    await tx.execute(
        _UPSERT,
        [balance.firm_id for balance in balances],
        [balance.invoice_id for balance in balances],
        [balance.version for balance in balances],
        [balance.currency for balance in balances],
        [balance.total_minor for balance in balances],
        [balance.open_minor for balance in balances],
        [balance.payable_minor for balance in balances],
        [balance.settled_minor for balance in balances],
        [balance.refunded_minor for balance in balances],
        [balance.credit_minor for balance in balances],
        [balance.revision for balance in balances],
    )


async def find_balances(tx: Tx, firm_id: UUID, invoice_ids: Sequence[UUID]) -> dict[UUID, Balance]:
    """Balances by invoice; invoices that payments has not spoken of are missing."""
    return {
        row["invoice_id"]: Balance(
            firm_id=row["firm_id"],
            invoice_id=row["invoice_id"],
            version=row["version"],
            currency=row["currency"],
            total_minor=row["total_minor"],
            open_minor=row["open_minor"],
            payable_minor=row["payable_minor"],
            settled_minor=row["settled_minor"],
            refunded_minor=row["refunded_minor"],
            credit_minor=row["credit_minor"],
            revision=row["revision"],
        )
        for row in await tx.fetch(_FIND, firm_id, invoice_ids)
    }

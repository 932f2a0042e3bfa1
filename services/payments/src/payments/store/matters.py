"""Matters as invoices tells of them."""

from collections.abc import Sequence
from typing import LiteralString

from chassis.database import Tx
from payments.domain.replicas import Matter

# An older revision never overwrites a newer one; rows come in the order of their key, so that writers never deadlock.
_UPSERT: LiteralString = """
insert into matters (firm_id, matter_id, number, name, revision)
select firm_id, matter_id, number, name, revision
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[])
    as matter (firm_id, matter_id, number, name, revision)
order by firm_id, matter_id
on conflict on constraint matters_pkey do update
set number = excluded.number, name = excluded.name, revision = excluded.revision
where matters.revision < excluded.revision
"""


async def upsert_matters(tx: Tx, matters: Sequence[Matter]) -> None:
    """Keep the newest state of each matter. At most one entry per matter. Safe to repeat."""
    await tx.execute(
        _UPSERT,
        [matter.firm_id for matter in matters],
        [matter.matter_id for matter in matters],
        [matter.number for matter in matters],
        [matter.name for matter in matters],
        [matter.revision for matter in matters],
    )

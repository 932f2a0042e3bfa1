"""The newest act of each share: what its contact was told last."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from notify.domain.changes import LastAct

# Generations count up, and in one of them the act that comes later counts: an invoice's facts come in their order, once
# each. Their times say nothing, each is by the clock of a replica. A share that one fact names twice is taken once.
_UPSERT: LiteralString = """
insert into share_acts (
    firm_id, share_id, generation, invoice_id, contact_id, channel, version, matter_name, comments, name, email, locale,
    shared_at, on_payment_page, invoice_revision
)
select distinct on (firm_id, share_id)
    firm_id, share_id, generation, invoice_id, contact_id, channel, version, matter_name, comments, name, email, locale,
    shared_at, on_payment_page, invoice_revision
from unnest(
    $1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::uuid[], $6::text[], $7::integer[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::boolean[], $15::integer[]
) with ordinality as act (
    firm_id, share_id, generation, invoice_id, contact_id, channel, version, matter_name, comments, name, email, locale,
    shared_at, on_payment_page, invoice_revision, place
)
order by firm_id, share_id, generation desc, place desc
on conflict on constraint share_acts_pkey do update
set generation = excluded.generation, version = excluded.version, matter_name = excluded.matter_name,
    comments = excluded.comments, name = excluded.name, email = excluded.email, locale = excluded.locale,
    shared_at = excluded.shared_at, on_payment_page = excluded.on_payment_page,
    invoice_revision = excluded.invoice_revision
where share_acts.generation <= excluded.generation
"""
_LIST_IN_FORCE: LiteralString = """
select act.firm_id, act.share_id, act.generation, act.invoice_id, act.contact_id, act.channel, act.version,
    act.matter_name, act.comments, act.name, act.email, act.locale, act.shared_at,
    act.on_payment_page, act.invoice_revision
from share_acts as act
join shares as share
    on act.firm_id = share.firm_id and act.share_id = share.share_id and act.generation = share.generation
where share.state = 'active' and (act.firm_id, act.invoice_id) in (select * from unnest($1::uuid[], $2::uuid[]))
order by act.firm_id, act.share_id
"""


async def upsert_share_acts(tx: Tx, acts: Sequence[LastAct]) -> None:
    """Keep the newest act of each share: `acts` come in the order of their facts. Safe to repeat."""
    await tx.execute(
        _UPSERT,
        [act.firm_id for act in acts],
        [act.share_id for act in acts],
        [act.generation for act in acts],
        [act.invoice_id for act in acts],
        [act.contact_id for act in acts],
        [act.channel for act in acts],
        [act.version for act in acts],
        [act.matter_name for act in acts],
        [act.comments for act in acts],
        [act.name for act in acts],
        [act.email for act in acts],
        [act.locale for act in acts],
        [act.shared_at for act in acts],
        [act.on_payment_page for act in acts],
        [act.invoice_revision for act in acts],
    )


async def list_acts_in_force(tx: Tx, invoices: Collection[tuple[UUID, UUID]]) -> list[LastAct]:
    """List the acts of invoices' (firm and id) shares that are in force."""
    rows = await tx.fetch(
        _LIST_IN_FORCE, [firm_id for firm_id, _ in invoices], [invoice_id for _, invoice_id in invoices]
    )
    return [LastAct(**dict(row)) for row in rows]

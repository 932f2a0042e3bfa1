"""Take deliveries that are due, for one sender, until its lease ends (N5). What is no longer shared is let go (S7)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis.database import Database, Tx
from chassis.ids import new_id
from notify.domain.delivery import Claim, Claimed, Item, pdf_keys
from notify.store.attempts import insert_attempts, interrupt_attempts
from notify.store.balances import find_balances
from notify.store.claims import claim_due, has_due, withdraw_due
from notify.store.contents import find_contents
from notify.store.delivery_items import list_items_in_force
from notify.store.firms import find_firms
from notify.store.pdfs import find_pdfs
from notify.store.told_changes import take_back_told


async def claim_deliveries(
    database: Database, limit: int, lease_seconds: float, *, covered_limit: int | None = None
) -> list[Claimed]:
    """Claim up to `limit` deliveries in a transaction of its own and load what sending them needs.

    Of those that tell of shares, and so ask the gate, up to `covered_limit`. Safe to repeat after a kill: a lease that
    nobody renews ends.
    """
    covered_limit = limit if covered_limit is None else covered_limit
    # A look first, so that an idle sender writes nothing and wakes nobody.
    async with database.reading() as connection:
        if not await has_due(connection, covered=covered_limit > 0):
            return []
    async with database.transaction() as tx:
        withdrawn = await withdraw_due(tx)
        await interrupt_attempts(tx, withdrawn)
        await take_back_told(tx, withdrawn)
        claims = await claim_due(tx, limit, covered_limit, new_id(), lease_seconds)
        if not claims:
            return []
        await interrupt_attempts(tx, [(claim.delivery.firm_id, claim.delivery.delivery_id) for claim in claims])
        await insert_attempts(tx, claims)
        return await _loaded(tx, claims)


async def _loaded(tx: Tx, claims: Sequence[Claim]) -> list[Claimed]:
    firm_ids = list({claim.delivery.firm_id for claim in claims})
    delivery_ids = [claim.delivery.delivery_id for claim in claims]
    firms = await find_firms(tx, firm_ids)
    items = await list_items_in_force(tx, firm_ids, delivery_ids)
    contents = await find_contents(tx, firm_ids, delivery_ids)
    wanted = {key for claim in claims for key in pdf_keys(claim.delivery.firm_id, _of(claim, items))}
    pdfs = await find_pdfs(tx, wanted)
    balances = await find_balances(
        tx, {(claim.delivery.firm_id, item.invoice_id) for claim in claims for item in _of(claim, items)}
    )
    return [
        Claimed(
            claim,
            _of(claim, items),
            firms[claim.delivery.firm_id],
            contents.get(claim.delivery.delivery_id),
            pdfs,
            balances,
        )
        for claim in claims
    ]


def _of(claim: Claim, items: Mapping[UUID, tuple[Item, ...]]) -> tuple[Item, ...]:
    return items.get(claim.delivery.delivery_id, ())

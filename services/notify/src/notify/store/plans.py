"""Plans into their tables: each delivery with what it covers, and what follows at once."""

from collections.abc import Sequence

from chassis.database import Tx
from notify.domain.planning import Plan
from notify.store.deliveries import insert_deliveries
from notify.store.delivery_facts import Failed, append_ends
from notify.store.delivery_items import insert_items


async def insert_plans(tx: Tx, plans: Sequence[Plan]) -> None:
    """Plan deliveries, and tell of those that have no address to go to. Safe to repeat, by the send key."""
    inserted = await insert_deliveries(tx, [plan.delivery for plan in plans])
    new = [plan for plan in plans if plan.delivery.delivery_id in inserted]
    await insert_items(tx, new)
    untold = [plan for plan in new if plan.delivery.recipient_email is None]
    await append_ends(tx, [Failed(plan.delivery, plan.items, 0, "no_address") for plan in untold])

"""Deliveries over HTTP: listed, and opened one by one."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from chassis.http.caller import Caller, not_found
from chassis.http.page import LIMIT_DEFAULT, After, Limit, Page, cut_page
from notify.api.models import AttemptShown, ContentShown, DeliveryOpened, DeliveryShown, ItemShown
from notify.domain.delivery import DeliveryState, Item
from notify.store.attempts import list_attempts
from notify.store.contents import find_contents
from notify.store.delivery_items import list_items
from notify.store.delivery_list import DeliveryFilter, KeptDelivery, find_delivery, list_deliveries

SCOPE = "deliveries:read"
# Litestar keeps the name `state` for itself.
StateWanted = Annotated[DeliveryState | None, QueryParameter(name="state")]


@get("/v1/deliveries")
async def get_deliveries(
    caller: NamedDependency[Caller],
    wanted_state: StateWanted = None,
    invoice_id: FromQuery[UUID | None] = None,
    contact_id: FromQuery[UUID | None] = None,
    after: After = None,
    limit: Limit = LIMIT_DEFAULT,
) -> Page[DeliveryShown]:
    """List the firm's deliveries, newest first."""
    wanted = DeliveryFilter(after, wanted_state, contact_id, invoice_id)
    async with caller.reading(SCOPE) as tx:
        found = await list_deliveries(tx, caller.firm_id, wanted, limit + 1)
        items = await list_items(tx, [caller.firm_id], [delivery.delivery_id for delivery in found])
    shown = [_shown(delivery, items.get(delivery.delivery_id, ())) for delivery in found[:limit]]
    return Page(items=shown, next=cut_page([delivery.delivery_id for delivery in found], limit))


@get("/v1/deliveries/{delivery_id:uuid}")
async def get_delivery(caller: NamedDependency[Caller], delivery_id: FromPath[UUID]) -> DeliveryOpened:
    """Open one delivery: its content and every attempt."""
    async with caller.reading(SCOPE) as tx:
        found = await find_delivery(tx, caller.firm_id, delivery_id)
        if found is None:
            raise not_found("delivery")
        items = await list_items(tx, [caller.firm_id], [delivery_id])
        content = (await find_contents(tx, [caller.firm_id], [delivery_id])).get(delivery_id)
        attempts = await list_attempts(tx, caller.firm_id, delivery_id)
    return DeliveryOpened(
        delivery=_shown(found, items.get(delivery_id, ())),
        content=ContentShown(**asdict(content)) if content else None,
        attempts=[AttemptShown(**asdict(attempt)) for attempt in attempts],
    )


def _shown(delivery: KeptDelivery, items: tuple[Item, ...]) -> DeliveryShown:
    return DeliveryShown(**asdict(delivery), items=[ItemShown(**asdict(item)) for item in items])

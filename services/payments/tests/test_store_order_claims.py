"""The look for work that every charger takes all day costs the same however many orders there ever were."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chassis.database import Database
from chassis.ids import new_id
from payments.store.order_claims import IS_DUE, is_order_due

Firm = Any
# Ten thousand ended orders, and as many that are to be asked about in an hour.
FILL = """
insert into processor_orders (firm_id, order_id, kind, payment_id, invoice_id, charge_id, attempt, key, amount_minor,
    currency, reference, method_token, state, decline_reason, actor, correlation_id, cause_id, next_at, ended_at)
select firm_id, gen_random_uuid(), 'charge', payment_id, invoice_id, charge_id, 1, 'key-' || n, 1, currency, reference,
    case when n % 2 = 0 then 'tok_ok' end,
    case when n % 2 = 0 then 'unknown' else 'declined' end, case when n % 2 = 1 then 'card_declined' end,
    actor, correlation_id, cause_id, case when n % 2 = 0 then clock_timestamp() + interval '1 hour' end,
    case when n % 2 = 1 then clock_timestamp() end
from processor_orders, generate_series(1, 20000) as n
"""


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)


@pytest.mark.proves("P11")
async def test_whether_an_order_is_due_is_read_from_one_entry_of_its_index(firm: Firm, database: Database) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    await firm.pays(firm.wish(contact_id, {invoice_id: 100}))
    async with database.transaction() as tx:
        await tx.execute(FILL)
        await tx.execute("analyze processor_orders")
        assert await is_order_due(tx)
        explained = await tx.fetchval(f"explain (analyze, format json) {IS_DUE}")
        nodes = list(_nodes(json.loads(explained)[0]["Plan"]))
        assert {node["Index Name"] for node in nodes if "Index Name" in node} == {"processor_orders_due_idx"}
        assert max(node["Actual Rows"] * node["Actual Loops"] for node in nodes) <= 1
        await tx.execute(
            "update processor_orders set next_at = clock_timestamp() + interval '1 hour' where tries = 0 "
            "and next_at <= clock_timestamp()"
        )
        assert not await is_order_due(tx)

"""Looking for work costs by what is due, not by what was ever sent or waits for a PDF."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chassis.database import Tx
from chassis.ids import new_id
from notify.store.claims import CLAIM, HAS_DUE, WITHDRAW_DUE

Mailroom = Any

# 60,000 deliveries with one item each: 40,000 accepted, 20,000 that wait for a PDF, but for every 5,000th that is due.
FILL = """
insert into deliveries (firm_id, delivery_id, kind, template, contact_id, recipient_name, recipient_email, locale,
    subject_id, version, occasion, actor, correlation_id, state, next_at, ended_at)
select $1, id, 'email', 'invoice_emailed', id, 'Ada', 'ada@example.test', 'en-US', id, 1, id, 'staff:1', id,
    case when is_open then 'planned' else 'accepted' end,
    case when n % 5000 = 0 then clock_timestamp() when is_open then 'infinity' end,
    case when not is_open then clock_timestamp() end
from generate_series(1, 60000) as n
cross join lateral (select lpad(to_hex(n), 32, '0')::uuid as id, n > 40000 or n % 5000 = 0 as is_open) as made
"""
FILL_ITEMS = """
insert into delivery_items (firm_id, delivery_id, position, invoice_id, version, share_id, generation, channel, number,
    matter_name, currency, total_minor, due_on, pdf_comments)
select firm_id, delivery_id, 0, delivery_id, 1, delivery_id, 1, 'email', 'N', 'Matter', 'USD', 1, date '2026-12-24',
    'all'
from deliveries
"""
FILL_SHARES = """
insert into shares (firm_id, share_id, generation, invoice_id, contact_id, channel, state)
select firm_id, delivery_id, 1, delivery_id, delivery_id, 'email', 'active' from deliveries
"""


async def _fill(tx: Tx, room: Mailroom) -> None:
    await tx.execute(FILL, room.firm.firm_id)
    for statement in (FILL_ITEMS, FILL_SHARES, "analyze deliveries", "analyze delivery_items", "analyze shares"):
        await tx.execute(statement)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)


async def _explained(tx: Tx, statement: str, *arguments: object) -> list[dict[str, Any]]:
    """Plan and run a statement, and take back what it did."""
    savepoint = tx.transaction()
    await savepoint.start()
    explained = await tx.fetchval(f"explain (analyze, format json) {statement}", *arguments)
    await savepoint.rollback()
    return list(_nodes(json.loads(explained)[0]["Plan"]))


@pytest.mark.proves("N5")
async def test_a_look_for_work_among_many_thousands_reads_by_its_index(room: Mailroom) -> None:
    """By both plans, because the server may choose either once the statement has been used a few times."""
    await room.plan()
    async with room.database.transaction() as tx:
        await _fill(tx, room)
        for mode in ("force_custom_plan", "force_generic_plan"):
            await tx.execute("select set_config('plan_cache_mode', $1, true)", mode)
            for statement, arguments in (
                (HAS_DUE, (True,)),
                (WITHDRAW_DUE, (100,)),
                (CLAIM, (8, 8, new_id(), 60.0)),
            ):
                nodes = await _explained(tx, statement, *arguments)
                assert "deliveries_look_idx" in {node.get("Index Name") for node in nodes}
                scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
                assert scanned <= {"firms"}
                read = max(
                    (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
                    for node in nodes
                )
                assert read <= 100, "more was read than is due"

"""The statement behind the payment page costs by what one contact has, not by what the firm has."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from chassis.database import Database, Tx
from payments.store.payable_shares import LIST_PAYABLE, list_payable_invoices

FIRM_ID = UUID(int=1)
CONTACT_ID = UUID(int=1)
LISTED_COUNT = 120

# Invoices dealt to contacts, 200 to each, every fifth round of them revoked, another fifth shared by link alone.
FILL = """
insert into invoices
    (firm_id, invoice_id, matter_id, number, status, version, currency, total_minor, due_on, revision)
select $1, lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n % $2), 32, '0')::uuid, 'N-' || n, 'final', 1, 'USD', 100,
       date '2026-12-01' + n % 60, 1
from generate_series(1, $2::integer * 200) as n
"""
FILL_BALANCES = """
insert into balances (firm_id, invoice_id, version, currency, total_minor, open_minor, payable_minor, revision)
select firm_id, invoice_id, version, currency, total_minor, total_minor, total_minor, 1 from invoices
"""
FILL_MATTERS = """
insert into matters (firm_id, matter_id, number, name, revision)
select $1, lpad(to_hex(n), 32, '0')::uuid, 'M-' || n, 'Matter', 1 from generate_series(0, 499) as n
"""
FILL_SHARES = """
insert into payable_shares (firm_id, share_id, generation, invoice_id, contact_id, channel, state, lists_on_page)
select $1, gen_random_uuid(), 1, lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n % $2), 32, '0')::uuid,
       case when n / $2 % 5 = 1 then 'link' else 'portal' end,
       case when n / $2 % 5 = 0 then 'revoked' else 'active' end,
       n / $2 % 5 <> 1
from generate_series(1, $2::integer * 200) as n
"""


async def _fill(tx: Tx, contacts: int, *, is_analyzed: bool) -> None:
    await tx.execute(FILL_MATTERS, FIRM_ID)
    for statement in (FILL, FILL_SHARES):
        await tx.execute(statement, FIRM_ID, contacts)
    await tx.execute(FILL_BALANCES)
    for table in ("invoices", "matters", "balances", "payable_shares") if is_analyzed else ():
        await tx.execute(f"analyze {table}")


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)


@pytest.mark.proves("P1")
@pytest.mark.parametrize(
    ("contacts", "is_analyzed"), [(500, True), (500, False), (2, False)], ids=["many", "many, new", "few, new"]
)
async def test_the_page_of_one_contact_reads_no_more_than_is_shared_with_them(
    database: Database, contacts: int, is_analyzed: bool
) -> None:
    """By both plans, because the server may choose either once the statement has been used a few times."""
    async with database.transaction() as tx:
        await _fill(tx, contacts, is_analyzed=is_analyzed)
        assert len(await list_payable_invoices(tx, FIRM_ID, CONTACT_ID)) == LISTED_COUNT
        for plan_cache_mode in ("force_custom_plan", "force_generic_plan"):
            await tx.execute("select set_config('plan_cache_mode', $1, true)", plan_cache_mode)
            explained = await tx.fetchval(f"explain (analyze, format json) {LIST_PAYABLE}", FIRM_ID, CONTACT_ID)
            nodes = list(_nodes(json.loads(explained)[0]["Plan"]))
            assert "payable_shares_page_idx" in {node.get("Index Name") for node in nodes}
            assert [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"] == []
            assert max(node["Actual Rows"] * node["Actual Loops"] for node in nodes) <= 500, "the firm's rows were read"

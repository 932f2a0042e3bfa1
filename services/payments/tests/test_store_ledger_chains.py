"""The statement behind a verification costs by the invoices of its page, not by what the firm has."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from chassis.database import Database, Tx
from payments.store.ledger_chains import LIST_CHAINS, list_chains

FIRM_ID = UUID(int=1)
PAGE = 20

# Three transactions for each invoice, of two entries each.
FILL_BALANCES = """
insert into balances (firm_id, invoice_id, version, currency, total_minor, open_minor, payable_minor, revision)
select $1, lpad(to_hex(n), 32, '0')::uuid, 1, 'USD', 100, 100, 100, 1 from generate_series(1, $2::integer) as n
"""
FILL_JOURNAL = """
insert into journal (firm_id, journal_id, kind, source_id, sequence, invoice_id, currency, position, chain_sha256)
select firm_id, gen_random_uuid(), 'invoice', invoice_id, place, invoice_id, currency, place, sha256('')
from balances, generate_series(1, 3) as place
"""
FILL_ENTRIES = """
insert into entries (firm_id, journal_id, account, currency, amount_minor)
select firm_id, journal_id, account, currency, amount_minor
from journal, (values ('cash', 5), ('receivable', -5)) as entry (account, amount_minor)
"""


async def _fill(tx: Tx, invoice_count: int, *, is_analyzed: bool) -> None:
    await tx.execute(FILL_BALANCES, FIRM_ID, invoice_count)
    await tx.execute(FILL_JOURNAL)
    await tx.execute(FILL_ENTRIES)
    for table in ("balances", "journal", "entries") if is_analyzed else ():
        await tx.execute(f"analyze {table}")


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)


@pytest.mark.proves("P10")
@pytest.mark.parametrize("is_analyzed", [True, False], ids=["known", "new"])
@pytest.mark.parametrize("after", [None, UUID(int=2_900)], ids=["first page", "late page"])
async def test_a_page_reads_no_more_than_its_invoices(
    database: Database, after: UUID | None, is_analyzed: bool
) -> None:
    """By both plans, because the server may choose either once the statement has been used a few times."""
    async with database.transaction() as tx:
        await _fill(tx, 3_000, is_analyzed=is_analyzed)
        chains = await list_chains(tx, FIRM_ID, PAGE, after)
        assert [len(chain.links) for chain in chains] == [3] * PAGE
        for plan_cache_mode in ("force_custom_plan", "force_generic_plan"):
            await tx.execute("select set_config('plan_cache_mode', $1, true)", plan_cache_mode)
            explained = await tx.fetchval(f"explain (analyze, format json) {LIST_CHAINS}", FIRM_ID, PAGE, after)
            nodes = list(_nodes(json.loads(explained)[0]["Plan"]))
            assert [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"] == []
            assert max(node["Actual Rows"] * node["Actual Loops"] for node in nodes) <= PAGE * 3 * 2, (
                "the firm was read"
            )

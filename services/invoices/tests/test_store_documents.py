"""The renderer's statements cost by what is due, not by what was ever made."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from chassis.database import Database, Tx
from chassis.ids import new_id
from invoices.store.documents import CLAIM, IS_DUE, is_document_due

# Fifty thousand that are ready, a hundred that wait, three that are due. Their versions are left out.
FILL = """
insert into documents (firm_id, invoice_id, version, comments, actor, correlation_id, causation_id, state, sha256,
                       size_bytes, file_name, next_at)
select $1, lpad(to_hex(n), 32, '0')::uuid, 1, 'all', 'service:test', $1, $1,
       case when n > 103 then 'ready' else 'pending' end, case when n > 103 then 'aa' end,
       case when n > 103 then 1 end, case when n > 103 then 'a.pdf' end,
       case when n <= 3 then now() - interval '1 minute' when n <= 103 then now() + interval '1 hour' end
from generate_series(1, 50000) as n
"""


async def _fill(tx: Tx) -> None:
    await tx.execute("alter table documents drop constraint documents_version_fk")
    await tx.execute(FILL, UUID(int=1))
    await tx.execute("analyze documents")


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)


@pytest.mark.proves("I5")
async def test_looking_for_and_claiming_what_is_due_reads_by_the_index_of_what_is_due(database: Database) -> None:
    """By both plans, because the server may choose either once the statement has been used a few times."""
    async with database.transaction() as tx:
        await _fill(tx)
        assert await is_document_due(tx)
        for plan_cache_mode in ("force_custom_plan", "force_generic_plan"):
            await tx.execute("select set_config('plan_cache_mode', $1, true)", plan_cache_mode)
            for statement, arguments in ((IS_DUE, ()), (CLAIM, (new_id(), 60.0))):
                explained = await tx.fetchval(f"explain (analyze, format json) {statement}", *arguments)
                nodes = list(_nodes(json.loads(explained)[0]["Plan"]))
                assert "documents_due_idx" in {node.get("Index Name") for node in nodes}
                assert "Seq Scan" not in {node["Node Type"] for node in nodes}
                assert max(node["Actual Rows"] * node["Actual Loops"] for node in nodes) <= 3

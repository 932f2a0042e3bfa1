"""Table `invoice_lines`: the lines an invoice has now. The invoice's row lock guards them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import LiteralString

from chassis.database import Tx
from invoices.domain.key import Key
from invoices.domain.totals import Line

# The invoice is new, or locked by the caller and its lines deleted before.
_INSERT: LiteralString = """
insert into invoice_lines
    (firm_id, invoice_id, position, kind, description, quantity, unit_price_minor, tax_rate_percent)
select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::numeric[], $7::bigint[],
                     $8::numeric[])
"""
# The invoice is locked by the caller.
_DELETE: LiteralString = """
delete from invoice_lines where (firm_id, invoice_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""
_LIST: LiteralString = """
select * from invoice_lines
where (firm_id, invoice_id) in (select * from unnest($1::uuid[], $2::uuid[]))
order by firm_id, invoice_id, position
"""


async def insert_lines(tx: Tx, lines_of: Mapping[Key, Sequence[Line]]) -> None:
    """Insert the lines of invoices that have none."""
    placed = [(key, at, line) for key, lines in lines_of.items() for at, line in enumerate(lines)]
    if not placed:
        return
    await tx.execute(
        _INSERT,
        [firm_id for (firm_id, _), _, _ in placed],
        [invoice_id for (_, invoice_id), _, _ in placed],
        [at for _, at, _ in placed],
        [line.kind for _, _, line in placed],
        [line.description for _, _, line in placed],
        [line.quantity for _, _, line in placed],
        [line.unit_price_minor for _, _, line in placed],
        [line.tax_rate_percent for _, _, line in placed],
    )


async def delete_lines(tx: Tx, invoices: Sequence[Key]) -> None:
    """Delete all lines of these invoices. Safe to repeat."""
    await tx.execute(_DELETE, [firm_id for firm_id, _ in invoices], [invoice_id for _, invoice_id in invoices])


async def list_lines(tx: Tx, invoices: Sequence[Key]) -> dict[Key, tuple[Line, ...]]:
    """Lines of each of these invoices, in order; invoices without any are missing."""
    found: defaultdict[Key, list[Line]] = defaultdict(list)
    rows = await tx.fetch(_LIST, [firm_id for firm_id, _ in invoices], [invoice_id for _, invoice_id in invoices])
    for row in rows:
        found[row["firm_id"], row["invoice_id"]].append(
            Line(row["kind"], row["description"], row["quantity"], row["unit_price_minor"], row["tax_rate_percent"])
        )
    return {key: tuple(lines) for key, lines in found.items()}

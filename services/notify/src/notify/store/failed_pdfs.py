"""PDFs that invoices has given up, until it makes them after all."""

from collections.abc import Mapping, Sequence
from typing import LiteralString

from chassis.database import Tx
from notify.domain.pdf import PdfKey

_INSERT: LiteralString = """
insert into failed_pdfs (firm_id, invoice_id, version, comments, reason)
select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[])
on conflict on constraint failed_pdfs_pkey do nothing
"""
_DELETE: LiteralString = """
delete from failed_pdfs
where (firm_id, invoice_id, version, comments) in (
    select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[])
)
"""


async def insert_failed_pdfs(tx: Tx, reasons: Mapping[PdfKey, str]) -> None:
    """Keep which PDFs there will not be, and why. Safe to repeat."""
    await tx.execute(_INSERT, *_columns(list(reasons)), list(reasons.values()))


async def delete_failed_pdfs(tx: Tx, made: Sequence[PdfKey]) -> None:
    """Forget that these were given up. Safe to repeat."""
    await tx.execute(_DELETE, *_columns(made))


def _columns(keys: Sequence[PdfKey]) -> tuple[list[object], ...]:
    return (
        [key.firm_id for key in keys],
        [key.invoice_id for key in keys],
        [key.version for key in keys],
        [key.comments for key in keys],
    )

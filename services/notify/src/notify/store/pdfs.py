"""PDFs that invoices has made."""

from collections.abc import Collection, Sequence
from typing import LiteralString

from chassis.database import Tx
from notify.domain.pdf import Attachment, PdfKey

# Made again, it is another file: the newest is sent, and what a message was rendered with stays with its content.
_UPSERT: LiteralString = """
insert into pdfs (firm_id, invoice_id, version, comments, sha256, size_bytes, file_name)
select firm_id, invoice_id, version, comments, sha256, size_bytes, file_name
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::bigint[], $7::text[])
    as pdf (firm_id, invoice_id, version, comments, sha256, size_bytes, file_name)
order by firm_id, invoice_id, version, comments
on conflict on constraint pdfs_pkey do update
set sha256 = excluded.sha256, size_bytes = excluded.size_bytes, file_name = excluded.file_name
"""
_FIND: LiteralString = """
select firm_id, invoice_id, version, comments, sha256, size_bytes, file_name from pdfs
where (firm_id, invoice_id, version, comments) in (
    select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[])
)
"""


async def upsert_pdfs(tx: Tx, pdfs: Sequence[tuple[PdfKey, Attachment]]) -> None:
    """Keep where PDFs are. At most one entry per key. Safe to repeat."""
    await tx.execute(
        _UPSERT,
        *_columns([key for key, _ in pdfs]),
        [pdf.sha256 for _, pdf in pdfs],
        [pdf.size_bytes for _, pdf in pdfs],
        [pdf.file_name for _, pdf in pdfs],
    )


async def find_pdfs(tx: Tx, keys: Collection[PdfKey]) -> dict[PdfKey, Attachment]:
    """PDFs by key; those that have not been made are missing."""
    if not keys:
        return {}
    found: dict[PdfKey, Attachment] = {}
    for row in await tx.fetch(_FIND, *_columns(keys)):
        key = PdfKey(row["firm_id"], row["invoice_id"], row["version"], row["comments"])
        found[key] = Attachment(row["sha256"], row["size_bytes"], row["file_name"])
    return found


def _columns(keys: Collection[PdfKey]) -> tuple[list[object], ...]:
    return (
        [key.firm_id for key in keys],
        [key.invoice_id for key in keys],
        [key.version for key in keys],
        [key.comments for key in keys],
    )

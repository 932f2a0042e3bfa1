"""Table `invoice_versions`: written once, never changed. There is no update or delete here, by intent."""

from collections.abc import Sequence
from typing import LiteralString

import asyncpg
from pydantic import TypeAdapter

from chassis.database import Tx
from invoices.domain.key import Key
from invoices.domain.version import Document, Version

# Without `on conflict`: the same version written twice is a bug, and the transaction that tries it fails.
_INSERT: LiteralString = """
insert into invoice_versions (firm_id, invoice_id, version, document, created_at, reason)
select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::jsonb[], $5::timestamptz[], $6::text[])
"""
# Lines and comments are left in the table: a page of versions may have hundreds of thousands of them.
_LIST: LiteralString = """
select firm_id, invoice_id, version, created_at, reason, document || '{"lines": [], "comments": []}' as document
from invoice_versions where firm_id = $1 and invoice_id = $2 and version > $4 order by version limit $3
"""
_FIND: LiteralString = """
select * from invoice_versions where firm_id = $1 and invoice_id = $2 and version = $3
"""

_document = TypeAdapter(Document)


async def insert_versions(tx: Tx, versions: Sequence[Version]) -> None:
    """Keep versions for ever."""
    await tx.execute(
        _INSERT,
        [version.firm_id for version in versions],
        [version.invoice_id for version in versions],
        [version.version for version in versions],
        [_document.dump_json(version.document).decode() for version in versions],
        [version.created_at for version in versions],
        [version.reason for version in versions],
    )


async def list_versions(tx: Tx, invoice: Key, limit: int, after: int = 0) -> list[Version]:
    """List versions of an invoice above one number, first one first; each without its lines and comments."""
    return [_version(row) for row in await tx.fetch(_LIST, *invoice, limit, after)]


async def find_version(tx: Tx, invoice: Key, version: int) -> Version | None:
    """One version of an invoice."""
    row = await tx.fetchrow(_FIND, *invoice, version)
    return _version(row) if row else None


def _version(row: asyncpg.Record) -> Version:
    return Version(
        firm_id=row["firm_id"],
        invoice_id=row["invoice_id"],
        version=row["version"],
        created_at=row["created_at"],
        document=_document.validate_json(row["document"]),
        reason=row["reason"],
    )

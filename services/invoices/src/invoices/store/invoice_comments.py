"""Table `invoice_comments`: the comments an invoice has now. The invoice's row lock guards them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import LiteralString

from chassis.database import Tx
from invoices.domain.invoice import Comment
from invoices.domain.key import Key

# The invoice is new, or locked by the caller and its comments deleted before.
_INSERT: LiteralString = """
insert into invoice_comments (firm_id, invoice_id, position, text, is_client_visible)
select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::boolean[])
"""
# The invoice is locked by the caller.
_DELETE: LiteralString = """
delete from invoice_comments where (firm_id, invoice_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""
_LIST: LiteralString = """
select * from invoice_comments
where (firm_id, invoice_id) in (select * from unnest($1::uuid[], $2::uuid[]))
order by firm_id, invoice_id, position
"""


async def insert_comments(tx: Tx, comments_of: Mapping[Key, Sequence[Comment]]) -> None:
    """Insert the comments of invoices that have none."""
    placed = [(key, at, comment) for key, comments in comments_of.items() for at, comment in enumerate(comments)]
    if not placed:
        return
    await tx.execute(
        _INSERT,
        [firm_id for (firm_id, _), _, _ in placed],
        [invoice_id for (_, invoice_id), _, _ in placed],
        [at for _, at, _ in placed],
        [comment.text for _, _, comment in placed],
        [comment.is_client_visible for _, _, comment in placed],
    )


async def delete_comments(tx: Tx, invoices: Sequence[Key]) -> None:
    """Delete all comments of these invoices. Safe to repeat."""
    await tx.execute(_DELETE, [firm_id for firm_id, _ in invoices], [invoice_id for _, invoice_id in invoices])


async def list_comments(tx: Tx, invoices: Sequence[Key]) -> dict[Key, tuple[Comment, ...]]:
    """Comments of each of these invoices, in order; invoices without any are missing."""
    found: defaultdict[Key, list[Comment]] = defaultdict(list)
    rows = await tx.fetch(_LIST, [firm_id for firm_id, _ in invoices], [invoice_id for _, invoice_id in invoices])
    for row in rows:
        found[row["firm_id"], row["invoice_id"]].append(Comment(row["text"], row["is_client_visible"]))
    return {key: tuple(comments) for key, comments in found.items()}

"""What an invoice says now: its lines and comments together, over the tables of both."""

from collections.abc import Mapping, Sequence

from chassis.database import Tx
from invoices.domain.invoice import Content
from invoices.domain.key import Key
from invoices.store.invoice_comments import delete_comments, insert_comments, list_comments
from invoices.store.invoice_lines import delete_lines, insert_lines, list_lines


async def insert_contents(tx: Tx, contents: Mapping[Key, Content]) -> None:
    """Insert the content of invoices that have none."""
    await insert_lines(tx, {key: content.lines for key, content in contents.items()})
    await insert_comments(tx, {key: content.comments for key, content in contents.items()})


async def replace_contents(tx: Tx, contents: Mapping[Key, Content]) -> None:
    """Give invoices other content. The caller holds their locks. Safe to repeat."""
    if not contents:
        return
    keys = list(contents)
    await delete_lines(tx, keys)
    await delete_comments(tx, keys)
    await insert_contents(tx, contents)


async def find_contents(tx: Tx, keys: Sequence[Key]) -> dict[Key, Content]:
    """Content of each of these invoices; nothing at all where there is no such invoice."""
    lines = await list_lines(tx, keys)
    comments = await list_comments(tx, keys)
    return {key: Content(lines.get(key, ()), comments.get(key, ())) for key in keys}

"""What was rendered, kept for as long as the delivery: every attempt sends it, and history opens it (N4)."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from notify.domain.delivery import Content
from notify.domain.pdf import Attachment

# The first rendering counts, a sender that lost its lease may come later with another; unless it tells of more than may
# be told now.
_INSERT: LiteralString = """
insert into contents (
    firm_id, delivery_id, message_id, sender_name, sender_address, reply_to, subject, html, plain, rendered_at,
    share_ids, attachments
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::uuid[], $12::jsonb)
on conflict on constraint contents_pkey do update
set subject = excluded.subject, html = excluded.html, plain = excluded.plain, rendered_at = excluded.rendered_at,
    share_ids = excluded.share_ids, attachments = excluded.attachments
where not contents.share_ids <@ excluded.share_ids
"""
_FIND: LiteralString = """
select delivery_id, message_id, sender_name, sender_address, reply_to, subject, html, plain, rendered_at, attachments,
    coalesce(share_ids, array(
        select item.share_id from delivery_items as item
        where item.firm_id = contents.firm_id and item.delivery_id = contents.delivery_id
    )) as share_ids
from contents where firm_id = any($1::uuid[]) and delivery_id = any($2::uuid[])
"""


async def insert_content(tx: Tx, firm_id: UUID, delivery_id: UUID, content: Content) -> None:
    """Keep what is going to be sent, unless something that may be sent is there. Safe to repeat."""
    await tx.execute(
        _INSERT,
        firm_id,
        delivery_id,
        content.message_id,
        content.sender_name,
        content.sender_address,
        content.reply_to,
        content.subject,
        content.html,
        content.plain,
        content.rendered_at,
        content.share_ids,
        json.dumps([asdict(attachment) for attachment in content.attachments]),
    )


async def find_contents(tx: Tx, firm_ids: Sequence[UUID], delivery_ids: Sequence[UUID]) -> dict[UUID, Content]:
    """Contents by delivery; what has not been rendered is missing. Delivery ids are unique across firms."""
    contents: dict[UUID, Content] = {}
    for row in await tx.fetch(_FIND, firm_ids, delivery_ids):
        columns = dict(row)
        delivery_id: UUID = columns.pop("delivery_id")
        attachments = tuple(Attachment(**each) for each in json.loads(columns.pop("attachments")))
        share_ids = tuple(columns.pop("share_ids"))
        contents[delivery_id] = Content(**columns, share_ids=share_ids, attachments=attachments)
    return contents

"""Invoices that a delivery tells of by a payment or a refund, without a share of theirs."""

from collections.abc import Sequence
from typing import LiteralString

from chassis.database import Tx
from notify.domain.delivery import Delivery
from notify.domain.news import invoice_ids_of

_INSERT: LiteralString = """
insert into news_invoices (firm_id, invoice_id, delivery_id)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[])
on conflict on constraint news_invoices_pkey do nothing
"""


async def insert_news_invoices(tx: Tx, deliveries: Sequence[Delivery]) -> None:
    """Keep which invoices the news of deliveries name. Safe to repeat."""
    named = [(delivery, invoice_id) for delivery in deliveries for invoice_id in invoice_ids_of(delivery.news)]
    if named:
        await tx.execute(
            _INSERT,
            [delivery.firm_id for delivery, _ in named],
            [invoice_id for _, invoice_id in named],
            [delivery.delivery_id for delivery, _ in named],
        )

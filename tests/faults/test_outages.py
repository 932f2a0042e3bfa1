"""Kafka and PostgreSQL stopped and started under load: everything recovers by itself, every effect happens once.

Method: clients share invoices by HTTP (repeating a request with its key until it is answered) and by topic, while one
part of the stack is stopped at once and started again; then the stack is left to settle.
Source: reliability invariants I1, I3, I4, I5, I7, I8; mission X1.
"""

import asyncio
from uuid import UUID

import httpx
import pytest

from chassis.ids import new_id
from chassis.testing.addresses import Stack
from contracts.sharing import PortalShareSet, SavePortalShares
from stack.client.api import Answer
from stack.client.careful import until_answered
from stack.client.mail import mails_to
from stack.client.outage import outage
from stack.client.practice import Practice
from stack.client.settled import settled
from stack.client.topics import watching

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.fault,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("stack_is_sound"),
]

INVOICES = 30
OUTAGE_SECONDS = 4.0


async def share_by_http(office: Practice, invoice_id: UUID, contact_id: UUID) -> Answer:
    key = new_id()
    return await until_answered(lambda: office.save_portal_shares(invoice_id, [contact_id], idempotency_key=key))


@pytest.mark.proves("S1", "X1", "N5")
@pytest.mark.parametrize("part", ["kafka", "postgres", "sharing", "notify", "invoices"])
async def test_nothing_is_lost_or_doubled_when_a_part_dies_under_load(
    stack: Stack, http: httpx.AsyncClient, office: Practice, part: str
) -> None:
    matter_id = await office.matter("2026-9", "Under load")
    to = f"load-{new_id().hex}@example.test"
    contact_id = await office.contact("Load", to, matter_id=matter_id, roles=["client"])
    invoice_ids = [await office.final_invoice(matter_id) for _ in range(INVOICES)]
    dsns = {name: address.dsn for name, address in stack.services.items() if address.dsn}
    await settled(stack.kafka_bootstrap, dsns)

    async with watching(stack.kafka_bootstrap) as watch:
        by_topic = [
            SavePortalShares(invoice_id=invoice_id, wanted=PortalShareSet(contact_ids=[contact_id]))
            for invoice_id in invoice_ids[: INVOICES // 2]
        ]
        correlations = [
            await watch.command(command, firm_id=office.firm_id, actor=office.actor) for command in by_topic
        ]
        async with asyncio.TaskGroup() as at_once:
            at_once.create_task(outage(part, seconds=OUTAGE_SECONDS))
            by_http = [
                at_once.create_task(share_by_http(office, invoice_id, contact_id))
                for invoice_id in invoice_ids[INVOICES // 2 :]
            ]
        assert {task.result().status for task in by_http} == {200}
        await settled(stack.kafka_bootstrap, dsns, timeout_seconds=120)
        for correlation_id in correlations:
            (answer,) = await watch.answers(correlation_id, timeout_seconds=60)
            assert answer.type == "handbill.sharing.command-done.v1"

    mails = await mails_to(http, stack.mail_api_url, to)
    message_ids = {mail.message["Message-ID"] for mail in mails}
    assert len(message_ids) == INVOICES
    # A kill between the mail server's answer and our commit may send the same mail again, never another one.
    assert len(mails) - len(message_ids) <= (8 if part in {"notify", "postgres"} else 0)
    for invoice_id in invoice_ids:
        assert (await office.api.get("invoices", f"/v1/invoices/{invoice_id}")).body["is_shared"]

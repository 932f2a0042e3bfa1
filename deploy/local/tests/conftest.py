"""A story played once on the stack, and everything that it left: what the check is shown, sound and damaged."""

import asyncio
import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from chassis.ids import new_id
from chassis.testing import eventually
from chassis.testing.addresses import Stack, read_stack
from contracts.invoices import CreditInvoice, InvoiceLine, InvoiceTerms, ReviseInvoice, VoidInvoice
from contracts.sharing import EmailShareRequest, PortalShareSet, SavePortalShares, ShareByEmail
from stack.addresses import read_addresses
from stack.check.evidence import Evidence
from stack.check.rest import wait_for_rest
from stack.check.run import collect, open_databases
from stack.check.topic_reader import open_reader
from stack.client.operator import open_firm
from stack.client.paying import pay, payable_ids, payment_of, payment_shown, refund, retry
from stack.client.people import meet
from stack.client.practice import Practice, expect, plain_terms
from stack.client.sharing import revoke_shares, share_by_email, share_by_link, share_in_portal
from stack.client.topics import TopicWatch, watching
from stack.topology import DATABASE_OWNERS

REST_SECONDS = 60.0


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The whole stack, with every service."""
    return read_stack()


@pytest.fixture(scope="session")
def observed() -> Evidence:
    """Play the story, wait for rest, and look at everything but the databases."""
    return asyncio.run(_play_and_look())


async def _play_and_look() -> Evidence:
    addresses = read_addresses(Path(os.environ["HANDBILL_TEST_STACK"]))
    assert addresses is not None
    urls = {owner: addresses.url_of(owner) for owner in DATABASE_OWNERS}
    async with (
        httpx.AsyncClient(timeout=30) as http,
        watching(addresses.kafka_bootstrap) as watch,
        open_databases(addresses) as databases,
        open_reader(addresses.kafka_bootstrap) as topics,
    ):
        await _play(await open_firm(http, urls, addresses.dsn_of("invoices") or "", "Check & Partners"), watch)
        assert await wait_for_rest(databases, topics, timeout_seconds=REST_SECONDS) == {}
        return replace(await collect(addresses, databases, topics), databases={})


async def _play(firm: Practice, watch: TopicWatch) -> None:
    matter_id = await firm.matter("2026-77", "Everything at once")
    ada, bob = await meet(firm, "Ada", matter_id), await meet(firm, "Bob", matter_id, ["billing"])
    gone = await meet(firm, "reject-550", matter_id)
    first, second, third = [await firm.final_invoice(matter_id, plain_terms(amount)) for amount in (60_000, 20_000, 9)]
    expect("portal", 200, await share_in_portal(firm, first, [ada.contact_id, bob.contact_id], message="As agreed."))
    expect("e-mail to nobody", 200, await share_by_email(firm, third, [gone.contact_id]))
    expect("e-mail", 200, await share_by_email(firm, second, [ada.contact_id]))
    expect("unshare", 200, await revoke_shares(firm, second))
    expect("e-mail again", 200, await share_by_email(firm, second, [ada.contact_id]))
    expect("link", 200, await share_by_link(firm, third, bob.contact_id, "link", on_payment_page=True))
    await _share_drafts(firm, watch, matter_id, ada.contact_id)
    await _pay(firm, ada.contact_id, {first: 60_000, second: 20_000})
    await _be_refused_a_refund(firm, bob.contact_id, third)
    await _change(firm, first, third)


async def _change(firm: Practice, invoice_id: UUID, other_id: UUID) -> None:
    line = InvoiceLine(kind="flat_fee", description="Advice", quantity=Decimal(1), unit_price_minor=70_000)
    revision = ReviseInvoice(
        invoice_id=invoice_id, terms=InvoiceTerms(currency="USD", lines=[line], due_in_days=30), reason="More work."
    )
    credit = CreditInvoice(invoice_id=invoice_id, credit_id=new_id(), amount_minor=500, reason="Thank you.")
    void = VoidInvoice(invoice_id=other_id, reason="Sent by mistake.")
    for command, status, path in ((revision, 200, "revise"), (credit, 201, "credits"), (void, 200, "void")):
        body = command.model_dump(mode="json", exclude={"invoice_id"})
        answer = await firm.api.send("POST", "invoices", f"/v1/invoices/{command.invoice_id}/{path}", json_body=body)
        expect(path, status, answer)


async def _share_drafts(firm: Practice, watch: TopicWatch, matter_id: UUID, contact_id: UUID) -> None:
    """One draft that can be finalised, and one without lines that cannot."""
    good = await firm.draft(matter_id)
    empty = await firm.draft(matter_id, InvoiceTerms(currency="USD", lines=[], due_in_days=30))
    commands = [
        SavePortalShares(invoice_id=good, wanted=PortalShareSet(contact_ids=[contact_id], finalise_drafts=True)),
        ShareByEmail(invoice_id=empty, wanted=EmailShareRequest(contact_ids=[contact_id], finalise_drafts=True)),
    ]
    ended: list[str] = []
    for command in commands:
        sent = await watch.command(command, firm_id=firm.firm_id, actor=firm.actor)
        (answer,) = await watch.answers(sent)
        ended.append(answer.type)
    assert ended == ["handbill.sharing.command-done.v1", "handbill.sharing.command-rejected.v1"]


async def _pay(firm: Practice, contact_id: UUID, amounts: dict[UUID, int]) -> None:
    """Pay by a card that is good for one of the two, the other by a better one; a part is given back."""
    payment = payment_of(contact_id, amounts, "tok_limit_50000")
    await _listed(firm, contact_id, amounts)
    expect("pay", 202, await pay(firm, payment))
    states = await _concluded(firm, payment.payment_id, attempt=1)
    expect("retry", 202, await retry(firm, payment.payment_id, [states["declined"]], "tok_ok"))
    await _concluded(firm, payment.payment_id, attempt=2)
    expect("refund", 202, await refund(firm, states["succeeded"], 5_000))


async def _be_refused_a_refund(firm: Practice, contact_id: UUID, invoice_id: UUID) -> None:
    payment = payment_of(contact_id, {invoice_id: 9}, "tok_refund_declined")
    await _listed(firm, contact_id, {invoice_id: 9})
    expect("pay", 202, await pay(firm, payment))
    states = await _concluded(firm, payment.payment_id, attempt=1)
    expect("refund", 202, await refund(firm, states["succeeded"], 9))


async def _listed(firm: Practice, contact_id: UUID, amounts: dict[UUID, int]) -> None:
    async def listed() -> bool:
        return amounts.keys() <= await payable_ids(firm, contact_id)

    await eventually(listed, timeout_seconds=30)


async def _concluded(firm: Practice, payment_id: UUID, *, attempt: int) -> dict[str, str]:
    """Wait for the outcome of an attempt; returns a charge in each state."""

    async def shown() -> dict[str, str]:
        payment = await payment_shown(firm, payment_id)
        is_concluded = (payment.get("state"), payment.get("attempt")) == ("concluded", attempt)
        return {charge["state"]: charge["charge_id"] for charge in payment["charges"]} if is_concluded else {}

    return await eventually(shown, timeout_seconds=30)

"""Mails with a PDF while what makes and sends them dies: each is sent once, a repeat only under the same Message-ID.

Method: a service is replaced by one that is killed at a named line, and then runs again as usual; or it is taken away
for a while. Source: reliability invariants I5, I6; mission I5, N5, S3, S7.
"""

import asyncio
import signal
from typing import Any
from uuid import UUID

import pytest

from chassis.testing import eventually
from stack.client.people import Person, attachments_of, meet
from stack.client.practice import expect, plain_terms
from stack.client.sharing import share_by_email
from stack.client.stand_in import stand_in
from stack.client.whole import Whole
from stack.control import Control

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.fault,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("stack_is_sound"),
]

LEASE = {"HANDBILL_SENDER_LEASE_SECONDS": "3"}


async def billed(whole: Whole) -> tuple[UUID, Person]:
    matter_id = await whole.office.matter("K-1", "Killed")
    return await whole.office.final_invoice(matter_id), await meet(whole.office, "Ada", matter_id)


async def killed(process: asyncio.subprocess.Process) -> None:
    assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL


async def the_delivery(whole: Whole, invoice_id: UUID) -> dict[str, Any]:
    (delivery,) = (await whole.office.api.get("notify", "/v1/deliveries", invoice_id=str(invoice_id))).body["items"]
    return delivery


@pytest.mark.proves("N5", "S3")
@pytest.mark.parametrize(("line", "copies"), [("sender.before_smtp", 1), ("sender.after_smtp", 2)])
async def test_a_sender_killed_around_the_hand_over_sends_the_mail_with_its_pdf_once_more_at_most(
    whole: Whole, line: str, copies: int
) -> None:
    invoice_id, ada = await billed(whole)
    async with stand_in("notify", whole.addresses, HANDBILL_FAILPOINT=f"{line}:kill", **LEASE) as doomed:
        await share_by_email(whole.office, invoice_id, [ada.contact_id])
        await killed(doomed)

    mails = await whole.post.arrived(ada, copies, timeout_seconds=60)

    await whole.at_rest()
    assert len(await whole.post.mails(ada)) == copies
    assert len({mail.message["Message-ID"] for mail in mails}) == 1
    _, content = await whole.office.api.download("invoices", f"/v1/invoices/{invoice_id}/versions/1/pdf")
    assert [attachments_of(mail) for mail in mails] == [[content]] * copies
    delivery = await the_delivery(whole, invoice_id)
    assert (delivery["state"], delivery["attempts"], delivery["possibly_sent_twice"]) == ("accepted", 2, True)


@pytest.mark.proves("I5", "S3")
async def test_a_renderer_killed_at_work_makes_the_pdf_once_and_the_mail_has_it(whole: Whole) -> None:
    matter_id = await whole.office.matter("K-2", "Killed")
    ada = await meet(whole.office, "Ada", matter_id)
    draft_id = await whole.office.draft(matter_id)
    await whole.at_rest()
    lease = {"HANDBILL_RENDERER_LEASE_SECONDS": "3"}
    async with stand_in("invoices", whole.addresses, HANDBILL_FAILPOINT="renderer.before_put:kill", **lease) as doomed:
        assert (await share_by_email(whole.office, draft_id, [ada.contact_id], finalise_drafts=True)).status == 202
        await killed(doomed)

    (mail,) = await whole.post.arrived(ada, 1, timeout_seconds=60)

    await whole.at_rest()
    _, content = await whole.office.api.download("invoices", f"/v1/invoices/{draft_id}/versions/1/pdf")
    assert attachments_of(mail) == [content]
    ready = whole.watch.of_firm(whole.office.firm_id, "invoices.invoice-pdf-ready")
    assert len([fact for fact in ready if fact.key == str(draft_id)]) == 1


@pytest.mark.proves("N5", "S7", "I4")
async def test_while_the_gate_is_away_a_notice_waits_and_is_sent_once_when_it_is_back(whole: Whole) -> None:
    invoice_id, ada = await billed(whole)
    await share_by_email(whole.office, invoice_id, [ada.contact_id])
    await whole.post.arrived(ada, 1)
    await whole.at_rest()
    with Control.of_test_stack() as control:
        await asyncio.to_thread(control.stop, "sharing")
        try:
            body = {"terms": plain_terms(20_000).model_dump(mode="json"), "reason": "A discount."}
            path = f"/v1/invoices/{invoice_id}/revise"
            expect("revise", 200, await whole.office.api.send("POST", "invoices", path, json_body=body))

            async def waits() -> dict[str, Any] | None:
                found = (await whole.office.api.get("notify", "/v1/deliveries", invoice_id=str(invoice_id))).body
                changed = [each for each in found["items"] if each["template"] == "invoice_changed"]
                return changed[0] if changed and changed[0]["reason"] == "gate_unreachable" else None

            waiting = await eventually(waits, timeout_seconds=60)
            assert waiting is not None
            assert (waiting["state"], waiting["attempts"]) == ("planned", 0)
            assert len(await whole.post.mails(ada)) == 1
        finally:
            await asyncio.to_thread(control.start, "sharing")

    _, notice = await whole.post.arrived(ada, 2, timeout_seconds=60)
    assert "$200.00" in notice.part("plain")
    await whole.at_rest()
    assert len(await whole.post.mails(ada)) == 2

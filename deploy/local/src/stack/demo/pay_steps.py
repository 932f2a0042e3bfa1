"""Paying three invoices at once, the declined one again, and giving part back (P1, P2, P3, P5, P9, P10)."""

import asyncio
from typing import Any
from uuid import UUID

from chassis.ids import new_id
from contracts.payments import PayInvoices
from stack.client.mail import mails_to
from stack.client.paying import Page, payment_from, payment_page
from stack.client.practice import expect
from stack.demo.scene import Scene, check, check_soon

LIMIT_MINOR = 50_000


async def see_the_page(scene: Scene) -> None:
    """Look at Ada's payment page: the estate, the lease as revised, and what was shared by finalising."""
    office = scene.office
    wanted = {str(office.invoices[name]) for name in ("estate", "lease", "by sharing")}

    async def listed() -> object:
        return set(await _page(scene, "Ada"))

    await check_soon("Ada's payment page", expected=wanted, look=listed)
    lease = str(office.invoices["lease"])

    async def revised() -> object:
        return (await _page(scene, "Ada"))[lease]["payable_minor"]

    await check_soon("the lease on it", expected=46_000, look=revised)


async def pay_three(scene: Scene) -> None:
    """Pay all three with chosen amounts and a card that is good up to 500.00: one charge is declined, two succeed."""
    office, practice = scene.office, scene.office.practice
    page = await _page(scene, "Ada")
    amounts = {"estate": page[str(office.invoices["estate"])]["payable_minor"], "lease": 16_000, "by sharing": 20_000}
    payment = _payment(scene, "Ada", amounts, page, f"tok_limit_{LIMIT_MINOR}")
    office.payments["three"] = payment.payment_id
    key = new_id()
    for _ in range(2):
        answer = await practice.api.send("POST", "payments", "/v1/payments", payment, idempotency_key=key)
        expect("paying", 202, answer)
    charges = await _concluded(scene, payment.payment_id, attempt=1)
    states = {charge["invoice_id"]: charge["state"] for charge in charges}
    expected = {str(office.invoices[name]): "succeeded" for name in ("lease", "by sharing")}
    check("charges", expected={**expected, str(office.invoices["estate"]): "declined"}, seen=states)


async def retry_the_declined(scene: Scene) -> None:
    """Try only the declined charge again, with another card."""
    office, practice = scene.office, scene.office.practice
    payment_id = office.payments["three"]
    charges = (await practice.api.get("payments", f"/v1/payments/{payment_id}")).body["charges"]
    declined = [charge["charge_id"] for charge in charges if charge["state"] == "declined"]
    body = {"charge_ids": declined, "method_token": "tok_ok"}
    path = f"/v1/payments/{payment_id}/retries"
    expect("retrying", 202, await practice.api.send("POST", "payments", path, json_body=body))
    charges = await _concluded(scene, payment_id, attempt=2)
    check("states after retrying", expected={"succeeded"}, seen={charge["state"] for charge in charges})
    ada = office.people["Ada"]

    async def confirmations() -> object:
        mails = await mails_to(scene.http, scene.addresses.mail_url, ada.email)
        return sum("ayment" in mail.subject for mail in mails)

    await check_soon("confirmations to Ada", expected=2, look=confirmations)
    mails = await mails_to(scene.http, scene.addresses.mail_url, ada.email)
    for place, mail in enumerate((mail for mail in mails if "ayment" in mail.subject), 1):
        scene.keep_mail(f"confirmation-{place}", mail)


async def lose_an_answer(scene: Scene) -> None:
    """Pay the rest of the lease while the processor charges and never answers: it is asked, and charged once."""
    practice = scene.office.practice
    page = await _page(scene, "Cleo")
    payment = _payment(scene, "Cleo", {"lease": 10_000}, page, "tok_timeout_after_charge")
    expect("paying", 202, await practice.api.send("POST", "payments", "/v1/payments", payment))
    charges = await _concluded(scene, payment.payment_id, attempt=1)
    check("state of the charge", expected=["succeeded"], seen=[charge["state"] for charge in charges])


async def pay_at_once(scene: Scene) -> None:
    """Let Ada and Cleo pay what is left of the lease at the same moment: never more than is owed."""
    office, practice = scene.office, scene.office.practice
    lease = str(office.invoices["lease"])
    pages = {name: await _page(scene, name) for name in ("Ada", "Cleo")}
    left = pages["Ada"][lease]["payable_minor"]
    check("left of the lease", expected=20_000, seen=left)
    payments = [_payment(scene, name, {"lease": left}, page, "tok_ok") for name, page in pages.items()]
    answers = await asyncio.gather(
        *(practice.api.send("POST", "payments", "/v1/payments", payment) for payment in payments)
    )
    check("answers", expected=[202, 409], seen=sorted(answer.status for answer in answers))

    async def open_minor() -> object:
        return (await practice.api.get("payments", f"/v1/invoices/{lease}/balance")).body["open_minor"]

    await check_soon("open balance", expected=0, look=open_minor)


async def refund_a_part(scene: Scene) -> None:
    """Give part of the estate's charge back: the invoice is on the page again with just that, and Ada is told."""
    office, practice = scene.office, scene.office.practice
    ada, estate = office.people["Ada"], str(office.invoices["estate"])
    payment = (await practice.api.get("payments", f"/v1/payments/{office.payments['three']}")).body
    (charge_id,) = [charge["charge_id"] for charge in payment["charges"] if charge["invoice_id"] == estate]
    body = {"refund_id": str(new_id()), "amount_minor": 5_000, "reason": "Copies were returned."}
    path = f"/v1/charges/{charge_id}/refunds"
    expect("refunding", 202, await practice.api.send("POST", "payments", path, json_body=body))

    async def on_page() -> object:
        return (await _page(scene, "Ada")).get(estate, {}).get("open_minor")

    await check_soon("the estate on the page", expected=5_000, look=on_page)

    async def refund_mails() -> object:
        mails = await mails_to(scene.http, scene.addresses.mail_url, ada.email)
        return sum("paid back" in mail.subject for mail in mails)

    await check_soon("mails of the refund", expected=1, look=refund_mails)
    (*_, newest) = await mails_to(scene.http, scene.addresses.mail_url, ada.email)
    scene.keep_mail("refund", newest)


async def books_balance(scene: Scene) -> None:
    """Sum the firm's books: as much debit as credit, and not nothing."""
    trial = (await scene.office.practice.api.get("payments", "/v1/ledger/trial-balance")).body
    debits, credits = (sum(each[f"{side}_minor"] for each in trial["items"]) for side in ("debit", "credit"))
    check("debits and credits of the ledger", expected=(True, debits), seen=(debits > 0, credits))


async def _page(scene: Scene, name: str) -> Page:
    return await payment_page(scene.office.practice, scene.office.people[name].contact_id)


def _payment(scene: Scene, name: str, amounts: dict[str, int], page: Page, token: str) -> PayInvoices:
    office = scene.office
    chosen = {office.invoices[invoice]: amount for invoice, amount in amounts.items()}
    return payment_from(page, office.people[name].contact_id, chosen, token)


async def _concluded(scene: Scene, payment_id: UUID, *, attempt: int) -> list[dict[str, Any]]:
    async def look() -> object:
        body = (await scene.office.practice.api.get("payments", f"/v1/payments/{payment_id}")).body
        return body["state"], body["attempt"]

    await check_soon("the payment", expected=("concluded", attempt), look=look)
    return (await scene.office.practice.api.get("payments", f"/v1/payments/{payment_id}")).body["charges"]

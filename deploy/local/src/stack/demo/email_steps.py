"""E-mail shares with the PDF, drafts that ask first, unsharing and resending, links as data (S3, S5, S6, S7, S11)."""

from collections.abc import Mapping

from chassis.ids import new_id
from contracts.sharing import EmailShareRequest, ShareByEmail
from stack.client.mail import mails_to
from stack.client.practice import expect, plain_terms
from stack.demo.scene import Scene, check, check_soon

NOTE = "The notary's bill is attached."


async def email_with_pdf(scene: Scene) -> None:
    """E-mail the estate's invoice to Bob, with a message: the PDF comes attached, and the matter has a note of it."""
    office, practice = scene.office, scene.office.practice
    bob = office.people["Bob"]
    request = EmailShareRequest(contact_ids=[bob.contact_id], message=NOTE)
    path = f"/v1/invoices/{office.invoices['estate']}/email-shares"
    expect("sharing by e-mail", 200, await practice.api.send("POST", "sharing", path, request))

    async def attached() -> object:
        mails = await mails_to(scene.http, scene.addresses.mail_url, bob.email)
        return [part.get_content_type() for mail in mails[1:] for part in mail.message.iter_attachments()]

    await check_soon("attachments of the second mail", expected=["application/pdf"], look=attached)
    mail = (await mails_to(scene.http, scene.addresses.mail_url, bob.email))[1]
    (pdf,) = mail.message.iter_attachments()
    content = pdf.get_content()
    check("first bytes of the attachment", expected=b"%PDF-", seen=bytes(content)[:5])
    scene.keep_file("invoice-by-mail.pdf", bytes(content))
    scene.keep_mail("mail-bob-2", mail)
    notes = (await practice.api.get("sharing", f"/v1/matters/{office.matters['estate']}/communications")).body
    check("notes on the matter", expected=True, seen=NOTE in str(notes))


async def share_drafts(scene: Scene) -> None:
    """Share a draft: it asks first; allowed to, it is finalised by it; one without lines cannot be, and nothing is."""
    office, practice = scene.office, scene.office.practice
    ada = office.people["Ada"]
    draft = office.invoices["by sharing"] = await practice.draft(office.matters["estate"], plain_terms(20_000))
    empty = await practice.draft(office.matters["estate"], plain_terms(1).model_copy(update={"lines": []}))
    asked = EmailShareRequest(contact_ids=[ada.contact_id])
    path = f"/v1/invoices/{draft}/email-shares"
    for _ in range(2):
        answer = await practice.api.send("POST", "sharing", path, asked)
        check("slug for a draft", expected="draft_needs_confirmation", seen=answer.body.get("slug"))
    allowed = asked.model_copy(update={"finalise_drafts": True})
    correlation_id = await scene.watch.command(
        ShareByEmail(invoice_id=draft, wanted=allowed), firm_id=practice.firm_id, actor=practice.actor
    )
    (done,) = await scene.watch.answers(correlation_id)
    check("answer to sharing the draft", expected="done", seen=done.type.split(".")[2].removeprefix("command-"))
    status = (await practice.api.get("invoices", f"/v1/invoices/{draft}")).body["status"]
    check("status of the draft", expected="final", seen=status)
    correlation_id = await scene.watch.command(
        ShareByEmail(invoice_id=empty, wanted=allowed), firm_id=practice.firm_id, actor=practice.actor
    )
    (rejected,) = await scene.watch.answers(correlation_id)
    check("answer for a draft without lines", expected="no_lines", seen=rejected.data.get("slug"))


async def unshare_and_resend(scene: Scene) -> None:
    """End the e-mail share of the estate with Bob and share it anew; then only tell him again."""
    office, practice = scene.office, scene.office.practice
    bob, invoice_id = office.people["Bob"], office.invoices["estate"]
    base = f"/v1/invoices/{invoice_id}"
    ended = {"channels": ["email"], "contact_ids": [str(bob.contact_id)]}
    expect("unsharing", 200, await practice.api.send("POST", "sharing", f"{base}/shares/revoke", json_body=ended))
    again = EmailShareRequest(contact_ids=[bob.contact_id])
    expect("sharing again", 200, await practice.api.send("POST", "sharing", f"{base}/email-shares", again))
    shares = (await practice.api.get("sharing", f"{base}/shares")).body["items"]
    mine = [share for share in shares if share["contact_id"] == str(bob.contact_id) and share["channel"] == "email"]
    check("generation of the new share", expected=[2], seen=[share["generation"] for share in mine])
    resend = {"channel": "email", "contact_ids": [str(bob.contact_id)]}
    expect("resending", 200, await practice.api.send("POST", "sharing", f"{base}/shares/resend", json_body=resend))

    async def count() -> object:
        return len(await mails_to(scene.http, scene.addresses.mail_url, bob.email))

    await check_soon("mails to Bob", expected=4, look=count)


async def links_stay_off_the_page(scene: Scene) -> None:
    """Text one invoice and link another to Bob: only the one whose sender says so joins his payment page."""
    office, practice = scene.office, scene.office.practice
    bob = office.people["Bob"]
    off = await practice.final_invoice(office.matters["estate"], plain_terms(1_100))
    on = await practice.final_invoice(office.matters["estate"], plain_terms(1_200))
    for invoice_id, channel, lists in ((off, "text", False), (on, "link", True)):
        body = {"contact_id": str(bob.contact_id), "channel": channel, "on_payment_page": lists}
        path = f"/v1/invoices/{invoice_id}/link-shares"

        async def shared(path: str = path, body: Mapping[str, object] = body) -> object:
            return (await practice.api.send("POST", "sharing", path, json_body=body, idempotency_key=new_id())).status

        await check_soon(f"answer to sharing by {channel}", expected=200, look=shared)

    async def listed() -> object:
        path = f"/v1/contacts/{bob.contact_id}/payable-invoices"
        pages = (await practice.api.get("payments", path)).body["pages"]
        return {invoice["invoice_id"] for page in pages for invoice in page["invoices"]}

    expected = {str(office.invoices["estate"]), str(on)}
    await check_soon("Bob's payment page", expected=expected, look=listed)

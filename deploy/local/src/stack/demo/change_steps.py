"""Revising an invoice tells those who have it what changed, once (I4, N2)."""

from stack.client.mail import mails_to
from stack.client.practice import expect, plain_terms
from stack.demo.scene import Scene, check, check_soon


async def revise_twice(scene: Scene) -> None:
    """Revise the lease twice within the quiet window: each who has it gets one notice, from first total to last."""
    office, practice = scene.office, scene.office.practice
    path = f"/v1/invoices/{office.invoices['lease']}"
    before = {
        name: len(await mails_to(scene.http, scene.addresses.mail_url, office.people[name].email))
        for name in ("Ada", "Cleo")
    }
    for total, reason in ((47_000, "A discount as agreed."), (46_000, "A second one.")):
        body = {"terms": plain_terms(total).model_dump(mode="json"), "reason": reason}
        answer = await practice.api.send("POST", "invoices", f"{path}/revise", json_body=body)
        expect("revising", 200, answer)
    check("version", expected=3, seen=(await practice.api.get("invoices", path)).body["version"])
    first = (await practice.api.get("invoices", f"{path}/versions/1")).body
    check("total of version 1", expected=48_000, seen=first["totals"]["total_minor"])
    for name, count in before.items():
        email = office.people[name].email

        async def notices(email: str = email, count: int = count) -> object:
            return len(await mails_to(scene.http, scene.addresses.mail_url, email)) - count

        await check_soon(f"notices to {name}", expected=1, look=notices)
        notice = (await mails_to(scene.http, scene.addresses.mail_url, email))[-1]
        text = notice.part("plain")
        seen = [wanted for wanted in ("480.00", "460.00", "A discount as agreed.", "A second one.") if wanted in text]
        check(f"what {name}'s notice says", expected=4, seen=len(seen))
        scene.keep_mail(f"notice-{name.lower()}", notice)

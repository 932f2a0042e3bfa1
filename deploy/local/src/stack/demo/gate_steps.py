"""Revoked is revoked at once: what was on a page a moment ago can no longer be paid from it (S7, P9)."""

from stack.client.api import Answer
from stack.client.paying import payment_from, payment_page
from stack.client.practice import expect
from stack.demo.scene import Scene, check


async def pay_from_an_old_tab(scene: Scene) -> None:
    """Let Bob look at his page, end every share of the estate with him, and let him pay from what he still sees."""
    office, practice = scene.office, scene.office.practice
    bob, estate = office.people["Bob"], office.invoices["estate"]
    page = await payment_page(practice, bob.contact_id)
    path = f"/v1/invoices/{estate}/shares/revoke"
    ended = {"contact_ids": [str(bob.contact_id)]}
    expect("unsharing every channel", 200, await practice.api.send("POST", "sharing", path, json_body=ended))
    wanted = payment_from(page, bob.contact_id, {estate: page[str(estate)]["payable_minor"]}, "tok_ok")
    answer = await practice.api.send("POST", "payments", "/v1/payments", wanted)
    check("answer to paying what is no longer shared", expected=(404, "unknown_invoice"), seen=_no(answer))
    theirs = payment_from(page, office.people["Cleo"].contact_id, {estate: 100}, "tok_ok")
    answer = await practice.api.send("POST", "payments", "/v1/payments", theirs)
    check("answer to paying what was never shared", expected=(404, "unknown_invoice"), seen=_no(answer))


def _no(answer: Answer) -> object:
    return answer.status, answer.body.get("slug")

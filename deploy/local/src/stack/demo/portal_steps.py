"""Sharing through the portal: by HTTP, by command, refused where there is no portal (S1, S8, X1)."""

from chassis.ids import new_id
from contracts.sharing import PortalShareSet, SavePortalShares
from stack.client.practice import expect
from stack.demo.scene import DONE, Scene, check, check_soon

MESSAGE = "Here is the bill for the will and its copies."


async def share_by_http(scene: Scene) -> None:
    """Share with both people of the estate; the same request again has the same answer."""
    office, practice = scene.office, scene.office.practice
    contact_ids = [office.people[name].contact_id for name in ("Ada", "Bob")]
    key = new_id()
    invoice_id = office.invoices["estate"]

    async def answered() -> int:
        answer = await practice.save_portal_shares(invoice_id, contact_ids, message=MESSAGE, idempotency_key=key)
        return answer.status

    await check_soon("answer to sharing", expected=200, look=answered)
    again = await practice.save_portal_shares(invoice_id, contact_ids, message=MESSAGE, idempotency_key=key)
    check("shared with", expected=sorted(map(str, contact_ids)), seen=sorted(again.body["shared"]))


async def share_by_command(scene: Scene) -> None:
    """Share the other invoice by topic; there is exactly one answer, and it says the same as HTTP would."""
    office, practice = scene.office, scene.office.practice
    contact_ids = [office.people[name].contact_id for name in ("Ada", "Cleo")]
    command = SavePortalShares(invoice_id=office.invoices["lease"], wanted=PortalShareSet(contact_ids=contact_ids))
    correlation_id = await scene.watch.command(command, firm_id=practice.firm_id, actor=practice.actor)
    (answer,) = await scene.watch.answers(correlation_id)
    check("answer to SavePortalShares", expected=DONE["sharing"], seen=answer.type)
    check("shared with", expected=sorted(map(str, contact_ids)), seen=sorted(answer.data["result"]["shared"]))


async def be_refused_without_portal(scene: Scene) -> None:
    """Share on a matter whose portal is off: refused both ways, with the same slug."""
    practice = scene.office.practice
    matter_id = await practice.matter("2026-0130", "Without a portal", portal_enabled=False)
    contact_id = await practice.contact("Dan", "dan@clients.example", matter_id=matter_id, roles=["client"])
    invoice_id = await practice.final_invoice(matter_id)

    async def refused() -> object:
        answer = await practice.save_portal_shares(invoice_id, [contact_id])
        return answer.status, answer.body.get("slug")

    await check_soon("answer by HTTP", expected=(409, "portal_disabled"), look=refused)
    command = SavePortalShares(invoice_id=invoice_id, wanted=PortalShareSet(contact_ids=[contact_id]))
    correlation_id = await scene.watch.command(command, firm_id=practice.firm_id, actor=practice.actor)
    (answer,) = await scene.watch.answers(correlation_id)
    check("answer by topic", expected="portal_disabled", seen=answer.data.get("slug"))


async def change_the_set(scene: Scene) -> None:
    """Take Bob off the estate's invoice: gone for him, and nothing else changes."""
    office, practice = scene.office, scene.office.practice
    ada, bob = office.people["Ada"], office.people["Bob"]
    answer = await practice.save_portal_shares(office.invoices["estate"], [ada.contact_id])
    expect("saving the smaller set", 200, answer)
    gone = [(ended["contact_id"], ended["channels_still_open"]) for ended in answer.body["unshared"]]
    check("unshared, with no channel left", expected=f"[('{bob.contact_id}', [])]", seen=str(gone))
    check("unchanged", expected=[str(ada.contact_id)], seen=answer.body["unchanged"])
    same = await practice.save_portal_shares(office.invoices["estate"], [ada.contact_id])
    check("saved again, changes", expected=0, seen=len(same.body["shared"]) + len(same.body["unshared"]))

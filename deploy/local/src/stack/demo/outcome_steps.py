"""What everyone knows afterwards: history and indicator, the mails, what is owed by whom (I7, I8, N1, P1)."""

from uuid import UUID

from stack.client.mail import Mail, mails_to
from stack.demo.office import Person
from stack.demo.portal_steps import MESSAGE
from stack.demo.scene import Scene, StepFailed, check, check_soon

WHENEVER_DONE = {"pdf_ready", "delivery_accepted"}
"""Kinds of entries that have no fixed place among the others."""


async def read_history(scene: Scene) -> None:
    """Read the estate's invoice: its history in order, from draft to the mails, and its indicator."""
    office, practice = scene.office, scene.office.practice
    path = f"/v1/invoices/{office.invoices['estate']}"

    async def kinds() -> object:
        entries = (await practice.api.get("invoices", f"{path}/history")).body["items"]
        return [entry["kind"] for entry in entries if entry["kind"] not in WHENEVER_DONE]

    expected = ["created", "finalised", "shared", "unshared"]
    await check_soon("history", expected=expected, look=kinds)

    async def mails_in_history() -> object:
        entries = (await practice.api.get("invoices", f"{path}/history")).body["items"]
        return [entry["kind"] for entry in entries].count("delivery_accepted")

    await check_soon("mails in the history", expected=2, look=mails_in_history)
    check("indicator", expected=True, seen=(await practice.api.get("invoices", path)).body["is_shared"])


async def read_mails(scene: Scene) -> None:
    """Read each contact's mailbox as its owner would; keep what it shows for the timeline."""
    office = scene.office
    # Ada: estate and lease; Bob: estate; Cleo: the lease and the invoice that was shared by finalising.
    for name, count in {"Ada": 2, "Bob": 1, "Cleo": 2}.items():
        mails = await _mails_of(scene, office.people[name], count)
        for place, mail in enumerate(mails, 1):
            scene.keep_mail(f"mail-{name.lower()}-{place}", mail)
    (first,) = await _mails_of(scene, office.people["Bob"], 1)
    for subtype in ("plain", "html"):
        for wanted in ("Harbour & Lane LLP", "Estate of Ruth Calder", MESSAGE):
            text = first.part(subtype).replace("&amp;", "&")
            if wanted not in text:
                raise StepFailed(f"{wanted!r} in the {subtype} part", text[:500])


async def know_what_is_owed(scene: Scene) -> None:
    """Ask payments what each contact owes: Ada across both matters, Bob nothing any more."""
    office, practice = scene.office, scene.office.practice
    invoices = office.invoices
    owed = {"Ada": {"estate", "lease"}, "Bob": set[str](), "Cleo": {"lease", "wished"}}
    for name, expected in owed.items():
        path = f"/v1/contacts/{office.people[name].contact_id}/payable-invoices"

        async def listed(path: str = path) -> object:
            pages = (await practice.api.get("payments", path)).body["pages"]
            return {invoice["invoice_id"] for page in pages for invoice in page["invoices"]}

        await check_soon(f"what {name} owes", expected={str(invoices[key]) for key in expected}, look=listed)
    balance = (await practice.api.get("payments", f"/v1/invoices/{invoices['lease']}/balance")).body
    check("open balance of the lease", expected=48_000, seen=balance["open_minor"])


async def balances_agree(scene: Scene) -> None:
    """Compare what payments says of each invoice of the story with what invoices shows."""
    practice = scene.office.practice
    for name, invoice_id in scene.office.invoices.items():
        owed = (await practice.api.get("payments", f"/v1/invoices/{invoice_id}/balance")).body

        async def shown(invoice_id: UUID = invoice_id) -> object:
            return (await practice.api.get("invoices", f"/v1/invoices/{invoice_id}")).body["balance"]["open_minor"]

        await check_soon(f"open balance of {name} that invoices shows", expected=owed["open_minor"], look=shown)


async def read_it_all(scene: Scene) -> None:
    """Read the estate's history: what must have come one after the other is in that order."""
    office, practice = scene.office, scene.office.practice
    path = f"/v1/invoices/{office.invoices['estate']}/history"
    order = ["created", "finalised", "shared", "unshared", "charge_declined", "charge_settled", "charge_refunded"]

    async def told() -> object:
        kinds = [entry["kind"] for entry in (await practice.api.get("invoices", path)).body["items"]]
        return list(dict.fromkeys(kind for kind in kinds if kind in order))

    await check_soon("history", expected=order, look=told)


async def _mails_of(scene: Scene, person: Person, count: int) -> list[Mail]:
    async def arrived() -> object:
        return len(await mails_to(scene.http, scene.addresses.mail_url, person.email))

    await check_soon(f"mails to {person.name}", expected=count, look=arrived)
    return await mails_to(scene.http, scene.addresses.mail_url, person.email)

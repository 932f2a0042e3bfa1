"""Opening the firm: the operator, its staff and keys, two matters, and the people on them (I1, X1)."""

from collections.abc import Sequence

from chassis.ids import new_id
from contracts.fields import ContactRole
from contracts.invoices import AddContact, AddStaffUser, AssignMatterContact, ContactProfile, MatterProfile, OpenMatter
from stack.client.operator import open_firm
from stack.client.practice import expect
from stack.demo.office import Office, Person
from stack.demo.scene import DONE, Scene, check, check_soon
from stack.topology import DATABASE_OWNERS

PHONE = "+12025550142"


async def open_the_firm(scene: Scene) -> None:
    """Let the operator create it; its key, printed once, must work in every service soon after."""
    urls = {service: scene.addresses.url_of(service) for service in DATABASE_OWNERS}
    dsn = scene.addresses.dsn_of("invoices")
    assert dsn is not None
    practice = await open_firm(scene.http, urls, dsn, "Harbour & Lane LLP")
    scene.opened = Office(practice)
    probes = {
        "invoices": "/v1/firm",
        "sharing": f"/v1/contacts/{new_id()}/shares",
        "notify": "/v1/deliveries",
        "payments": f"/v1/contacts/{new_id()}/payable-invoices",
    }
    for service, path in probes.items():

        async def is_let_in(service: str = service, path: str = path) -> bool:
            return (await practice.api.get(service, path)).status != 401  # noqa: PLR2004 - HTTP: who are you?

        await check_soon(f"the key opens {service}", expected=True, look=is_let_in)


async def add_staff(scene: Scene) -> None:
    """Add a staff account, and check that its state is on the topic for every other service."""
    practice = scene.office.practice
    staff = AddStaffUser(staff_user_id=new_id(), name="Bea Lane", email="bea@harbour-lane.example", role="billing")
    expect("add staff", 201, await practice.api.send("POST", "invoices", "/v1/staff-users", staff))

    async def published() -> bool:
        seen = scene.watch.of_firm(practice.firm_id, "invoices.staff-user-changed")
        return any(record.key == str(staff.staff_user_id) for record in seen)

    await check_soon("the account is published", expected=True, look=published)


async def open_matters(scene: Scene) -> None:
    """Open one matter by HTTP and one by command; put two contacts on each, one of them on both."""
    office, practice = scene.office, scene.office.practice
    office.matters["estate"] = await practice.matter("2026-0117", "Estate of Ruth Calder")
    lease = OpenMatter(matter_id=new_id(), profile=MatterProfile(number="2026-0121", name="Dock lease"))
    correlation_id = await scene.watch.command(lease, firm_id=practice.firm_id, actor=practice.actor)
    (answer,) = await scene.watch.answers(correlation_id)
    check("answer to OpenMatter", expected=DONE["invoices"], seen=answer.type)
    office.matters["lease"] = lease.matter_id
    await _meet(scene, "Ada", "estate", ["billing", "client"])
    await _meet(scene, "Bob", "estate", ["other"])
    await _meet_by_command(scene, "Cleo", "lease")
    both = AssignMatterContact(
        matter_id=lease.matter_id, contact_id=office.people["Ada"].contact_id, roles=["billing", "client"]
    )
    correlation_id = await scene.watch.command(both, firm_id=practice.firm_id, actor=practice.actor)
    (answer,) = await scene.watch.answers(correlation_id)
    check("answer to AssignMatterContact", expected=DONE["invoices"], seen=answer.type)
    matter = (await practice.api.get("invoices", f"/v1/matters/{lease.matter_id}")).body
    check("contacts on the lease", expected=2, seen=len(matter["contacts"]))


async def _meet(scene: Scene, name: str, matter: str, roles: Sequence[ContactRole]) -> None:
    office = scene.office
    email = _mailbox(office, name)
    matter_id = office.matters[matter]
    contact_id = await office.practice.contact(name, email, phone=PHONE, matter_id=matter_id, roles=roles)
    office.people[name] = Person(contact_id, name, email)


async def _meet_by_command(scene: Scene, name: str, matter: str) -> None:
    office, practice = scene.office, scene.office.practice
    person = Person(new_id(), name, _mailbox(office, name))
    command = AddContact(
        contact_id=person.contact_id,
        profile=ContactProfile(name=name, email=person.email, locale="en-GB"),
        matter_id=office.matters[matter],
        roles=["client"],
    )
    correlation_id = await scene.watch.command(command, firm_id=practice.firm_id, actor=practice.actor)
    (answer,) = await scene.watch.answers(correlation_id)
    check("answer to AddContact", expected=DONE["invoices"], seen=answer.type)
    office.people[name] = person


def _mailbox(office: Office, name: str) -> str:
    """Name a mailbox that no earlier playing on the same stack has filled."""
    return f"{name.lower()}@{office.practice.firm_id.hex[-8:]}.clients.example"

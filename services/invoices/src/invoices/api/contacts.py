"""`/v1/contacts`: people and companies."""

from uuid import UUID

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from chassis.http.caller import Caller, not_found
from chassis.http.openapi import asks
from chassis.http.page import LIMIT_DEFAULT, After, Limit, Page, cut_page
from contracts.invoices import AddContact, ChangeContact, ContactProfile
from contracts.message import Part
from invoices.store.contacts import find_contacts, list_contacts
from invoices.usecases.add_contact import AddContactAnswer, add_contact
from invoices.usecases.change_contact import ChangeContactAnswer, change_contact


class ContactView(Part):
    """A contact as it is now."""

    contact_id: UUID
    profile: ContactProfile
    revision: int


@post("/v1/contacts", opt=asks(AddContact))
async def post_contact(data: JSONBody[AddContact], caller: NamedDependency[Caller]) -> Response[AddContactAnswer]:
    """Add a contact, and put it on a matter where one is named."""
    return await caller.do(add_contact, data, status=201)


@put("/v1/contacts/{contact_id:uuid}", opt=asks(ChangeContact))
async def put_contact(
    contact_id: FromPath[UUID], data: JSONBody[ContactProfile], caller: NamedDependency[Caller]
) -> Response[ChangeContactAnswer]:
    """Replace what a contact says."""
    return await caller.do(change_contact, ChangeContact(contact_id=contact_id, profile=data))


@get("/v1/contacts/{contact_id:uuid}")
async def get_contact(contact_id: FromPath[UUID], caller: NamedDependency[Caller]) -> ContactView:
    """Show a contact."""
    key = (caller.firm_id, contact_id)
    async with caller.reading("contacts:read") as tx:
        contact = (await find_contacts(tx, [key])).get(key)
    if contact is None:
        raise not_found("contact")
    return ContactView.model_validate(contact, from_attributes=True)


@get("/v1/contacts")
async def get_contacts(
    caller: NamedDependency[Caller], limit: Limit = LIMIT_DEFAULT, after: After = None
) -> Page[ContactView]:
    """List contacts, newest first."""
    async with caller.reading("contacts:read") as tx:
        found = await list_contacts(tx, caller.firm_id, limit + 1, after)
    views = [ContactView.model_validate(contact, from_attributes=True) for contact in found[:limit]]
    return Page(items=views, next=cut_page([contact.contact_id for contact in found], limit))

"""`/v1/matters`, and who is on them."""

from uuid import UUID

from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from pydantic import Field

from chassis.http.caller import Caller, not_found
from chassis.http.openapi import asks
from chassis.http.page import LIMIT_DEFAULT, After, Limit, Page, cut_page
from contracts.fields import ContactRole
from contracts.invoices import AssignMatterContact, ChangeMatter, MatterContact, MatterProfile, OpenMatter
from contracts.message import Part
from invoices.store.matters import find_matters, list_matters
from invoices.usecases.assign_matter_contact import AssignMatterContactAnswer, assign_matter_contact
from invoices.usecases.change_matter import ChangeMatterAnswer, change_matter
from invoices.usecases.open_matter import OpenMatterAnswer, open_matter


class RolesBody(Part):
    """A contact's roles on a matter, all of them; none takes the contact off."""

    roles: list[ContactRole] = Field(max_length=4)


class MatterView(Part):
    """A matter as it is now, with everyone on it."""

    matter_id: UUID
    profile: MatterProfile
    contacts: list[MatterContact]
    revision: int


@post("/v1/matters", opt=asks(OpenMatter))
async def post_matter(data: JSONBody[OpenMatter], caller: NamedDependency[Caller]) -> Response[OpenMatterAnswer]:
    """Open a matter."""
    return await caller.do(open_matter, data, status=201)


@put("/v1/matters/{matter_id:uuid}", opt=asks(ChangeMatter))
async def put_matter(
    matter_id: FromPath[UUID], data: JSONBody[MatterProfile], caller: NamedDependency[Caller]
) -> Response[ChangeMatterAnswer]:
    """Replace a matter's profile."""
    return await caller.do(change_matter, ChangeMatter(matter_id=matter_id, profile=data))


@put("/v1/matters/{matter_id:uuid}/contacts/{contact_id:uuid}", opt=asks(AssignMatterContact))
async def put_matter_contact(
    matter_id: FromPath[UUID], contact_id: FromPath[UUID], data: JSONBody[RolesBody], caller: NamedDependency[Caller]
) -> Response[AssignMatterContactAnswer]:
    """Set a contact's roles."""
    command = AssignMatterContact(matter_id=matter_id, contact_id=contact_id, roles=data.roles)
    return await caller.do(assign_matter_contact, command)


@delete("/v1/matters/{matter_id:uuid}/contacts/{contact_id:uuid}", status_code=200, opt=asks(AssignMatterContact))
async def delete_matter_contact(
    matter_id: FromPath[UUID], contact_id: FromPath[UUID], caller: NamedDependency[Caller]
) -> Response[AssignMatterContactAnswer]:
    """Take a contact off the matter."""
    command = AssignMatterContact(matter_id=matter_id, contact_id=contact_id, roles=[])
    return await caller.do(assign_matter_contact, command)


@get("/v1/matters/{matter_id:uuid}")
async def get_matter(matter_id: FromPath[UUID], caller: NamedDependency[Caller]) -> MatterView:
    """Show a matter with everyone on it."""
    key = (caller.firm_id, matter_id)
    async with caller.reading("matters:read") as tx:
        matter = (await find_matters(tx, [key])).get(key)
    if matter is None:
        raise not_found("matter")
    return MatterView.model_validate(matter, from_attributes=True)


@get("/v1/matters")
async def get_matters(
    caller: NamedDependency[Caller], limit: Limit = LIMIT_DEFAULT, after: After = None
) -> Page[MatterView]:
    """List matters, newest first."""
    async with caller.reading("matters:read") as tx:
        found = await list_matters(tx, caller.firm_id, limit + 1, after)
    views = [MatterView.model_validate(matter, from_attributes=True) for matter in found[:limit]]
    return Page(items=views, next=cut_page([matter.matter_id for matter in found], limit))

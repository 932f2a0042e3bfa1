"""`/v1/staff-users`: the firm's people."""

from uuid import UUID

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from chassis.http.caller import Caller, not_found
from chassis.http.openapi import asks
from chassis.http.page import LIMIT_DEFAULT, After, Limit, Page, cut_page
from contracts.fields import EmailAddress, Name
from contracts.invoices import AddStaffUser, ChangeStaffUser, StaffRole
from contracts.message import Part
from invoices.store.staff_users import find_staff_users, list_staff_users
from invoices.usecases.add_staff_user import AddStaffUserAnswer, add_staff_user
from invoices.usecases.change_staff_user import ChangeStaffUserAnswer, change_staff_user


class StaffUserBody(Part):
    """What an account says; disabling it disables its API keys."""

    name: Name
    email: EmailAddress
    role: StaffRole
    is_enabled: bool


class StaffUserView(StaffUserBody):
    """An account as it is now."""

    staff_user_id: UUID
    revision: int


@post("/v1/staff-users", opt=asks(AddStaffUser))
async def post_staff_user(
    data: JSONBody[AddStaffUser], caller: NamedDependency[Caller]
) -> Response[AddStaffUserAnswer]:
    """Open an account."""
    return await caller.do(add_staff_user, data, status=201)


@put("/v1/staff-users/{staff_user_id:uuid}", opt=asks(ChangeStaffUser))
async def put_staff_user(
    staff_user_id: FromPath[UUID], data: JSONBody[StaffUserBody], caller: NamedDependency[Caller]
) -> Response[ChangeStaffUserAnswer]:
    """Replace what an account says."""
    command = ChangeStaffUser(staff_user_id=staff_user_id, **data.model_dump())
    return await caller.do(change_staff_user, command)


@get("/v1/staff-users/{staff_user_id:uuid}")
async def get_staff_user(staff_user_id: FromPath[UUID], caller: NamedDependency[Caller]) -> StaffUserView:
    """Show an account."""
    key = (caller.firm_id, staff_user_id)
    async with caller.reading("staff:read") as tx:
        staff_user = (await find_staff_users(tx, [key])).get(key)
    if staff_user is None:
        raise not_found("staff_user")
    return StaffUserView.model_validate(staff_user, from_attributes=True)


@get("/v1/staff-users")
async def get_staff_users(
    caller: NamedDependency[Caller], limit: Limit = LIMIT_DEFAULT, after: After = None
) -> Page[StaffUserView]:
    """List accounts, newest first."""
    async with caller.reading("staff:read") as tx:
        found = await list_staff_users(tx, caller.firm_id, limit + 1, after)
    views = [StaffUserView.model_validate(staff_user, from_attributes=True) for staff_user in found[:limit]]
    return Page(items=views, next=cut_page([staff_user.staff_user_id for staff_user in found], limit))

"""`/v1/firm`: the caller's own firm."""

from uuid import UUID

from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from chassis.http.caller import Caller, not_found
from chassis.http.openapi import asks
from contracts.invoices import ChangeFirm, FirmProfile
from contracts.message import Part
from invoices.store.firms import find_firms
from invoices.usecases.change_firm import ChangeFirmAnswer, change_firm


class FirmView(Part):
    """The firm as it is now."""

    firm_id: UUID
    profile: FirmProfile
    revision: int


@get("/v1/firm")
async def get_firm(caller: NamedDependency[Caller]) -> FirmView:
    """Show the caller's firm."""
    async with caller.reading("firm:read") as tx:
        firm = (await find_firms(tx, [caller.firm_id])).get(caller.firm_id)
    if firm is None:
        raise not_found("firm")
    return FirmView.model_validate(firm, from_attributes=True)


@put("/v1/firm", opt=asks(ChangeFirm))
async def put_firm(data: JSONBody[FirmProfile], caller: NamedDependency[Caller]) -> Response[ChangeFirmAnswer]:
    """Replace the firm's profile."""
    return await caller.do(change_firm, ChangeFirm(firm_id=caller.firm_id, profile=data))

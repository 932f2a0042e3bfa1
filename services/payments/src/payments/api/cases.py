"""HTTP in: what a person has to look at, until it has been."""

from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from pydantic import AwareDatetime

from chassis.http.caller import Caller
from chassis.http.openapi import asks
from chassis.http.page import Page
from contracts.fields import Reason
from contracts.message import Part
from contracts.payments import ClosePaymentCase
from payments.store.cases import list_open_cases
from payments.store.payment_answers import CaseClosed
from payments.usecases.close_payment_cases import close_payment_cases

CASES_MAX = 100


class CaseBody(Part):
    """Something that a person has to look at."""

    case_id: UUID
    kind: str
    invoice_id: UUID
    order_id: UUID | None
    detail: str
    opened_at: AwareDatetime


class CloseBody(Part):
    """What came of looking into a case."""

    reason: Reason


@get("/v1/payment-cases")
async def get_cases(caller: NamedDependency[Caller]) -> Page[CaseBody]:
    """List what a person has to look at, oldest first, at most a hundred: those that are closed make room."""
    async with caller.reading("payments:read") as tx:
        cases = await list_open_cases(tx, caller.firm_id, CASES_MAX)
    return Page(items=[CaseBody.model_validate(each, from_attributes=True) for each in cases])


@post("/v1/payment-cases/{case_id:uuid}/close", status_code=200, opt=asks(ClosePaymentCase))
async def post_case_close(
    case_id: FromPath[UUID], data: JSONBody[CloseBody], caller: NamedDependency[Caller]
) -> Response[CaseClosed]:
    """Say that a case has been looked into; it is kept, and listed no more."""
    return await caller.do(close_payment_cases, ClosePaymentCase(case_id=case_id, reason=data.reason))

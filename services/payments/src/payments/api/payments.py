"""HTTP in: pay, try declined charges again, give back, and see what became of it.

What starts a payment asks sharing's gate first, outside any transaction.
"""

from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from chassis.http.caller import Caller, not_found
from chassis.http.openapi import asks
from contracts.payments import PayInvoices, RefundCharge, RetryCharges
from payments.api.payment_models import PaymentBody, RefundWish, RetryBody, payment_body
from payments.gateways.sharing_gate import SharingGate
from payments.store.payment_answers import PaymentAccepted, RefundAccepted, RetryAccepted
from payments.usecases.pay_invoices import pay_invoices
from payments.usecases.read_payment import read_payment
from payments.usecases.refund_charge import refund_charge
from payments.usecases.retry_charges import retry_charges


@post("/v1/payments", status_code=202, opt=asks(PayInvoices))
async def post_payment(
    data: JSONBody[PayInvoices], caller: NamedDependency[Caller], gate: NamedDependency[SharingGate]
) -> Response[PaymentAccepted]:
    """Start a payment: amounts are held and charges on their way. `Location` tells what becomes of them."""
    caller.demand(PayInvoices.scope)
    passes = await gate.ask(caller.firm_id, data.contact_id, [each.invoice_id for each in data.invoices])
    answer = await caller.do(partial(pay_invoices, passes=passes), data, status=202)
    return _located(answer, data.payment_id)


@post("/v1/payments/{payment_id:uuid}/retries", status_code=202, opt=asks(RetryCharges))
async def post_retry(
    payment_id: FromPath[UUID],
    data: JSONBody[RetryBody],
    caller: NamedDependency[Caller],
    gate: NamedDependency[SharingGate],
) -> Response[RetryAccepted]:
    """Try declined charges of a payment again, with another method."""
    async with caller.reading(RetryCharges.scope) as tx:
        story = await read_payment(tx, caller.firm_id, payment_id)
    if story is None:
        raise not_found("payment")
    passes = await gate.ask(caller.firm_id, story.payment.contact_id, story.invoice_ids_of(data.charge_ids))
    command = RetryCharges(payment_id=payment_id, charge_ids=data.charge_ids, method_token=data.method_token)
    return _located(await caller.do(partial(retry_charges, passes=passes), command, status=202), payment_id)


@get("/v1/payments/{payment_id:uuid}")
async def get_payment(payment_id: FromPath[UUID], caller: NamedDependency[Caller]) -> PaymentBody:
    """Show what became of a payment, charge by charge."""
    async with caller.reading("payments:read") as tx:
        story = await read_payment(tx, caller.firm_id, payment_id)
    if story is None:
        raise not_found("payment")
    return payment_body(story)


@post("/v1/charges/{charge_id:uuid}/refunds", status_code=202, opt=asks(RefundCharge))
async def post_refund(
    charge_id: FromPath[UUID], data: JSONBody[RefundWish], caller: NamedDependency[Caller]
) -> Response[RefundAccepted]:
    """Start to give back part or all of a charge. `Location` tells what becomes of it."""
    command = RefundCharge(
        charge_id=charge_id, refund_id=data.refund_id, amount_minor=data.amount_minor, reason=data.reason
    )
    answer = await caller.do(refund_charge, command, status=202)
    if answer.status_code != HTTPStatus.ACCEPTED:
        return answer
    return _located(answer, RefundAccepted.model_validate_json(answer.content).payment_id)


def _located(answer: Response[Any], payment_id: UUID) -> Response[Any]:
    if answer.status_code == HTTPStatus.ACCEPTED:
        answer.headers["Location"] = f"/v1/payments/{payment_id}"
    return answer

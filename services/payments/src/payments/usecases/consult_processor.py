"""Have the processor do what was ordered, or tell what became of it. Source: mission P11; design, Paying.

Never inside a transaction. An order is sent without asking only by the first who claims it; whoever comes after cannot
know whether it went out, and asks. What the processor does not know is sent again under the same key, which means the
same charge or refund for ever, so it is done once.
"""

from typing import assert_never

import structlog

from chassis.failpoint import failpoint
from payments.domain.processor_answer import Declined, NotFound, Succeeded, Unknown
from payments.domain.processor_order import ClaimedOrder, OrderKind, ProcessorOrder
from payments.gateways import Processor, WrongRequest

_log = structlog.get_logger("payments.charger")


async def consult_processor(processor: Processor, claimed: ClaimedOrder) -> Succeeded | Declined | Unknown:
    """Bring an order to its outcome, if the processor tells one. Safe to repeat, and to be killed at any line."""
    order = claimed.order
    if claimed.tries > 1:
        told = await _ask(processor, order)
        if not isinstance(told, NotFound):
            return told
        if not claimed.may_be_sent:
            return Unknown("the processor knows nothing of it, and it is too old to be sent again")
    failpoint("charger.before_call")
    try:
        answer = await _send(processor, order)
    except WrongRequest as error:
        _log.exception("processor_refused_request", order_id=str(order.order_id))
        return Unknown(f"refused as a request: {error}")
    failpoint("charger.after_call")
    return answer


async def _ask(processor: Processor, order: ProcessorOrder) -> Succeeded | Declined | NotFound | Unknown:
    if order.kind is OrderKind.CHARGE:
        return await processor.ask(order.key)
    return await processor.ask_refund(order.key)


async def _send(processor: Processor, order: ProcessorOrder) -> Succeeded | Declined | Unknown:
    match order.kind:
        case OrderKind.CHARGE:
            assert order.method_token is not None, "a charge has a method"
            return await processor.charge(
                order.key,
                amount_minor=order.amount_minor,
                currency=order.currency,
                method_token=order.method_token,
                reference=order.reference,
            )
        case OrderKind.REFUND:
            assert order.charge_ref is not None, "a refund names what it gives back"
            return await processor.refund(
                order.key, charge_ref=order.charge_ref, amount_minor=order.amount_minor, currency=order.currency
            )
        case _:
            assert_never(order.kind)

"""Have the processor do what was ordered, or tell what became of it. Source: mission P11; design, Paying.

Never inside a transaction. An order is sent without asking only by the first who claims it; whoever comes after cannot
know whether it went out, and asks. What the processor does not know is sent again under the same key, which means the
same charge or refund for ever, so it is done once. What is too old to be sent, and unknown there time and again, is
given up: nothing was done under its key, and nothing will be.
"""

from typing import assert_never

import structlog

from chassis.failpoint import failpoint
from payments.domain.processor_answer import Declined, NotFound, Succeeded, Unknown
from payments.domain.processor_order import ClaimedOrder, OrderKind, ProcessorOrder
from payments.gateways import Processor, WrongRequest

_log = structlog.get_logger("payments.charger")


async def consult_processor(processor: Processor, claimed: ClaimedOrder) -> Succeeded | Declined | NotFound | Unknown:
    """Bring an order to its outcome, if there is one. Safe to repeat, and to be killed at any line.

    Not found: the processor does not know what is too old to be sent; to be asked about once more, or for as long as
    its key lives.
    """
    order = claimed.order
    if not claimed.was_sent:
        return Declined("expired")
    if claimed.tries > 1:
        told = await _ask(processor, order)
        if not isinstance(told, NotFound):
            return told
        if not claimed.may_be_sent:
            return Declined("abandoned") if claimed.is_key_dead and claimed.was_missing else told
    failpoint("charger.before_call")
    try:
        answer = await _send(processor, order)
    except WrongRequest as error:
        return await _after_refusal(processor, order, error)
    failpoint("charger.after_call")
    return answer


async def _after_refusal(
    processor: Processor, order: ProcessorOrder, error: WrongRequest
) -> Succeeded | Declined | Unknown:
    """End what the processor will not have, now or ever; what it knows of the key already counts before that."""
    _log.error("processor_refused_request", order_id=str(order.order_id), said=str(error))
    told = await _ask(processor, order)
    if isinstance(told, NotFound):
        return Declined("request_refused", f"the processor refused the request: {error}")
    return told


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

"""Keep commands that have to ask the gate before anything may start. Source: mission X1; design, The gate.

They come by topic, where no network may be called: whoever asks the gate afterwards carries them out and answers them.
"""

from collections.abc import Sequence
from typing import TypeVar

from chassis.database import Tx
from chassis.outcome import Accepted, Outcome, Request
from chassis.tracing import current_traceparent
from contracts.payments import PayInvoices, RetryCharges
from payments.store.asked_payments import AskedPayment, insert_asked

C = TypeVar("C", PayInvoices, RetryCharges)


async def keep_asked_payments(tx: Tx, requests: Sequence[Request[C]]) -> list[Outcome]:
    """Keep each command until it is answered, in the order in which those of one payment came."""
    await insert_asked(tx, [_asked(request) for request in requests])
    return [Accepted(request.cause.message_id) for request in requests]


def _asked(request: Request[C]) -> AskedPayment:
    command, principal = request.command, request.principal
    assert principal.kind in {"api_key", "service"}, "nobody else sends commands by topic"
    return AskedPayment(
        firm_id=request.firm_id,
        payment_id=command.payment_id,
        command_id=request.cause.message_id,
        command_type=command.wire.type,
        command=command.model_dump_json(),
        actor_kind="api_key" if principal.kind == "api_key" else "service",
        actor_id=principal.id,
        correlation_id=request.cause.correlation_id,
        traceparent=current_traceparent(),
    )

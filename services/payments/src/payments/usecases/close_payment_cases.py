"""Close cases that a person has looked into: money is not moved by it. Source: mission P10; design, Paying."""

from collections.abc import Sequence

from chassis.database import Tx
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.payments import ClosePaymentCase
from payments.store.cases import Closing, close_cases, list_known_cases
from payments.store.payment_answers import CaseClosed


async def close_payment_cases(tx: Tx, requests: Sequence[Request[ClosePaymentCase]]) -> list[Outcome]:
    """Close one case per request, and keep who did and why. Safe to repeat: the first word on a case stays."""
    known = await list_known_cases(tx, [(request.firm_id, request.command.case_id) for request in requests])
    closings = [
        Closing(request.firm_id, request.command.case_id, request.cause.actor, request.command.reason)
        for request in requests
    ]
    await close_cases(tx, closings)
    return [
        Done(CaseClosed(case_id=closing.case_id))
        if (closing.firm_id, closing.case_id) in known
        else Refused("unknown_case", "no such case")
        for closing in closings
    ]

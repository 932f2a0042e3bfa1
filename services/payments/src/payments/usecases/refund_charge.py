"""Give back part or all of a charge. Source: mission P5.

Nothing moves here: the amount is set aside under the lock of its charge, and the refund ordered. The invoice owes it
again when the processor has given it back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chassis.database import Tx
from chassis.ids import new_id
from chassis.outcome import Done, Outcome, Refused, Request
from chassis.tracing import current_traceparent
from contracts.payments import RefundCharge
from payments.domain.money import money_words
from payments.domain.payment import Charge, Key, MoneyState, Refund
from payments.domain.processor_order import Because, order_refund
from payments.store.charges import lock_charges, save_charges
from payments.store.id_locks import lock_ids
from payments.store.payment_answers import refund_accepted
from payments.store.processor_orders import insert_orders
from payments.store.refunds import insert_refunds, list_refunds


@dataclass(frozen=True, slots=True)
class _Admitted:
    """A refund that is ordered, and its charge with the amount set aside."""

    request: Request[RefundCharge]
    charge: Charge
    refund: Refund


async def refund_charge(tx: Tx, requests: Sequence[Request[RefundCharge]]) -> list[Outcome]:
    """Start one refund per request, judged in order. The same refund again is done already."""
    await lock_ids(tx, "refund", [_refund_key(request) for request in requests])
    charges = await lock_charges(tx, {(request.firm_id, request.command.charge_id) for request in requests})
    refunds = await list_refunds(tx, [_refund_key(request) for request in requests])
    decisions: list[_Admitted | Outcome] = []
    for request in requests:
        decision = _decide(request, charges, refunds)
        if isinstance(decision, _Admitted):
            charges[decision.charge.key] = decision.charge
            refunds[decision.refund.key] = decision.refund
        decisions.append(decision)
    await _save(tx, [decision for decision in decisions if isinstance(decision, _Admitted)], charges)
    return [
        Done(refund_accepted(decision.charge, decision.refund)) if isinstance(decision, _Admitted) else decision
        for decision in decisions
    ]


def _decide(
    request: Request[RefundCharge], charges: dict[Key, Charge], refunds: dict[Key, Refund]
) -> _Admitted | Outcome:
    command = request.command
    charge = charges.get((request.firm_id, command.charge_id))
    if charge is None:
        return Refused("unknown_charge", "no such charge")
    wanted = Refund(
        firm_id=request.firm_id,
        refund_id=command.refund_id,
        charge_id=command.charge_id,
        amount_minor=command.amount_minor,
        reason=command.reason,
        state=MoneyState.SUBMITTED,
    )
    earlier = refunds.get(wanted.key)
    if earlier is not None:
        is_same = wanted == replace(earlier, state=wanted.state, provider_ref=None, decline_reason=None)
        if not is_same:
            return Refused("already_exists", "another refund has this id")
        return Done(refund_accepted(charge, earlier))
    if charge.state is not MoneyState.SUCCEEDED:
        return Refused("charge_not_settled", f"the charge is {charge.state}: there is nothing to give back")
    if command.amount_minor > charge.refundable_minor:
        left = {"charge_id": str(charge.charge_id), "refundable_minor": charge.refundable_minor}
        detail = f"{money_words(charge.refundable_minor, charge.currency)} can be given back"
        return Refused("amount_exceeds_charge", detail, {"charges": [left]})
    set_aside = replace(charge, refunding_minor=charge.refunding_minor + command.amount_minor)
    return _Admitted(request, set_aside, wanted)


async def _save(tx: Tx, admitted: Sequence[_Admitted], charges: dict[Key, Charge]) -> None:
    if not admitted:
        return
    await save_charges(tx, [charges[key] for key in {each.charge.key for each in admitted}])
    await insert_refunds(tx, [each.refund for each in admitted])
    await insert_orders(
        tx, [order_refund(each.charge, each.refund, new_id(), _because(each.request)) for each in admitted]
    )


def _because(request: Request[RefundCharge]) -> Because:
    cause = request.cause
    return Because(cause.actor, cause.correlation_id, cause.message_id, current_traceparent())


def _refund_key(request: Request[RefundCharge]) -> Key:
    return request.firm_id, request.command.refund_id

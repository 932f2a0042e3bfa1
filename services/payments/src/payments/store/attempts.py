"""An attempt at a payment that begins, with all that goes with it: what is ordered, the fact, and what is held.

New payments and those tried again begin in this one way, so none of the three is ever forgotten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chassis import outbox
from chassis.database import Tx
from chassis.ids import new_id
from chassis.outcome import Cause
from chassis.tracing import current_traceparent
from payments.domain.invoice import Balance
from payments.domain.payment import Charge, Key, Payment
from payments.domain.processor_order import Because, order_charge
from payments.store.balance_changes import BalanceChange, save_changes
from payments.store.payment_facts import payment_started
from payments.store.processor_orders import insert_orders


@dataclass(frozen=True, slots=True)
class Attempt:
    """A payment as it begins, for the first time or again, with the charges that do."""

    payment: Payment
    charges: Sequence[Charge]
    method_token: str
    cause: Cause


def hold_amounts(balances: dict[Key, Balance], charges: Sequence[Charge]) -> None:
    """Let the balances follow what is admitted, so that the next payment is judged by what this one leaves."""
    for charge in charges:
        key = charge.firm_id, charge.invoice_id
        balances[key] = balances[key].hold(charge.amount_minor)


async def begin_attempts(
    tx: Tx, attempts: Sequence[Attempt], before: Mapping[Key, Balance], after: Mapping[Key, Balance]
) -> None:
    """Order every charge, announce what begins, and keep what is held, in the caller's transaction.

    Payments and charges are saved, and the balances' rows locked: `before` and `after` all that is admitted at once.
    """
    started = [
        each.cause.message(payment_started(each.payment, each.charges), revision=each.payment.revision)
        for each in attempts
    ]
    await insert_orders(
        tx,
        [
            order_charge(
                charge,
                new_id(),
                each.method_token,
                Because(fact.actor, fact.correlation_id, fact.event_id, current_traceparent()),
            )
            for each, fact in zip(attempts, started, strict=True)
            for charge in each.charges
        ],
    )
    await outbox.append(tx, started)
    causes = {(charge.firm_id, charge.invoice_id): each.cause for each in attempts for charge in each.charges}
    await save_changes(tx, [BalanceChange(before[key], after[key], cause) for key, cause in causes.items()])

"""Give an order back of which nobody knows what became. Source: mission P11; design, Paying.

Its hold stays: it is asked about with growing pauses, for as long as it takes, and after a while a person is told; at
once where it is an error of ours that keeps it from being settled.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.database import Tx
from payments.domain.processor_answer import NotFound, Unknown
from payments.domain.processor_order import ClaimedOrder, pause_seconds
from payments.store.cases import Case, open_cases
from payments.store.charges import lock_charges, mark_charge_unknown
from payments.store.order_claims import postpone
from payments.store.refunds import mark_refund_unknown


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait before each further question, the last pause repeating, and when a person is told."""

    pauses_seconds: Sequence[float]
    overdue_seconds: float


async def postpone_order(
    tx: Tx, claimed: ClaimedOrder, told: Unknown | NotFound, patience: Patience, *, failure: str | None = None
) -> None:
    """Note that there is no outcome yet, and when to ask. Changes nothing where the order has ended meanwhile.

    Locks the charge, then the order, then the refund, as settling does.
    `failure` is the kind of error that kept it from being settled: a case of its own, opened once.
    """
    order = claimed.order
    await lock_charges(tx, [(order.firm_id, order.charge_id)])
    heard = told.detail if isinstance(told, Unknown) else "the processor knows nothing of it"
    if failure is not None:
        detail = f"{heard}: {failure}"
        case = Case(order.firm_id, "settling_failed", order.invoice_id, order.order_id, failure, detail)
        await open_cases(tx, [case])
    is_overdue = await postpone(
        tx,
        claimed,
        heard,
        pause_seconds=pause_seconds(claimed.tries, patience.pauses_seconds),
        overdue_seconds=patience.overdue_seconds,
        is_missing=isinstance(told, NotFound) and claimed.is_key_dead,
    )
    if is_overdue is None:
        return
    if order.refund_id is None:
        await mark_charge_unknown(tx, order.firm_id, order.charge_id)
    else:
        await mark_refund_unknown(tx, order.firm_id, order.refund_id)
    if is_overdue:
        await open_cases(
            tx, [Case(order.firm_id, "outcome_unknown", order.invoice_id, order.order_id, order.key, heard)]
        )

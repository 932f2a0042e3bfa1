"""Carry out acts of sharing that waited for a draft to be final. Source: mission S6.

Everything is judged again as it is now: the portal, the contacts, and what was revoked meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from chassis import outbox
from chassis.database import Tx
from chassis.outcome import Cause
from sharing.domain.act import Plan, plan_act
from sharing.domain.admission import Barred, Missing
from sharing.domain.pending import Ended, PendingShare
from sharing.domain.replicas import Invoice, Known
from sharing.domain.share import Share
from sharing.store.acts import PlannedAct, carry_out
from sharing.store.invoices import lock_free_invoices
from sharing.store.known import lock_known
from sharing.store.pending_shares import end_pending, find_awaited_invoices, lock_waiting
from sharing.store.share_answers import end_message
from sharing.store.shares import lock_invoice_shares

INVOICES_MAX = 100
"""How many invoices one transaction takes."""

_log = structlog.get_logger("sharing.pending")


@dataclass(frozen=True, slots=True)
class _Carried:
    pending: PendingShare
    planned: PlannedAct


async def share_finalised(tx: Tx) -> int:
    """Carry out the first waiting act of some final invoices; returns of how many invoices.

    Safe to repeat, and in several places at once.
    """
    invoices = await lock_free_invoices(tx, await find_awaited_invoices(tx, INVOICES_MAX))
    # One at a time: what the next one means depends on the shares that this one makes.
    first_of = {key: pendings[0] for key, pendings in (await lock_waiting(tx, invoices)).items()}
    if not first_of:
        return len(invoices)
    awaited = [invoices[key] for key in first_of]
    known = await lock_known(tx, awaited, {key: one.act_left.all_ids for key, one in first_of.items()})
    shares_of = await lock_invoice_shares(tx, first_of)
    decided = [_decide(pending, invoices[key], shares_of.get(key, ()), known) for key, pending in first_of.items()]
    carried = [one for one in decided if isinstance(one, _Carried)]
    after = await carry_out(tx, [one.planned for one in carried], known)
    ended = [
        *(Ended(one.pending, result=one.planned.answer(after).model_dump_json()) for one in carried),
        *(one for one in decided if isinstance(one, Ended)),
    ]
    await end_pending(tx, ended)
    await outbox.append(tx, [end_message(end) for end in ended])
    return len(invoices)


def _decide(pending: PendingShare, invoice: Invoice, shares: Sequence[Share], known: Known) -> _Carried | Ended:
    act = pending.act_left
    decision = plan_act(invoice, shares, act, known)
    if isinstance(decision, Plan):
        cause = Cause("sharing", pending.command_id, pending.firm_id, pending.asked_by, pending.correlation_id)
        return _Carried(pending, PlannedAct(cause, invoice, shares, act, decision))
    _log.info("pending_share_refused", invoice_id=str(invoice.invoice_id), command_id=str(pending.command_id))
    if isinstance(decision, Barred):
        return Ended(pending, slug=decision.refusal, detail=decision.detail, more_about=decision.about)
    # Whatever was known when the act was accepted is known still; were it not, waiting would not end.
    assert isinstance(decision, Missing), "the invoice is final"
    return Ended(pending, slug=f"unknown_{decision.what}", detail=f"no such {decision.what}")

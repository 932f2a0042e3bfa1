"""Tell contacts again of shares that are in force: same generation, so the same link. Source: mission S7.

Refuses a contact with whom nothing is shared by the channel (`not_shared`), and what `domain.admission` refuses of the
invoice, the channel and the address.
"""

from collections.abc import Mapping, Sequence

from chassis.database import Tx
from chassis.outcome import Done, NotYetKnown, Outcome, Request, perhaps_late
from contracts.sharing import ResendShares
from sharing.domain.act import Act, Plan, plan_resend
from sharing.domain.admission import Missing, Refusal
from sharing.domain.replicas import Invoice, Key, Known
from sharing.domain.share import Share
from sharing.store.acts import PlannedAct, carry_out
from sharing.store.invoices import lock_invoices
from sharing.store.known import lock_known
from sharing.store.share_answers import Sent, refused
from sharing.store.shares import lock_invoice_shares


async def resend_shares(tx: Tx, requests: Sequence[Request[ResendShares]]) -> list[Outcome]:
    """Send one invoice again per request, each invoice at most once in a call. Each time tells them again."""
    keys: list[Key] = [(request.firm_id, request.command.invoice_id) for request in requests]
    acts = {key: _act(request.command) for key, request in zip(keys, requests, strict=True)}
    invoices = await lock_invoices(tx, keys)
    known = await lock_known(tx, invoices.values(), {key: act.all_ids for key, act in acts.items()})
    shares_of = await lock_invoice_shares(tx, invoices)
    decisions = [
        _decide(request, acts[key], invoices.get(key), shares_of, known)
        for key, request in zip(keys, requests, strict=True)
    ]
    await carry_out(tx, [one for one in decisions if isinstance(one, PlannedAct)], known)
    return [
        Done(Sent(shared=[], sent_again=one.plan.told)) if isinstance(one, PlannedAct) else one for one in decisions
    ]


def _act(command: ResendShares) -> Act:
    return Act(command.channel, tuple(command.contact_ids), message=command.message, is_resend=True)


def _decide(
    request: Request[ResendShares],
    act: Act,
    invoice: Invoice | None,
    shares_of: Mapping[Key, Sequence[Share]],
    known: Known,
) -> PlannedAct | Outcome:
    if invoice is None:
        return NotYetKnown("invoice")
    shares = shares_of.get(invoice.key, ())
    plan = plan_resend(invoice, shares, act, known)
    if isinstance(plan, Plan):
        return PlannedAct(request.cause, invoice, shares, act, plan)
    if isinstance(plan, Missing):
        return NotYetKnown(plan.what, ids=plan.ids)
    no = refused(invoice, plan)
    # What is shared is our own to know; the rest is drawn from replicas.
    return no if plan.refusal == Refusal.NOT_SHARED else perhaps_late(no)

"""Share invoices by any channel, one act per invoice. Source: mission S1, S3, S5, S6, S10; article "Sharing Invoices".

Refuses what `domain.admission` refuses, of those who are reached; and typing in contacts or finalising without the
right to. A draft that may be finalised is accepted: its act waits for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from chassis import outbox
from chassis.database import Tx
from chassis.outbox import Outgoing
from chassis.outcome import Accepted, Done, NotYetKnown, Outcome, Refused, Request, perhaps_late
from contracts.invoices import AddContact, FinaliseInvoice
from contracts.sharing import NewContact, SavePortalShares, ShareByEmail, ShareByLink
from sharing.domain.act import Act, AfterFinalising, Plan, plan_act
from sharing.domain.admission import Missing
from sharing.domain.pending import PendingShare, superseded
from sharing.domain.replicas import TYPED_IN_REVISION, Contact, Invoice, Key, Known
from sharing.domain.share import Share
from sharing.store.acts import PlannedAct, Slot, carry_out
from sharing.store.invoices import lock_invoices
from sharing.store.known import lock_known
from sharing.store.pending_shares import end_pending, insert_pending, lock_waiting
from sharing.store.share_answers import end_message, refused
from sharing.store.shares import lock_invoice_shares

S = TypeVar("S", bound=SavePortalShares | ShareByEmail | ShareByLink)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An act that is kept, and the command that makes its draft final."""

    pending: PendingShare
    finalise: Outgoing


async def share_invoices(tx: Tx, requests: Sequence[Request[S]]) -> list[Outcome]:
    """Carry out or keep one act per invoice, each invoice at most once in a call."""
    acts = {_key(request): _act(request) for request in requests}
    invoices = await lock_invoices(tx, acts)
    waiting = await lock_waiting(tx, [key for key in invoices if acts[key].channel == "portal"])
    known = await lock_known(tx, invoices.values(), {key: act.all_ids for key, act in acts.items()})
    shares_of = await lock_invoice_shares(tx, invoices)
    contacts, members = dict(known.contacts), set(known.members)
    known = replace(known, contacts=contacts, members=members)
    decisions: list[PlannedAct | _Waiting | Outcome] = []
    for request in requests:
        key = _key(request)
        decision = _decide(request, acts[key], invoices.get(key), shares_of.get(key, ()), known)
        if isinstance(decision, PlannedAct):
            # The next request may name a contact that this one typed in.
            contacts.update((contact.key, contact) for contact in decision.plan.joining)
            members.update(decision.joined_members)
        decisions.append(decision)
    await _keep(tx, decisions, waiting)
    after = await carry_out(tx, [one for one in decisions if isinstance(one, PlannedAct)], known)
    return [_outcome(one, after) for one in decisions]


def _key(request: Request[S]) -> Key:
    return request.firm_id, request.command.invoice_id


def _act(request: Request[S]) -> Act:
    command = request.command
    if isinstance(command, ShareByLink):
        return Act(
            channel=command.channel,
            contact_ids=(command.contact_id,),
            message=command.message,
            comments=command.comments,
            on_payment_page=command.on_payment_page,
            finalise_drafts=command.finalise_drafts,
        )
    wanted = command.wanted
    return Act(
        channel="portal" if isinstance(command, SavePortalShares) else "email",
        contact_ids=tuple(wanted.contact_ids),
        typed_in={new.contact_id: _typed_in(request, new) for new in wanted.new_contacts},
        message=wanted.message,
        comments=wanted.comments,
        finalise_drafts=wanted.finalise_drafts,
    )


def _typed_in(request: Request[S], new: NewContact) -> Contact:
    return Contact(
        firm_id=request.firm_id,
        contact_id=new.contact_id,
        name=new.profile.name,
        kind=new.profile.kind,
        email=new.profile.email,
        phone=new.profile.phone,
        locale=new.profile.locale,
        revision=TYPED_IN_REVISION,
    )


def _decide(
    request: Request[S], act: Act, invoice: Invoice | None, shares: Sequence[Share], known: Known
) -> PlannedAct | _Waiting | Outcome:
    if invoice is None:
        return NotYetKnown("invoice")
    if act.typed_in and not request.principal.may(AddContact.scope):
        return Refused("scope_missing", f"typing in a contact needs {AddContact.scope}")
    if act.finalise_drafts and invoice.status == "draft" and not request.principal.may(FinaliseInvoice.scope):
        return Refused("scope_missing", f"finalising a draft needs {FinaliseInvoice.scope}")
    return _judge(request, act, invoice, shares, known)


def _judge(
    request: Request[S], act: Act, invoice: Invoice, shares: Sequence[Share], known: Known
) -> PlannedAct | _Waiting | Outcome:
    match plan_act(invoice, shares, act, known):
        case Plan() as plan:
            return PlannedAct(request.cause, invoice, shares, act, plan)
        case AfterFinalising():
            return _wait(request, act)
        case Missing(what, ids):
            return NotYetKnown(what, ids=ids)
        case barred:
            return perhaps_late(refused(invoice, barred))


def _wait(request: Request[S], act: Act) -> _Waiting:
    # Said in our own name: the asker's right was checked here, and must not be lost on the way.
    own_cause = replace(request.cause, actor=f"service:{request.cause.service}")
    finalise = own_cause.message(FinaliseInvoice(invoice_id=request.command.invoice_id))
    pending = PendingShare(
        firm_id=request.firm_id,
        command_id=request.cause.message_id,
        command_type=request.command.wire.type,
        invoice_id=request.command.invoice_id,
        act=act,
        asked_by=request.principal.actor,
        correlation_id=request.cause.correlation_id,
        finalise_command_id=finalise.event_id,
    )
    return _Waiting(pending, finalise)


async def _keep(
    tx: Tx,
    decisions: Sequence[PlannedAct | _Waiting | Outcome],
    waiting: Mapping[Key, Sequence[PendingShare]],
) -> None:
    """Keep acts that wait for their drafts; a set that is saved or kept ends sets that waited for the same one."""
    kept = [one for one in decisions if isinstance(one, _Waiting)]
    heard = {
        *(one.pending.invoice_key for one in kept),
        *(one.invoice.key for one in decisions if isinstance(one, PlannedAct)),
    }
    ended = [end for key, pendings in waiting.items() if key in heard for end in superseded(pendings)]
    if ended:
        await end_pending(tx, ended)
    if kept:
        await insert_pending(tx, [one.pending for one in kept])
    await outbox.append(tx, [*(end_message(end) for end in ended), *(one.finalise for one in kept)])


def _outcome(decision: PlannedAct | _Waiting | Outcome, after: Mapping[Slot, Share]) -> Outcome:
    match decision:
        case PlannedAct():
            return Done(decision.answer(after))
        case _Waiting(pending):
            return Accepted(pending.command_id)
        case outcome:
            return outcome

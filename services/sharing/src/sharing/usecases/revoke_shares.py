"""End shares of an invoice, by some channels or all, of some contacts or of everyone. Source: mission S7.

What waits for a draft to be final is taken back too. Nothing is refused: ending what has ended changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import get_args
from uuid import UUID

from chassis import outbox
from chassis.database import Tx
from chassis.outbox import Outgoing
from chassis.outcome import Cause, Done, NotYetKnown, Outcome, Request
from contracts.fields import Channel
from contracts.message import Part
from contracts.sharing import RevokeShares
from sharing.domain.pending import Ended, PendingShare, Revocation, withdraw
from sharing.domain.replicas import Key
from sharing.domain.share import Share
from sharing.store import shares as share_rows
from sharing.store.invoices import lock_invoices
from sharing.store.pending_shares import end_pending, lock_waiting, update_withdrawn
from sharing.store.share_answers import end_message
from sharing.store.share_facts import shares_revoked
from sharing.store.share_wishes import withdraw_wishes


class RevokedShare(Part):
    """A share that has ended."""

    share_id: UUID
    contact_id: UUID
    channel: Channel


class SharesEnded(Part):
    """What has ended by this command; `cancelled` are commands that waited for the draft and share with nobody now."""

    revoked: list[RevokedShare]
    cancelled: list[UUID]


@dataclass(frozen=True, slots=True)
class _Change:
    cause: Cause
    ending: Sequence[Share]
    narrowed: Sequence[PendingShare]
    cancelled: Sequence[Ended]


async def revoke_shares(tx: Tx, requests: Sequence[Request[RevokeShares]]) -> list[Outcome]:
    """End shares of one invoice per request, each invoice at most once in a call. Safe to repeat."""
    revocations = {(request.firm_id, request.command.invoice_id): _revocation(request) for request in requests}
    invoices = await lock_invoices(tx, revocations)
    waiting = await lock_waiting(tx, invoices)
    shares_of = await share_rows.lock_invoice_shares(tx, invoices)
    changes: dict[Key, _Change] = {}
    for request, (key, revocation) in zip(requests, revocations.items(), strict=True):
        if key in invoices:
            changes[key] = _change(request.cause, revocation, shares_of.get(key, ()), waiting.get(key, ()))
    await withdraw_wishes(tx, [revocations[key] for key in changes])
    await _save(tx, changes)
    return [_done(changes[key]) if key in changes else NotYetKnown("invoice") for key in revocations]


def _revocation(request: Request[RevokeShares]) -> Revocation:
    command = request.command
    return Revocation(
        firm_id=request.firm_id,
        invoice_id=command.invoice_id,
        channels=frozenset(get_args(Channel) if command.channels is None else command.channels),
        contact_ids=None if command.contact_ids is None else frozenset(command.contact_ids),
    )


def _change(cause: Cause, revocation: Revocation, shares: Sequence[Share], waiting: Sequence[PendingShare]) -> _Change:
    withdrawn = [withdraw(pending, revocation) for pending in waiting]
    return _Change(
        cause=cause,
        ending=[share for share in shares if share.is_open and revocation.meets(share.channel, share.contact_id)],
        narrowed=[one for one in withdrawn if isinstance(one, PendingShare)],
        cancelled=[one for one in withdrawn if isinstance(one, Ended)],
    )


async def _save(tx: Tx, changes: Mapping[Key, _Change]) -> None:
    """Write rows and facts of all changes, and none where there is nothing to write."""
    ending = [share for change in changes.values() for share in change.ending]
    narrowed = [pending for change in changes.values() for pending in change.narrowed]
    cancelled = [end for change in changes.values() for end in change.cancelled]
    if ending:
        await share_rows.revoke_shares(tx, ending)
    if narrowed:
        await update_withdrawn(tx, narrowed)
    if cancelled:
        await end_pending(tx, cancelled)
    await outbox.append(tx, [message for change in changes.values() for message in _messages(change)])


def _messages(change: _Change) -> Iterator[Outgoing]:
    """Say it once for each channel, then answer those who waited."""
    for _, shares in groupby(sorted(change.ending, key=_channel), key=_channel):
        yield change.cause.message(shares_revoked(list(shares)))
    for end in change.cancelled:
        yield end_message(end)


def _channel(share: Share) -> str:
    return share.channel


def _done(change: _Change) -> Done:
    revoked = [
        RevokedShare(share_id=share.share_id, contact_id=share.contact_id, channel=share.channel)
        for share in change.ending
    ]
    cancelled = [end.pending.command_id for end in change.cancelled]
    return Done(SharesEnded(revoked=revoked, cancelled=cancelled))

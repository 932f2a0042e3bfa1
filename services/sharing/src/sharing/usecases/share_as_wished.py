"""Share final invoices with those who were named when they were drafted. Source: mission I2 (`share_with`), S1.

A wish that cannot be granted for a while is kept with the reason; nobody is there to be answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from chassis import outbox
from chassis.clock import now
from chassis.database import Tx
from chassis.ids import new_id
from chassis.outbox import Outgoing
from chassis.outcome import Cause
from sharing.domain.act import Act, new_share
from sharing.domain.replicas import Invoice, Known, Member
from sharing.domain.share import NewShare, Share
from sharing.domain.wish import Verdict, Wish, judge_wishes
from sharing.store.invoices import lock_free_invoices
from sharing.store.known import lock_known
from sharing.store.share_facts import invoice_shared
from sharing.store.share_wishes import decide_wishes, find_due_wishes, find_ripe_invoices, postpone_wishes
from sharing.store.shares import lock_invoice_shares, upsert_shares

INVOICES_MAX = 100
"""How many invoices one transaction takes."""

_AS_WISHED = Act(channel="portal", contact_ids=())

_log = structlog.get_logger("sharing.wishes")


@dataclass(frozen=True, slots=True)
class _Judged:
    invoice: Invoice
    wishes: Sequence[Wish]
    verdict: Verdict

    @property
    def wish(self) -> Wish:
        """The one that speaks for all: one draft's wishes came with one message."""
        return self.wishes[0]


async def share_as_wished(tx: Tx) -> int:
    """Judge the wishes of some final invoices; returns of how many. Safe to repeat, and in several places at once."""
    invoices = await lock_free_invoices(tx, await find_ripe_invoices(tx, INVOICES_MAX))
    if not invoices:
        return 0
    wishes_of = await find_due_wishes(tx, invoices)
    contact_ids_of = {key: [wish.contact_id for wish in wishes_of[key]] for key in invoices}
    known = await lock_known(tx, invoices.values(), contact_ids_of)
    shares_of = await lock_invoice_shares(tx, invoices)
    judged = [
        _Judged(invoice, wishes_of[key], judge_wishes(invoice, shares_of.get(key, ()), wishes_of[key], known))
        for key, invoice in invoices.items()
    ]
    await _save(tx, judged, known)
    return len(judged)


async def _save(tx: Tx, judged: Sequence[_Judged], known: Known) -> None:
    at = now()
    added = [share for one in judged for share in _new_shares(one, at)]
    shared = await upsert_shares(tx, added) if added else []
    share_of = {(share.firm_id, share.item_id, share.contact_id): share for share in shared}
    await decide_wishes(tx, [end for one in judged for end in one.verdict.decided])
    await postpone_wishes(tx, [wish for one in judged for wish in one.verdict.barred])
    await outbox.append(tx, [_message(one, share_of, known) for one in judged if one.verdict.added])
    for one in judged:
        for end in one.verdict.decided:
            if end.refusal is not None:
                _log.info("wish_refused", invoice_id=str(one.invoice.invoice_id),
                          contact_id=str(end.wish.contact_id), refusal=end.refusal)  # fmt: skip


def _new_shares(one: _Judged, at: datetime) -> list[NewShare]:
    return [
        new_share(one.invoice, _AS_WISHED, contact.contact_id, new_id(), shared_by=one.wish.wished_by, at=at)
        for contact in one.verdict.added
    ]


def _message(one: _Judged, share_of: dict[Member, Share], known: Known) -> Outgoing:
    wish, invoice = one.wish, one.invoice
    cause = Cause("sharing", wish.causation_id, wish.firm_id, wish.wished_by, wish.correlation_id)
    shares = [(share_of[*invoice.key, contact.contact_id], contact) for contact in one.verdict.added]
    return cause.message(invoice_shared(invoice, known.matters[invoice.matter_key], shares, None))

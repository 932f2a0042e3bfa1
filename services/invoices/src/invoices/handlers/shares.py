"""Facts of sharing: who has an invoice, by which channel, and which PDF they were promised."""

from collections.abc import Sequence

from chassis.database import Tx
from chassis.intake.route import Received
from chassis.wire import WireEnvelope
from contracts.sharing import InvoiceShared, SharesRestored, SharesRevoked, SharesSuspended
from invoices.domain.history import Kind, Plain
from invoices.domain.printing import Wanted
from invoices.domain.share import ShareChange, ShareRef, ShareState
from invoices.handlers.entries import entry_of, origin_of
from invoices.usecases.keep_shares import keep_shares


async def on_invoice_shared(tx: Tx, facts: Sequence[Received[InvoiceShared]]) -> None:
    """Note that some contacts have the invoice now."""
    await keep_shares(tx, [_share_change(fact.envelope, fact.data, "active", "shared") for fact in facts])


async def on_shares_revoked(tx: Tx, facts: Sequence[Received[SharesRevoked]]) -> None:
    """Note that shares ended for good."""
    await keep_shares(tx, [_share_change(fact.envelope, fact.data, "revoked", "unshared") for fact in facts])


async def on_shares_suspended(tx: Tx, facts: Sequence[Received[SharesSuspended]]) -> None:
    """Note that portal shares are hidden."""
    await keep_shares(tx, [_share_change(fact.envelope, fact.data, "suspended", "share_suspended") for fact in facts])


async def on_shares_restored(tx: Tx, facts: Sequence[Received[SharesRestored]]) -> None:
    """Note that hidden portal shares are in force again."""
    await keep_shares(tx, [_share_change(fact.envelope, fact.data, "active", "share_restored") for fact in facts])


def _share_change(
    envelope: WireEnvelope,
    data: InvoiceShared | SharesRevoked | SharesSuspended | SharesRestored,
    state: ShareState,
    kind: Kind,
) -> ShareChange:
    shares = tuple(ShareRef(share.share_id, share.generation, share.contact_id) for share in data.shares)
    told: dict[str, Plain] = {
        "channel": data.channel,
        "contact_ids": [str(share.contact_id) for share in shares],
    }
    document = None
    if isinstance(data, InvoiceShared):
        told |= {
            "version": data.version,
            "message": data.message,
            "comments": data.comments,
            "is_resend": data.is_resend,
        }
        # The other choice is made of every version anyway.
        if data.comments == "none":
            document = Wanted(envelope.firm, data.invoice_id, data.version, data.comments, origin_of(envelope))
    return ShareChange(data.channel, state, shares, entry_of(envelope, data.invoice_id, kind, told), document)

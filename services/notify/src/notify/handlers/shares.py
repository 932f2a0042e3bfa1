"""Facts about shares that come in, each translated for its use case."""

from collections.abc import Sequence

from chassis.database import Tx
from chassis.intake.route import Received
from contracts.sharing import InvoiceShared, SharesRestored, SharesRevoked, SharesSuspended
from notify.domain.share import Share, ShareState
from notify.usecases.keep_restored_shares import keep_restored_shares
from notify.usecases.plan_deliveries import ToldAct, plan_deliveries
from notify.usecases.withdraw_deliveries import withdraw_deliveries


async def on_invoice_shared(tx: Tx, facts: Sequence[Received[InvoiceShared]]) -> None:
    """Tell those it is shared with."""
    await plan_deliveries(tx, [ToldAct(fact.data, fact.cause, fact.occurred_at) for fact in facts])


async def on_shares_revoked(tx: Tx, facts: Sequence[Received[SharesRevoked]]) -> None:
    """Do not tell them any more."""
    await withdraw_deliveries(tx, [share for fact in facts for share in _shares(fact, "revoked")])


async def on_shares_suspended(tx: Tx, facts: Sequence[Received[SharesSuspended]]) -> None:
    """Do not tell of what is hidden."""
    await withdraw_deliveries(tx, [share for fact in facts for share in _shares(fact, "suspended")])


async def on_shares_restored(tx: Tx, facts: Sequence[Received[SharesRestored]]) -> None:
    """Note that it is shown again."""
    await keep_restored_shares(tx, [share for fact in facts for share in _shares(fact, "active")])


def _shares(
    fact: Received[SharesRevoked] | Received[SharesSuspended] | Received[SharesRestored], state: ShareState
) -> list[Share]:
    data = fact.data
    return [
        Share(fact.firm_id, share.share_id, share.generation, data.invoice_id, share.contact_id, data.channel, state)
        for share in data.shares
    ]

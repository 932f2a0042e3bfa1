"""Answer a command that was kept, or let it wait for what has not arrived. Source: mission X1."""

from chassis import outbox
from chassis.answers import is_worth_waiting, waiting_pause_seconds
from chassis.database import Tx
from chassis.outcome import Done, NotYetKnown, Refused
from payments.store.asked_payments import ClaimedAsk, delete_asked, postpone_asked


async def end_asked_payment(tx: Tx, claimed: ClaimedAsk, outcome: Done | Refused | NotYetKnown) -> None:
    """End a command whose row is locked by its one answer, in the transaction of its effect."""
    if isinstance(outcome, NotYetKnown) and is_worth_waiting(outcome, claimed.waited_seconds):
        await postpone_asked(tx, claimed, waiting_pause_seconds(claimed.waited_seconds), is_missing=True)
        return
    await outbox.append(tx, [claimed.asked.owed.answer(outcome)])
    await delete_asked(tx, claimed)

"""Set back a command that an error of ours kept from being judged. Source: mission X1.

It is tried as often as a parked message; then it is refused, which is true: what fails is rolled back whole.
"""

from chassis import outbox
from chassis.database import Tx
from chassis.parked import retry_delay_seconds
from payments.store.asked_payments import ClaimedAsk, delete_asked, lock_claimed, postpone_asked


async def fail_asked_payment(tx: Tx, claimed: ClaimedAsk) -> None:
    """Let a command wait for its next attempt, or refuse it as `failed` when there have been enough."""
    delay_seconds = retry_delay_seconds(claimed.failures + 1)
    if delay_seconds is not None:
        await postpone_asked(tx, claimed, delay_seconds, has_failed=True)
    elif await lock_claimed(tx, claimed):
        await outbox.append(tx, [claimed.asked.owed.rejected("failed", "it could not be carried out; nothing changed")])
        await delete_asked(tx, claimed)

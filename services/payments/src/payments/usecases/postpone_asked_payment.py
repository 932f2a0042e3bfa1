"""Give back a command that could not be judged, because the gate was away. Source: mission X1; design, The gate."""

import random

from chassis.database import Tx
from payments.domain.processor_order import pause_seconds
from payments.store.asked_payments import ClaimedAsk, postpone_asked

PAUSES_SECONDS = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)


async def postpone_asked_payment(tx: Tx, claimed: ClaimedAsk) -> None:
    """Let a command wait, longer each time, for as long as it takes. Nothing was changed for it."""
    # A little apart, so that what waited together does not come back together.
    apart = 0.5 + random.random() / 2  # noqa: S311 - jitter, not a secret
    await postpone_asked(tx, claimed, apart * pause_seconds(claimed.tries, PAUSES_SECONDS))

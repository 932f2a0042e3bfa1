"""Keep firms as messages show them. A delivery that was planned before its firm arrived is due from here on (I1)."""

from collections.abc import Sequence

from chassis.database import Tx
from notify.domain.replicas import Firm
from notify.store.firms import upsert_firms


async def keep_firms(tx: Tx, firms: Sequence[Firm]) -> None:
    """Keep the newest state of each firm. Safe to repeat."""
    await upsert_firms(tx, firms)

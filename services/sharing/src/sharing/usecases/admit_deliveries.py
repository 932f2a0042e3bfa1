"""Tell which shares are in force, for one who is about to hand a message over. Source: design, the gate; mission S7."""

from collections.abc import Collection
from uuid import UUID

from chassis.database import Tx
from chassis.principal import Principal
from sharing.store.gate_passages import insert_passages, lock_asked_shares


async def admit_deliveries(tx: Tx, asker: Principal, asked: Collection[tuple[UUID, int]]) -> list[UUID]:
    """Admit and record those of the shares, each with its generation, that nobody has ended.

    Answer only after the caller has committed: until then whoever ends one waits.
    """
    shares = await lock_asked_shares(tx, asker.firm_id, asked)
    if shares:
        await insert_passages(tx, asker.firm_id, "delivery", shares)
    return [share.share_id for share in shares]

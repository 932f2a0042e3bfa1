"""End acts of sharing whose drafts could not be finalised: nothing is shared. Source: mission S6."""

from collections.abc import Mapping

from chassis import outbox
from chassis.database import Tx
from sharing.domain.pending import Ended
from sharing.domain.replicas import Key
from sharing.store.pending_shares import end_pending, lock_refused
from sharing.store.share_answers import end_message


async def refuse_pending_shares(tx: Tx, refusals: Mapping[Key, tuple[str, str]]) -> None:
    """End what waits for these commands to finalise, with slug and detail of each refusal. Safe to repeat.

    Commands of others, and acts that have ended already, are passed over.
    """
    refused = await lock_refused(tx, refusals)
    if not refused:
        return
    ended = [Ended(pending, None, *refusals[key]) for key, pending in refused.items()]
    await end_pending(tx, ended)
    await outbox.append(tx, [end_message(end) for end in ended])

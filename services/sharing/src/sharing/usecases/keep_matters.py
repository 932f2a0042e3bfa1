"""Keep what invoices tells of matters, and let the portal shares follow the portal. Source: mission S8."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from chassis import outbox
from chassis.database import Tx
from chassis.outcome import Cause
from sharing.domain.replicas import Key, Matter, MatterContact
from sharing.domain.share import Share
from sharing.store.matter_contacts import replace_matter_contacts
from sharing.store.matters import upsert_matters
from sharing.store.share_facts import shares_restored, shares_suspended
from sharing.store.shares import restore_shares, suspend_shares


async def keep_matters(
    tx: Tx, matters: Sequence[Matter], contacts: Sequence[MatterContact], causes: Mapping[Key, Cause]
) -> None:
    """Keep the newest state of each matter, with everyone on it; hide and show portal shares accordingly.

    `causes`, by matter, are what the facts on its shares follow from. Safe to repeat.
    """
    news = await upsert_matters(tx, matters)
    if not news:
        return
    await replace_matter_contacts(
        tx, news, [contact for contact in contacts if (contact.firm_id, contact.matter_id) in news]
    )
    suspended = _by_invoice(await suspend_shares(tx, news))
    restored = _by_invoice(await restore_shares(tx, news))
    messages = [
        *(causes[matter].message(shares_suspended(shares)) for (matter, _), shares in suspended.items()),
        *(causes[matter].message(shares_restored(shares)) for (matter, _), shares in restored.items()),
    ]
    await outbox.append(tx, messages)


def _by_invoice(changed: Sequence[tuple[Key, Share]]) -> dict[tuple[Key, Key], list[Share]]:
    """Group the changed shares by matter and invoice: one fact says it of all shares of an invoice."""
    groups: defaultdict[tuple[Key, Key], list[Share]] = defaultdict(list)
    for matter_key, share in changed:
        groups[matter_key, (share.firm_id, share.item_id)].append(share)
    return groups

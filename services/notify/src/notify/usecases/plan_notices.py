"""Tell who has an invoice what has changed in it, once the firm's quiet window is over (mission I4, N2).

Looks only now at who has it: who lost it in the window is not told, who got it in the window knows already.
"""

from chassis.database import Tx
from chassis.ids import new_id
from notify.domain.changes import plan_notices as plan
from notify.store.change_windows import close_windows
from notify.store.contacts import find_contacts
from notify.store.invoice_changes import list_changes
from notify.store.plans import insert_plans
from notify.store.share_acts import list_acts_in_force
from notify.store.told_changes import insert_told_changes, list_told_changes

WINDOWS_MAX = 6
"""A firm that never pauses for a whole window is told of after so many of them."""


async def plan_notices(tx: Tx, limit: int, quiet_seconds: float) -> int:
    """Close up to `limit` windows and plan their notices, in the caller's transaction; returns how many."""
    invoices = await close_windows(tx, limit, quiet_seconds, quiet_seconds * WINDOWS_MAX)
    if not invoices:
        return 0
    shares = await list_acts_in_force(tx, invoices)
    plans, telling = plan(
        shares,
        await list_changes(tx, invoices),
        await list_told_changes(tx, [(share.firm_id, share.share_id) for share in shares]),
        await find_contacts(tx, [(share.firm_id, share.contact_id) for share in shares]),
        new_id,
    )
    await insert_plans(tx, plans)
    await insert_told_changes(tx, telling)
    return len(invoices)

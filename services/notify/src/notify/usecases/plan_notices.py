"""Tell who has an invoice what has changed in it, once the firm's quiet window is over (mission I4, N2).

Looks only then at who has it: who lost it in the window is not told, who got it in the window knows already.
"""

from chassis.database import Database
from chassis.ids import new_id
from notify.domain.changes import QuietTime
from notify.domain.notices import plan_notices as plan
from notify.store.change_windows import close_windows, list_windows_over, lock_invoices
from notify.store.contacts import find_contacts
from notify.store.invoice_changes import list_changes
from notify.store.plans import insert_plans
from notify.store.share_acts import list_acts_in_force
from notify.store.told_changes import list_told_changes

WINDOWS_MAX = 6
"""A firm that never pauses for a whole window is told of after so many of them."""


async def plan_notices(database: Database, limit: int, quiet_seconds: float) -> int:
    """Close up to `limit` windows and plan their notices, in a transaction of its own; returns how many were over.

    `quiet_seconds`: of firms that have no window of their own. Safe to repeat: what was told is on record.
    """
    quiet = QuietTime(quiet_seconds, WINDOWS_MAX)
    # A look first, so that an idle planner writes nothing and wakes nobody.
    async with database.reading() as connection:
        over = await list_windows_over(connection, limit, quiet)
    if not over:
        return 0
    async with database.transaction() as tx:
        await lock_invoices(tx, over)
        invoices = await close_windows(tx, over, quiet)
        shares = await list_acts_in_force(tx, invoices)
        plans, telling = plan(
            shares,
            await list_changes(tx, invoices),
            await list_told_changes(tx, [(share.firm_id, share.share_id) for share in shares]),
            await find_contacts(tx, [(share.firm_id, share.contact_id) for share in shares]),
            new_id,
        )
        await insert_plans(tx, plans, telling)
    return len(over)

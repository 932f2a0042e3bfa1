"""Judge what is owed by what is known of an invoice now. Source: mission P1, I4, P12.

A charge on its way keeps its hold, whatever happens to its invoice; what it takes beyond what is owed is a credit.
"""

from collections.abc import Sequence

from chassis.database import Tx
from chassis.outcome import Cause
from payments.domain.invoice import Invoice, apply_version
from payments.store.balance_changes import BalanceChange, save_changes
from payments.store.balances import lock_balances
from payments.store.invoices import list_invoices, raise_credited, upsert_invoices


async def apply_invoice_versions(tx: Tx, versions: Sequence[tuple[Invoice, Cause]]) -> None:
    """Keep newer versions, voids and credits with what they leave to be owed, and tell each balance that changed.

    In the caller's transaction; at most one entry per invoice. Safe to repeat, and in any order: older ones are
    ignored, but for their credits.
    """
    told = [invoice for invoice, _ in versions]
    newer = await upsert_invoices(tx, told)
    credited = await raise_credited(tx, [invoice for invoice in told if invoice.credited_minor])
    cause_of = {(invoice.firm_id, invoice.invoice_id): cause for invoice, cause in versions}
    changed = [key for key in cause_of if key in newer | credited]
    if not changed:
        return
    invoices = await list_invoices(tx, changed)
    before = await lock_balances(tx, changed)
    await save_changes(
        tx,
        [
            BalanceChange(before.get(key), apply_version(invoices[key], before.get(key)), cause_of[key])
            for key in changed
        ],
    )

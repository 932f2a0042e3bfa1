"""Judge what is owed by a newer version of an invoice. Source: mission P1."""

from collections.abc import Sequence

from chassis import outbox
from chassis.database import Tx
from chassis.outcome import Cause
from contracts.payments import BalanceChanged
from payments.domain.invoice import Balance, Invoice, apply_version
from payments.store.balances import lock_balances, save_balances
from payments.store.invoices import upsert_invoices


async def apply_invoice_versions(tx: Tx, versions: Sequence[tuple[Invoice, Cause]]) -> None:
    """Keep newer versions with what they leave to be owed, and tell each balance that changed.

    In the caller's transaction; at most one version per invoice. Safe to repeat, and in any order: older ones are
    ignored.
    """
    newer = await upsert_invoices(tx, [invoice for invoice, _ in versions])
    applied = [(invoice, cause) for invoice, cause in versions if (invoice.firm_id, invoice.invoice_id) in newer]
    if not applied:
        return
    before = await lock_balances(tx, sorted(newer))
    balances = [
        (apply_version(invoice, before.get((invoice.firm_id, invoice.invoice_id))), cause) for invoice, cause in applied
    ]
    await save_balances(tx, [balance for balance, _ in balances])
    await outbox.append(tx, [cause.message(_fact(balance), revision=balance.revision) for balance, cause in balances])


def _fact(balance: Balance) -> BalanceChanged:
    return BalanceChanged(
        invoice_id=balance.invoice_id,
        version=balance.version,
        currency=balance.currency,
        total_minor=balance.total_minor,
        open_minor=balance.open_minor,
        payable_minor=balance.payable_minor,
    )

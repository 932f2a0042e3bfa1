"""Follow PDFs that invoices has given up: a mail that one was to go with has failed, and that is told (N5, I5).

What the mail was to tell besides, of shares without that PDF, is told all the same (I4).
"""

from collections.abc import Mapping

from chassis.database import Tx
from notify.domain.pdf import PdfKey
from notify.store.change_windows import lock_invoices
from notify.store.failed_pdfs import insert_failed_pdfs
from notify.store.waiting import settle_waiting


async def keep_failed_pdfs(tx: Tx, reasons: Mapping[PdfKey, str]) -> None:
    """Keep which PDFs there will not be, by why. Safe to repeat; a PDF that is there all the same is sent."""
    invoices = {(key.firm_id, key.invoice_id) for key in reasons}
    await lock_invoices(tx, invoices)
    await insert_failed_pdfs(tx, reasons)
    await settle_waiting(tx, invoices)

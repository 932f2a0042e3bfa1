"""Keep where invoices' PDFs are: a mail that one goes with is due from here on (mission S3, I5).

Also one that has failed because the PDF had been given up: nobody has to send it again by hand.
"""

from collections.abc import Sequence

from chassis.database import Tx
from notify.domain.pdf import Attachment, PdfKey
from notify.store.change_windows import lock_invoices
from notify.store.failed_pdfs import delete_failed_pdfs
from notify.store.pdfs import upsert_pdfs
from notify.store.waiting import revive_failed, settle_waiting


async def keep_pdfs(tx: Tx, pdfs: Sequence[tuple[PdfKey, Attachment]]) -> None:
    """Keep the newest PDF of each version and choice of comments. Safe to repeat."""
    invoices = {(key.firm_id, key.invoice_id) for key, _ in pdfs}
    await lock_invoices(tx, invoices)
    await upsert_pdfs(tx, pdfs)
    await delete_failed_pdfs(tx, [key for key, _ in pdfs])
    await settle_waiting(tx, invoices)
    await revive_failed(tx, invoices)

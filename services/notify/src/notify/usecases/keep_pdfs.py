"""Keep where invoices' PDFs are: a mail that one goes with is due from here on (mission S3, I5)."""

from collections.abc import Sequence

from chassis.database import Tx
from notify.domain.pdf import Attachment, PdfKey
from notify.store.pdfs import upsert_pdfs


async def keep_pdfs(tx: Tx, pdfs: Sequence[tuple[PdfKey, Attachment]]) -> None:
    """Keep the newest PDF of each version and choice of comments. Safe to repeat."""
    await upsert_pdfs(tx, pdfs)

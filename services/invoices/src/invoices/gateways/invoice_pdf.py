"""The PDF of a version: its words, set by the template."""

from dataclasses import asdict
from pathlib import Path

from chassis.pdf import Typesetter
from invoices.domain.document import CommentChoice, lay_out
from invoices.domain.version import Version
from invoices.gateways.wording import LocalWording

TEMPLATE = Path(__file__).parents[1] / "templates" / "invoice.typ"


async def make_invoice_pdf(typesetter: Typesetter, version: Version, comments: CommentChoice) -> bytes:
    """Make the PDF of a version and comment choice (I5). The same version and choice make the same bytes.

    Takes no transaction: it may last for seconds. Raises PdfFault.
    """
    document = version.document
    wording = LocalWording(document.parties.firm.locale, document.currency)
    return await typesetter.typeset(TEMPLATE, lambda: asdict(lay_out(version, comments, wording)), version.created_at)

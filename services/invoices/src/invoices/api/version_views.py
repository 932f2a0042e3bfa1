"""What a reader of a version is shown: of many at once without lines and comments, of one alone with them."""

from datetime import date, datetime
from uuid import UUID

from contracts.invoices import InvoiceTotals
from contracts.message import Part
from invoices.api.invoice_views import CommentView, LineView, show_line
from invoices.domain.version import Version


class PartyView(Part):
    """Who was billed, in the words of the day of the version."""

    name: str
    email: str | None
    phone: str | None


class VersionSummary(Part):
    """One version in a list. `reason` says why there is a version after the first."""

    invoice_id: UUID
    version: int
    created_at: datetime
    reason: str | None
    number: str
    issued_on: date
    due_on: date
    currency: str
    totals: InvoiceTotals
    notes: str | None
    firm_name: str
    matter_number: str
    matter_name: str
    billed_to: PartyView | None


class VersionView(VersionSummary):
    """One version as it was and stays, whole."""

    lines: list[LineView]
    comments: list[CommentView]


def summarise_version(version: Version) -> VersionSummary:
    """Show a version as a list does."""
    document = version.document
    parties = document.parties
    return VersionSummary(
        invoice_id=version.invoice_id,
        version=version.version,
        created_at=version.created_at,
        reason=version.reason,
        number=document.number,
        issued_on=document.issued_on,
        due_on=document.due_on,
        currency=document.currency,
        totals=InvoiceTotals.model_validate(document.totals, from_attributes=True),
        notes=document.notes,
        firm_name=parties.firm.name,
        matter_number=parties.matter_number,
        matter_name=parties.matter_name,
        billed_to=PartyView.model_validate(parties.billed_to, from_attributes=True) if parties.billed_to else None,
    )


def show_version(version: Version) -> VersionView:
    """Show one version whole."""
    document = version.document
    return VersionView(
        **summarise_version(version).model_dump(),
        lines=[show_line(line) for line in document.lines],
        comments=[CommentView.model_validate(comment, from_attributes=True) for comment in document.comments],
    )

"""What the PDF of a version says: everything the template sets, and nothing else.

The wording of amounts, quantities and days is its reader's, and comes as an argument; labels are English so far.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from invoices.domain.contact import ContactProfile
from invoices.domain.firm import day_at
from invoices.domain.sheet import Addressee, Labelled, Row, Section, Sheet, Wording, breakable, paper_of
from invoices.domain.totals import PricedLine
from invoices.domain.version import Document, Version

CommentChoice = Literal["all", "none"]
"""Which of the client-visible comments the PDF shows; internal ones are never shown."""

# A place to break is copied along with an address and makes it another: only where it would leave its column.
_ADDRESS_UNBROKEN_MAX = 48
# In the order of a bill: fees, then what was paid for the client.
_SECTIONS = {
    "time": ("Professional services", "Hours", "Rate"),
    "flat_fee": ("Fixed fees", "Quantity", "Fee"),
    "part": ("Items", "Quantity", "Unit price"),
    "expense": ("Expenses", "Quantity", "Unit price"),
}


def lay_out(version: Version, comments: CommentChoice, wording: Wording) -> Sheet:
    """Say what the PDF of this version and comment choice says. The same arguments say the same, always."""
    document = version.document
    firm = document.parties.firm
    shown = [comment.text for comment in document.comments if comment.is_client_visible and comments == "all"]
    return Sheet(
        paper=paper_of(firm),
        colour=firm.brand_colour,
        firm_name=breakable(firm.name),
        firm_email=breakable(firm.reply_to, _ADDRESS_UNBROKEN_MAX),
        number=document.number,
        is_revised=version.version > 1,
        facts=_facts(version, wording),
        addressees=_addressees(document),
        matter=breakable(f"{document.parties.matter_number}  {document.parties.matter_name}"),
        amount_label=f"Amount ({document.currency})",
        is_taxed=any(line.line.tax_rate_percent for line in document.lines),
        sections=_sections(document.lines, wording),
        sums=_sums(document, wording),
        total=Labelled("Total", wording.money(document.totals.total_minor)),
        comments=tuple(map(breakable, shown)),
        notes=breakable(document.notes) if document.notes else None,
    )


def file_name(version: Version) -> str:
    """Name the PDF after its number and version: another content never has the same name at the same reader."""
    return f"{version.document.number}-v{version.version}.pdf"


def _facts(version: Version, wording: Wording) -> tuple[Labelled, ...]:
    document = version.document
    facts = [Labelled("Invoice", document.number), Labelled("Issued", wording.day(document.issued_on))]
    if version.version > 1:
        revised_on = day_at(version.created_at, document.parties.firm.time_zone)
        facts += [Labelled("Version", str(version.version)), Labelled("Revised", wording.day(revised_on))]
    return (*facts, Labelled("Due", wording.day(document.due_on)))


def _addressees(document: Document) -> tuple[Addressee, ...]:
    def named(role: str, contact: ContactProfile) -> Addressee:
        email = breakable(contact.email, _ADDRESS_UNBROKEN_MAX) if contact.email else None
        return Addressee(role, breakable(contact.name), email)

    billed_to = document.parties.billed_to
    bill_to = [named("Bill to", billed_to)] if billed_to else []
    return (*bill_to, *(named("Client", client) for client in document.parties.clients))


def _sections(lines: Sequence[PricedLine], wording: Wording) -> tuple[Section, ...]:
    by_kind = {kind: [line for line in lines if line.line.kind == kind] for kind in _SECTIONS}
    present = {kind: found for kind, found in by_kind.items() if found}
    assert sum(map(len, present.values())) == len(lines)
    return tuple(
        Section(
            *_SECTIONS[kind],
            rows=tuple(_row(line, wording) for line in found),
            subtotal=wording.digits(sum(line.amount_minor for line in found)) if len(present) > 1 else None,
        )
        for kind, found in present.items()
    )


def _row(priced: PricedLine, wording: Wording) -> Row:
    line = priced.line
    return Row(
        description=breakable(line.description),
        quantity=wording.number(line.quantity),
        unit_price=wording.digits(line.unit_price_minor),
        tax_rate=wording.percent(line.tax_rate_percent) if line.tax_rate_percent else "",
        amount=wording.digits(priced.amount_minor),
    )


def _sums(document: Document, wording: Wording) -> tuple[Labelled, ...]:
    """Lead from the lines to the total; nothing is said where it is simply their sum."""
    totals = document.totals
    sums = [Labelled("Subtotal", wording.digits(totals.subtotal_minor))]
    if totals.discount_minor:
        sums.append(Labelled("Discount", f"\N{MINUS SIGN}{wording.digits(totals.discount_minor)}"))
    # Each line bears its part of the discount: what is taxed is not what the lines show.
    remark = " after discount" if totals.discount_minor else ""
    for rate in sorted({line.line.tax_rate_percent for line in document.lines} - {Decimal(0)}):
        taxed = [line for line in document.lines if line.line.tax_rate_percent == rate]
        base = wording.digits(sum(line.amount_minor - line.discount_minor for line in taxed))
        tax = wording.digits(sum(line.tax_minor for line in taxed))
        sums.append(Labelled(f"Tax {wording.percent(rate)} on {base}{remark}", tax))
    return tuple(sums) if len(sums) > 1 else ()

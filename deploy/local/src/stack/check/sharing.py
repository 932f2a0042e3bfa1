"""Who may see what: shares, their ends, the gate, drafts that wait, and the payment page."""

from typing import LiteralString
from uuid import UUID

from contracts.invoices import InvoiceFinalised
from contracts.sharing import InvoiceShared
from stack.check.evidence import Evidence, Row
from stack.check.invariant import Invariant, in_database

# Of a generation that ended before the present one, the end is not kept: it came before the present one was shared.
_PASSED_LATE: LiteralString = """
select passage.firm_id, passage.passage_id, passage.purpose, passage.share_id, passage.generation, passed_at,
    share.generation as present_generation, share.ended_at, share.shared_at
from gate_passages as passage
join shares as share using (firm_id, share_id)
where passage.generation > share.generation
   or passage.generation = share.generation and passed_at > share.ended_at
   or passage.generation < share.generation and passed_at > share.shared_at
"""
# A grant is at most ten seconds old when a payment or a retry starts; a little more for clocks.
_ORDERED: LiteralString = """
select firm_id, contact_id, invoice_id, order_id, submitted_at,
    submitted_at - interval '15 seconds' as granted_since
from processor_orders join payments using (firm_id, payment_id)
where kind = 'charge'
"""
_PASSED_TO_PAY: LiteralString = """
select firm_id, contact_id, item_id as invoice_id, array_agg(passed_at) as passed_at
from gate_passages join shares using (firm_id, share_id)
where purpose = 'payment' and item_kind = 'invoice'
group by firm_id, contact_id, item_id
"""
_PORTAL_NOT_FOLLOWED: LiteralString = """
select share.firm_id, share.share_id, share.matter_id, share.state, matter.portal_enabled, matter.portal_kinds
from shares as share
join matters as matter using (firm_id, matter_id)
where share.channel = 'portal' and (
    share.state = 'active' and not (matter.portal_enabled and share.item_kind = any(matter.portal_kinds))
    or share.state = 'suspended' and matter.portal_enabled and share.item_kind = any(matter.portal_kinds)
)
"""
_SHARED_DRAFTS: LiteralString = """
select share.firm_id, share.share_id, share.item_id as invoice_id, share.state, invoice.status
from shares as share
left join invoices as invoice on invoice.firm_id = share.firm_id and invoice.invoice_id = share.item_id
where share.item_kind = 'invoice' and (invoice.number is null or invoice.version < share.item_version)
"""
_SHARED_INVOICES: LiteralString = """
select distinct firm_id, item_id as invoice_id from shares where item_kind = 'invoice'
"""
_REFUSED_ACTS: LiteralString = """
select firm_id, command_id, invoice_id, slug from pending_shares where state = 'rejected'
"""
_PAGE_BY_SHARES: LiteralString = """
select distinct firm_id, contact_id, item_id as invoice_id
from shares
where item_kind = 'invoice' and state = 'active' and on_payment_page
"""
_OWING: LiteralString = "select firm_id, invoice_id from balances where open_minor > 0"
_PAGE_BY_PAYMENTS: LiteralString = """
select distinct share.firm_id, share.contact_id, share.invoice_id
from payable_shares as share
join balances as balance using (firm_id, invoice_id)
join invoices as invoice using (firm_id, invoice_id)
where share.state = 'active' and share.lists_on_page and balance.open_minor > 0
"""


async def find_charges_past_the_gate(evidence: Evidence) -> list[Row]:
    """Find charges that were ordered without the gate having let their payer pass just before."""
    passed = {
        (row["firm_id"], row["contact_id"], row["invoice_id"]): row["passed_at"]
        for row in await evidence.rows("sharing", _PASSED_TO_PAY)
    }
    return [
        row
        for row in await evidence.rows("payments", _ORDERED)
        if not any(
            row["granted_since"] <= at <= row["submitted_at"]
            for at in passed.get((row["firm_id"], row["contact_id"], row["invoice_id"]), ())
        )
    ]


async def find_shares_without_finalising(evidence: Evidence) -> list[Row]:
    """Find invoices that are shared, or were, without ever having been told to be final."""
    final = {(fact.envelope.firm, UUID(fact.data["invoice_id"])) for fact in evidence.facts(InvoiceFinalised)}
    rows = await evidence.rows("sharing", _SHARED_INVOICES)
    return [row for row in rows if (row["firm_id"], row["invoice_id"]) not in final]


async def find_shares_of_refused_acts(evidence: Evidence) -> list[Row]:
    """Find acts that were refused while their draft waited, and shared all the same."""
    refused = {(row["firm_id"], row["command_id"]): row for row in await evidence.rows("sharing", _REFUSED_ACTS)}
    return [
        {**refused[key], "fact": fact.envelope.id}
        for fact in evidence.facts(InvoiceShared)
        if (key := (fact.envelope.firm, fact.envelope.causation)) in refused
    ]


async def find_wrong_payment_pages(evidence: Evidence) -> list[Row]:
    """Find invoices that are on a contact's payment page against sharing's own tables, or are missing there."""
    owing = {tuple(row.values()) for row in await evidence.rows("payments", _OWING)}
    rule = {
        tuple(row.values())
        for row in await evidence.rows("sharing", _PAGE_BY_SHARES)
        if (row["firm_id"], row["invoice_id"]) in owing
    }
    page = {tuple(row.values()) for row in await evidence.rows("payments", _PAGE_BY_PAYMENTS)}
    names = ("firm_id", "contact_id", "invoice_id")
    return [
        {**dict(zip(names, key, strict=True)), "fault": "not on the page" if key in rule else "on the page"}
        for key in rule ^ page
    ]


SHARING = (
    in_database("I16", "nobody passed the gate after the end of their share", "sharing", _PASSED_LATE),
    Invariant("I17", "no charge was ordered unless the gate had let its payer pass", find_charges_past_the_gate),
    in_database("I18", "portal shares are active exactly while their matter's portal shows them", "sharing",
                _PORTAL_NOT_FOLLOWED),
    in_database("I19", "no share is of a draft, or of a version that is not there", "sharing", _SHARED_DRAFTS),
    Invariant("I19", "no invoice is shared that was not finalised", find_shares_without_finalising, reads_topics=True),
    Invariant("I19", "an act on a draft that was refused shared nothing", find_shares_of_refused_acts,
              reads_topics=True),
    Invariant("I20", "a payment page lists exactly what is shared for it and owes something",
              find_wrong_payment_pages),
)  # fmt: skip

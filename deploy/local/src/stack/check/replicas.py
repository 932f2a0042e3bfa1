"""What services know of one another: at rest, exactly what the owner's own tables say."""

from typing import Any, LiteralString

from contracts.topics import Owner
from stack.check.evidence import Evidence, Row
from stack.check.invariant import Invariant

# An expired share has ended like a revoked one; only sharing tells the two apart.
_SHARES: LiteralString = """
select firm_id, share_id, generation, item_id as invoice_id, contact_id, channel,
    case state when 'expired' then 'revoked' else state end as state
from shares where item_kind = 'invoice'
"""
_SHARE_REPLICAS: dict[Owner, LiteralString] = {
    "invoices": "select firm_id, share_id, generation, invoice_id, contact_id, channel, state from shares",
    "notify": "select firm_id, share_id, generation, invoice_id, contact_id, channel, state from shares",
    "payments": "select firm_id, share_id, generation, invoice_id, contact_id, channel, state from payable_shares",
}
_INDICATED: LiteralString = """
select distinct firm_id, item_id as invoice_id from shares
where item_kind = 'invoice' and channel = 'portal' and state = 'active'
"""
_INDICATOR: LiteralString = """
select distinct firm_id, invoice_id from shares where channel = 'portal' and state = 'active'
"""
_BALANCES: LiteralString = """
select firm_id, invoice_id, version, currency, total_minor, open_minor, payable_minor, settled_minor, refunded_minor,
    revision
from balances
"""
_PDFS_READY: LiteralString = """
select firm_id, invoice_id, version, comments, sha256, size_bytes, file_name from documents where state = 'ready'
"""
_PDFS_KNOWN: LiteralString = """
select firm_id, invoice_id, version, comments, sha256, size_bytes, file_name from pdfs
"""
_INVOICES: LiteralString = """
select firm_id, invoice_id, matter_id, total_minor, version, state = 'void' as is_void from invoices
"""
_INVOICES_SHARED: LiteralString = """
select firm_id, invoice_id, matter_id, total_minor, version, status = 'void' as is_void from invoices
"""
_INVOICES_OWED: LiteralString = """
select firm_id, invoice_id, matter_id, total_minor, version, status = 'void' as is_void, credited_minor from invoices
"""
_INVOICES_ISSUED: LiteralString = """
select firm_id, invoice_id, matter_id, total_minor, version, state = 'void' as is_void, credited_minor
from invoices where sequence is not null
"""
_TRUTH: dict[str, LiteralString] = {
    "firms": "select firm_id, firm_id, revision from firms",
    "matters": "select firm_id, matter_id, revision from matters",
    "contacts": "select firm_id, contact_id, revision from contacts",
    "api_keys": "select firm_id, api_key_id, revision from api_keys",
}
_REPLICAS_OF: dict[str, tuple[Owner, ...]] = {
    "firms": ("sharing", "notify", "payments"),
    "matters": ("sharing", "payments"),
    "contacts": ("sharing", "notify", "payments"),
    "api_keys": ("sharing", "notify", "payments"),
}


async def find_shares_known_otherwise(evidence: Evidence) -> list[Row]:
    """Find shares that invoices, notify or payments knows otherwise than sharing has them."""
    return [
        row
        for service, query in _SHARE_REPLICAS.items()
        for row in await _compare(evidence, ("sharing", _SHARES), (service, query))
    ]


async def find_wrong_indicators(evidence: Evidence) -> list[Row]:
    """Find invoices whose shared indicator does not say whether a contact has them in the portal."""
    return await _compare(evidence, ("sharing", _INDICATED), ("invoices", _INDICATOR))


async def find_balances_known_otherwise(evidence: Evidence) -> list[Row]:
    """Find invoices that show another balance than payments keeps."""
    return await _compare(evidence, ("payments", _BALANCES), ("invoices", _BALANCES))


async def find_pdfs_known_otherwise(evidence: Evidence) -> list[Row]:
    """Find PDFs that notify would attach and invoices has not made, or the other way round."""
    return await _compare(evidence, ("invoices", _PDFS_READY), ("notify", _PDFS_KNOWN))


async def find_invoices_known_otherwise(evidence: Evidence) -> list[Row]:
    """Find invoices that sharing or payments knows at another version, total or state."""
    return [
        *await _compare(evidence, ("invoices", _INVOICES), ("sharing", _INVOICES_SHARED)),
        *await _compare(evidence, ("invoices", _INVOICES_ISSUED), ("payments", _INVOICES_OWED)),
    ]


async def find_old_replicas(evidence: Evidence) -> list[Row]:
    """Find firms, matters, contacts and API keys that a service knows at another revision than invoices has."""
    return [
        row
        for table, services in _REPLICAS_OF.items()
        for service in services
        for row in await _compare(evidence, ("invoices", _TRUTH[table]), (service, _TRUTH[table]))
    ]


async def _compare(
    evidence: Evidence, truth: tuple[Owner, LiteralString], replica: tuple[Owner, LiteralString]
) -> list[Row]:
    """Tell rows that one side has and the other has not."""
    owner, service = truth[0], replica[0]
    kept = _by_values(await evidence.rows(*truth))
    known = _by_values(await evidence.rows(*replica))
    return [
        *({"only in": owner, "compared with": service, **kept[key]} for key in kept.keys() - known.keys()),
        *({"only in": service, "compared with": owner, **known[key]} for key in known.keys() - kept.keys()),
    ]


def _by_values(rows: list[Row]) -> dict[tuple[Any, ...], Row]:
    return {tuple(row.values()): row for row in rows}


REPLICAS = (
    Invariant("E5", "every service knows every share as sharing has it", find_shares_known_otherwise),
    Invariant("E6", "an invoice is marked as shared exactly while it is in somebody's portal", find_wrong_indicators),
    Invariant("E7", "invoices shows the balances that payments keeps", find_balances_known_otherwise),
    Invariant("E8", "sharing and payments know every invoice as it is", find_invoices_known_otherwise),
    Invariant("E9", "every replica has the owner's newest revision", find_old_replicas),
    Invariant("E10", "notify knows every PDF that was made", find_pdfs_known_otherwise),
)

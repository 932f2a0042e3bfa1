"""Verify the ledger: whether each invoice's transactions are those that were written, all of them. Source: mission P10.

Reads alone. What is written meanwhile disturbs nothing: an invoice is judged as it was at one moment.
"""

from uuid import UUID

from chassis.database import Tx
from payments.domain.ledger_chain import Verification, find_break
from payments.store.ledger_chains import list_chains


async def verify_ledger(tx: Tx, firm_id: UUID, limit: int, after: UUID | None = None) -> Verification:
    """Verify up to `limit` invoices of the firm in the order of their ids, going on from the one that `after` names."""
    found = await list_chains(tx, firm_id, limit + 1, after)
    chains = found[:limit]
    return Verification(
        invoice_count=len(chains),
        transaction_count=sum(len(chain.links) for chain in chains),
        broken=[broken for chain in chains if (broken := find_break(chain)) is not None],
        next_after=chains[-1].invoice_id if len(found) > limit else None,
    )

"""Grant that a contact starts to pay invoices. Source: design, the gate; mission P1, S7, S11.

Only what is in force and on the contact's payment page is granted.
"""

from collections.abc import Sequence
from uuid import UUID

from chassis.clock import now
from chassis.database import Tx
from chassis.grants import Grant
from chassis.principal import Principal
from sharing.domain.passage import choose_shares
from sharing.store.gate_passages import insert_passages, lock_payable_shares
from sharing.store.invoices import find_versions


async def grant_payments(tx: Tx, asker: Principal, contact_id: UUID, invoice_ids: Sequence[UUID]) -> list[Grant]:
    """Grant and record those of the invoices that this contact may pay now; the others are left out.

    Hand grants over only after the caller has committed: until then whoever ends a share waits.
    """
    firm_id = asker.firm_id
    chosen = choose_shares(await lock_payable_shares(tx, (firm_id, contact_id), invoice_ids))
    if not chosen:
        return []
    await insert_passages(tx, firm_id, "payment", list(chosen.values()))
    versions = await find_versions(tx, [(firm_id, invoice_id) for invoice_id in chosen])
    at = now()
    return [
        Grant(
            firm_id=firm_id,
            contact_id=contact_id,
            share_id=share.share_id,
            generation=share.generation,
            invoice_id=invoice_id,
            version=versions[firm_id, invoice_id],
            issued_at=at,
        )
        for invoice_id, share in chosen.items()
    ]

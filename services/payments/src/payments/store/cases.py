"""What a person has to look at: money that is not where it should be, or that nobody tells of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from chassis.ids import derived_id


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to look at. `occasion` tells one from the next of the same kind: a repeat opens nothing."""

    firm_id: UUID
    kind: str
    invoice_id: UUID
    order_id: UUID | None
    occasion: str
    detail: str

    @property
    def case_id(self) -> UUID:
        return derived_id(self.order_id or self.invoice_id, f"{self.kind}:{self.occasion}")


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case as it is listed."""

    case_id: UUID
    kind: str
    invoice_id: UUID
    order_id: UUID | None
    detail: str
    opened_at: datetime


# A case is opened once, whoever finds it and however often.
_INSERT: LiteralString = """
insert into cases (firm_id, case_id, kind, invoice_id, order_id, detail)
select firm_id, case_id, kind, invoice_id, order_id, detail
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::text[])
    as opened (firm_id, case_id, kind, invoice_id, order_id, detail)
on conflict on constraint cases_pkey do nothing
"""
_LIST_OPEN: LiteralString = """
select case_id, kind, invoice_id, order_id, detail, opened_at
from cases where firm_id = $1 and closed_at is null
order by opened_at desc, case_id limit $2
"""


async def open_cases(tx: Tx, cases: Sequence[Case]) -> None:
    """Open cases that are not there yet. Safe to repeat."""
    if not cases:
        return
    await tx.execute(
        _INSERT,
        [case.firm_id for case in cases],
        [case.case_id for case in cases],
        [case.kind for case in cases],
        [case.invoice_id for case in cases],
        [case.order_id for case in cases],
        [case.detail for case in cases],
    )


async def list_open_cases(tx: Tx, firm_id: UUID, limit: int) -> list[OpenCase]:
    """List the firm's open cases, newest first."""
    return [OpenCase(**dict(row)) for row in await tx.fetch(_LIST_OPEN, firm_id, limit)]

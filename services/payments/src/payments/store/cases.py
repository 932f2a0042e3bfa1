"""What a person has to look at: money that is not where it should be, or that nobody tells of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from chassis.ids import derived_id
from payments.domain.payment import Key, key_columns


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


@dataclass(frozen=True, slots=True)
class Closing:
    """Who closes a case, and what came of it."""

    firm_id: UUID
    case_id: UUID
    actor: str
    reason: str


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
order by opened_at, case_id limit $2
"""
_LIST_KNOWN: LiteralString = """
select cases.firm_id, cases.case_id
from cases
join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, case_id)
    on wanted.firm_id = cases.firm_id and wanted.case_id = cases.case_id
"""
# What is closed stays as it was closed: of two who close a case, the first counts.
_CLOSE: LiteralString = """
update cases set closed_at = clock_timestamp(), closed_by = closing.actor, close_reason = closing.reason
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as closing (firm_id, case_id, actor, reason)
where cases.firm_id = closing.firm_id and cases.case_id = closing.case_id and cases.closed_at is null
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
    """List the firm's open cases, oldest first."""
    return [OpenCase(**dict(row)) for row in await tx.fetch(_LIST_OPEN, firm_id, limit)]


async def list_known_cases(tx: Tx, keys: Collection[Key]) -> set[Key]:
    """Tell which of these cases there are, open or closed."""
    return {(row["firm_id"], row["case_id"]) for row in await tx.fetch(_LIST_KNOWN, *key_columns(keys))}


async def close_cases(tx: Tx, closings: Sequence[Closing]) -> None:
    """Close cases that are open, at most one entry per case. Safe to repeat."""
    await tx.execute(
        _CLOSE,
        [closing.firm_id for closing in closings],
        [closing.case_id for closing in closings],
        [closing.actor for closing in closings],
        [closing.reason for closing in closings],
    )

"""The ledger is what was written: the database refuses to change it, and a change all the same breaks a chain."""

from dataclasses import asdict
from typing import LiteralString
from uuid import UUID

from payments.usecases.verify_ledger import verify_ledger
from stack.check.evidence import Evidence, Row
from stack.check.invariant import Invariant, in_database

_INVOICES_AT_ONCE = 500

_LEDGER_NOT_GUARDED: LiteralString = """
select wanted.table_name, wanted.trigger_name
from (values
    ('journal', 'journal_append_only_check'), ('entries', 'entries_append_only_check')
) as wanted (table_name, trigger_name)
where not exists (
    select from pg_trigger
    where tgrelid = wanted.table_name::regclass and tgname = wanted.trigger_name and tgenabled in ('O', 'A')
      -- before: 2; each statement: not 1; delete, update, truncate: 8 + 16 + 32.
      and tgtype & 59 = 58
)
"""
_FIRMS: LiteralString = "select firm_id from balances union select firm_id from journal order by firm_id"


async def find_broken_chains(evidence: Evidence) -> list[Row]:
    """Find the first transaction of each invoice that is not what was written there, as payments itself verifies it."""
    return [
        offender
        for firm in await evidence.rows("payments", _FIRMS)
        for offender in await _broken_of(evidence, firm["firm_id"])
    ]


async def _broken_of(evidence: Evidence, firm_id: UUID) -> list[Row]:
    offenders: list[Row] = []
    after: UUID | None = None
    while True:
        page = await verify_ledger(evidence.databases["payments"], firm_id, _INVOICES_AT_ONCE, after)
        offenders += [{"firm_id": firm_id, **asdict(broken)} for broken in page.broken]
        after = page.next_after
        if after is None:
            return offenders


LEDGER = (
    in_database("I15", "the database refuses to change or delete what is in the ledger", "payments",
                _LEDGER_NOT_GUARDED),
    Invariant("I15", "the chain of each invoice's ledger holds from its start to its head", find_broken_chains),
)  # fmt: skip

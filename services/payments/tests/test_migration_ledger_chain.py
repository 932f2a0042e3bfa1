"""What was in the books before there was a chain is taken in as the service itself would have written it."""

import shutil
from collections.abc import AsyncIterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from pogo_core.util import migrate as pogo

from chassis.database import Tx, open_connection
from chassis.ids import new_id
from chassis.migrate import migrate
from chassis.testing.addresses import Stack
from payments.domain.ledger_chain import Fault, Verification
from payments.usecases.verify_ledger import verify_ledger

FIRM_ID, OTHER_FIRM_ID = UUID(int=1), UUID(int=2)
INVOICE_ID = UUID(int=2**128 - 1)
MIGRATION = "0009_ledger_chain.sql"

# Invoices of both firms, the same ids in each: 1 with one transaction, 2 with two and so on, some at the same moment;
# one of zero has none. Then one whose words are as odd as the table's types let them be.
FILL_BALANCES = """
insert into balances (firm_id, invoice_id, version, currency, total_minor, open_minor, payable_minor, revision)
select lpad(to_hex(firm), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid, 1, 'USD', 100, 100, 100, 1
from generate_series(1, 2) as firm, generate_series(0, 20) as n
"""
FILL_JOURNAL = """
insert into journal (firm_id, journal_id, kind, source_id, sequence, invoice_id, currency, recorded_at)
select firm_id, gen_random_uuid(), 'invoice', invoice_id, sequence, invoice_id, currency,
       timestamptz '2026-11-22 12:00:00.000001+01' + make_interval(secs => sequence / 2 * 0.000001)
from balances, generate_series(1, ('x' || right(invoice_id::text, 8))::bit(32)::integer) as sequence
"""
FILL_ENTRIES = """
insert into entries (firm_id, journal_id, account, currency, amount_minor)
select firm_id, journal_id, account, currency, amount_minor * sequence * 1000000000000
from journal, (values ('receivable', 2), ('billed', -3), ('cash', 1)) as entry (account, amount_minor)
"""
ODD_JOURNAL = """
insert into journal (firm_id, journal_id, kind, source_id, sequence, invoice_id, currency, recorded_at)
values ($1, $2, 'charge', $2, -1, $3, $4, timestamptz '1899-12-31 23:59:59.999999+00')
"""
ODD_CURRENCY = '"\\\x07\t\n\u00e9\u20ac/\x7f'
ODD_ENTRIES = """
insert into entries (firm_id, journal_id, account, currency, amount_minor)
select firm_id, journal_id, account, currency, amount_minor
from journal, (values ('cash', -9223372036854775807), ('billed', 9223372036854775807)) as entry (account, amount_minor)
where journal_id = $1
"""
ODD_BALANCE = """
insert into balances (firm_id, invoice_id, version, currency, total_minor, open_minor, payable_minor, revision)
values ($1, $2, 1, 'USD', 1, 1, 1, 1)
"""
OF_OLD_CODE = """
insert into journal (firm_id, journal_id, kind, source_id, sequence, invoice_id, currency)
values ($1, $2, 'invoice', $2, 1, $3, 'USD')
"""
ENTRIES_OF_OLD_CODE = """
insert into entries (firm_id, journal_id, account, currency, amount_minor)
values ($1, $2, 'cash', 'USD', 5), ($1, $2, 'receivable', 'USD', -5)
"""


@pytest_asyncio.fixture
async def before(stack: Stack, tmp_path: Path) -> AsyncIterator[Tx]:
    """A database of payments as it was before the chain, with old books in it."""
    name = f"t_{new_id().hex}"
    admin = await open_connection(stack.postgres_admin_dsn, application="test-admin")
    await admin.execute(f'create database "{name}"', timeout=60)
    connection = await open_connection(stack.postgres_dsn(name), application="test")
    with as_file(files("payments") / "migrations") as folder:
        for path in sorted(folder.glob("*.sql")):
            if path.name < MIGRATION:
                shutil.copy(path, tmp_path)
    await migrate(stack.postgres_dsn(name), "chassis")
    await pogo.apply(connection, tmp_path, schema_name="payments")
    async with connection.transaction():
        for statement in (FILL_BALANCES, FILL_JOURNAL, FILL_ENTRIES):
            await connection.execute(statement)
        journal_id = new_id()
        await connection.execute(ODD_BALANCE, FIRM_ID, INVOICE_ID)
        await connection.execute(ODD_JOURNAL, FIRM_ID, journal_id, INVOICE_ID, ODD_CURRENCY)
        await connection.execute(ODD_ENTRIES, journal_id)
    yield connection
    await connection.close()
    await admin.execute(f'drop database "{name}" with (force)', timeout=60)
    await admin.close()


@pytest_asyncio.fixture
async def after(before: Any, stack: Stack) -> Tx:
    """The same database, migrated."""
    await migrate(stack.postgres_dsn(await before.fetchval("select current_database()")), "payments")
    return before


@pytest.mark.proves("P10")
async def test_old_books_are_taken_in_as_they_would_have_been_written_now(after: Tx) -> None:
    assert await verify_ledger(after, FIRM_ID, 100) == Verification(22, 211, [], None)
    assert await verify_ledger(after, OTHER_FIRM_ID, 100) == Verification(21, 210, [], None)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        await after.execute("update journal set position = 1")


@pytest.mark.proves("P10")
async def test_old_code_goes_on_writing_and_what_it_writes_is_told_apart(after: Tx) -> None:
    journal_id, invoice_id = new_id(), UUID(int=3)
    async with after.transaction():
        await after.execute(OF_OLD_CODE, FIRM_ID, journal_id, invoice_id)
        await after.execute(ENTRIES_OF_OLD_CODE, FIRM_ID, journal_id)
    (found,) = (await verify_ledger(after, FIRM_ID, 100)).broken
    assert (found.invoice_id, found.position, found.fault, found.journal_id) == (
        invoice_id,
        4,
        Fault.UNCHAINED,
        journal_id,
    )

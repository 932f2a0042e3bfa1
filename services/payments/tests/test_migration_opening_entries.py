"""What was there before there was a ledger: its books are opened, and it is paid as anything else."""

import shutil
from collections.abc import AsyncIterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from pogo_core.util import migrate as pogo

from chassis.database import Database, open_connection
from chassis.ids import new_id
from chassis.migrate import migrate
from chassis.outcome import Done
from chassis.testing.addresses import Stack
from chassis.testing.fixtures import opened

Firm = Any
FIRST_OF_NOW = "0003"
# As payments of before wrote them: an open one, one of nothing, and the contact without an address.
BALANCE = """
insert into balances (firm_id, invoice_id, version, currency, total_minor, open_minor, payable_minor, revision)
values ($1, $2, 1, 'USD', $3, $3, $3, $4)
"""
INVOICE = """
insert into invoices (firm_id, invoice_id, matter_id, number, status, version, currency, total_minor, due_on, revision)
values ($1, $2, $3, '2026-000001', 'final', 1, 'USD', $4, date '2026-12-22', 2)
"""
CONTACT = "insert into contacts (firm_id, contact_id, name, revision) values ($1, $2, 'Anna Okafor', 7)"


@pytest_asyncio.fixture
async def old_dsn(stack: Stack, tmp_path: Path) -> AsyncIterator[str]:
    """A database of payments as it was before payments took any money."""
    name = f"t_{new_id().hex}"
    admin = await open_connection(stack.postgres_admin_dsn, application="test-admin")
    await admin.execute(f'create database "{name}"', timeout=60)
    with as_file(files("payments") / "migrations") as folder:
        for path in sorted(folder.glob("*.sql")):
            if path.name < FIRST_OF_NOW:
                shutil.copy(path, tmp_path)
    await migrate(stack.postgres_dsn(name), "chassis")
    connection = await open_connection(stack.postgres_dsn(name), application="test")
    await pogo.apply(connection, tmp_path, schema_name="payments")
    await connection.close()
    yield stack.postgres_dsn(name)
    await admin.execute(f'drop database "{name}" with (force)', timeout=60)
    await admin.close()


@pytest.mark.proves("P10")
async def test_an_invoice_that_is_older_than_the_ledger_is_opened_in_it_and_its_payer_is_known_again(
    old_dsn: str, make_firm: Any
) -> None:
    firm: Firm = make_firm(cast("Database", None))
    contact_id, open_id, empty_id = new_id(), new_id(), new_id()
    connection = await open_connection(old_dsn, application="test")
    for invoice_id, total_minor, revision in ((open_id, 10_000, 3), (empty_id, 0, 1)):
        await connection.execute(BALANCE, firm.firm_id, invoice_id, total_minor, revision)
        await connection.execute(INVOICE, firm.firm_id, invoice_id, firm.matter_id, total_minor)
    await connection.execute(CONTACT, firm.firm_id, contact_id)
    await connection.close()
    await migrate(old_dsn, "payments")
    async with opened(old_dsn) as database:
        firm.database = database
        await firm.books_agree()
        async with database.reading() as tx:
            journal = await tx.fetch("select kind, source_id, sequence from journal")
        assert [tuple(row) for row in journal] == [("invoice", open_id, 3)]

        await firm.hears(firm.firm_changed(), firm.matter_changed(firm.matter_id))
        await firm.hears(firm.contact_changed(contact_id, revision=7))
        assert isinstance((await firm.pays(firm.wish(contact_id, {open_id: 4_000})))[0], Done)
        await firm.settles_all()
        await firm.books_agree()
        async with database.reading() as tx:
            rows = await tx.fetch("select account, sum(amount_minor)::bigint as minor from entries group by account")
        assert dict(map(tuple, rows)) == {"receivable": 6_000, "billed": -10_000, "cash": 4_000}
        await firm.hears(firm.revised(open_id, version=2, total_minor=12_000, revision=3))
        await firm.books_agree()

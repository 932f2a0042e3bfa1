from collections.abc import Awaitable, Callable

from chassis.database import Database, open_pool
from chassis.testing.fixtures import opened


async def test_a_transaction_that_is_left_open_ends_with_its_loan(
    new_database: Callable[[str], Awaitable[str]],
) -> None:
    async with opened(await new_database("chassis")) as database:
        async with database.reading() as connection:
            await connection.execute("create table notes ()")
            await connection.execute("begin; insert into notes default values")
        async with database.reading() as connection:
            assert await connection.fetchval("select count(*) from notes") == 0


async def test_a_loan_costs_no_statement_of_its_own(new_database: Callable[[str], Awaitable[str]]) -> None:
    pool = await open_pool(await new_database("chassis"), application="test", size_max=1)
    database = Database(pool)
    sent: list[str] = []
    async with pool.acquire() as connection:
        connection.add_query_logger(lambda query: sent.append(query.query))
    for _ in range(2):
        async with database.reading() as connection:
            await connection.execute("select 1")
    await database.close()
    assert sent == ["select 1", "select 1"]

from datetime import timedelta

from chassis import idempotency, inbox, parked
from chassis.database import Database
from chassis.housekeeping import ANSWERS_KEPT, INBOX_KEPT, RESOLVED_KEPT
from chassis.ids import new_id
from contracts.topics import ALL


async def test_only_old_claims_are_forgotten_and_in_slices(database: Database) -> None:
    async with database.transaction() as tx:
        await inbox.claim(tx, "test", [("/old", new_id()) for _ in range(25)])
        await tx.execute("update inbox set received_at = received_at - interval '31 days'")
        await inbox.claim(tx, "test", [("/young", new_id()) for _ in range(5)])
        assert [await inbox.purge(tx, INBOX_KEPT, 10) for _ in range(4)] == [10, 10, 5, 0]
        assert await tx.fetchval("select count(*) from inbox") == 5


async def test_only_old_answers_are_forgotten(database: Database) -> None:
    insert = """
        insert into idempotency (firm_id, principal, key, route, request_sha256, created_at)
        values (gen_random_uuid(), 'x', 'k', 'r', 'x', clock_timestamp() - make_interval(days => $1))
    """
    async with database.transaction() as tx:
        for age_days in (1, 89, 91, 400):
            await tx.execute(insert, age_days)
        assert await idempotency.purge(tx, ANSWERS_KEPT, 10) == 2


async def test_only_messages_resolved_long_ago_are_forgotten(database: Database) -> None:
    insert = """
        insert into parked (consumer, topic, partition, record_offset, ordering_key, record_headers, kind, reason,
                            detail, resolved_at, resolution)
        values ('test', 't', 0, $1, 'k', '[]', 'poison', 'r', 'd', clock_timestamp() - $2::interval, $3)
    """
    async with database.transaction() as tx:
        await tx.execute(insert, 1, timedelta(days=91), "discarded")
        await tx.execute(insert, 2, timedelta(days=89), "handled")
        await tx.execute(insert, 3, None, None)
        assert await parked.purge(tx, RESOLVED_KEPT, 10) == 1
        assert await tx.fetchval("select count(*) from parked") == 2


def test_claims_outlive_every_record_that_can_come_again() -> None:
    assert timedelta(days=max(topic.retention_days for topic in ALL)) * 2 <= INBOX_KEPT

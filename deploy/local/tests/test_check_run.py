"""The check as a whole: rest, judging, what it says, and the command."""

import json
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from rich.console import Console

from chassis.database import Tx, open_connection
from chassis.ids import new_id
from chassis.intake.route import fact_consumer
from chassis.testing.addresses import Stack
from contracts.answers import ANSWERS_OF
from contracts.topics import FIRM, OWNERS, Owner
from stack.addresses import Addresses, read_addresses
from stack.check.evidence import Evidence
from stack.check.invariant import Finding, judge
from stack.check.registry import INVARIANTS, NOT_YET
from stack.check.report import complaint, is_sound, tell, write_findings
from stack.check.rest import open_work, wait_for_rest
from stack.check.run import check_stack
from stack.check.topic_reader import open_reader

SOUND = Finding("I1", "all is well")
BROKEN = Finding("I2", "nothing is [lost]", count=7, offenders=({"firm_id": 1, "what": None}, {"firm_id": 2}))
UNJUDGED = Finding("I3", "what is not there", reason="not there yet")

UNDER_WAY: list[tuple[Owner, str, str]] = [
    (
        "notify",
        "insert into outbox (event_id, topic, key, type, payload) values (gen_random_uuid(), 't', 'k', 't', '')",
        "notify: messages unpublished",
    ),
    (
        "payments",
        """
        insert into parked (consumer, topic, partition, record_offset, ordering_key, record_headers, kind, reason,
            detail, next_at)
        values ('payments', 't', 0, 0, 'k', '[]', 'retry', 'handler_failed', '', now() + interval '1 second')
        """,
        "payments: parked messages due",
    ),
    (
        "invoices",
        "update documents set state = 'pending', next_at = now(), sha256 = null, size_bytes = null, file_name = null",
        "invoices: PDFs to make",
    ),
    (
        "sharing",
        """
        insert into share_wishes (firm_id, invoice_id, contact_id, state, wished_by, correlation_id, causation_id)
        select firm_id, item_id, contact_id, 'due', 'x', firm_id, firm_id from shares limit 1
        """,
        "sharing: wishes to decide",
    ),
    (
        "sharing",
        "update pending_shares set state = 'waiting', ended_at = null, result = null where state = 'done'",
        "sharing: kept acts to carry out",
    ),
    (
        "notify",
        "update deliveries set state = 'retry', ended_at = null, next_at = now() where state = 'accepted'",
        "notify: deliveries on their way",
    ),
    (
        "notify",
        "insert into change_windows (firm_id, invoice_id) values (gen_random_uuid(), gen_random_uuid())",
        "notify: quiet windows open",
    ),
    (
        "payments",
        """
        insert into asked_payments (firm_id, payment_id, command_id, command_type, command, actor_kind, actor_id,
            correlation_id)
        select firm_id, firm_id, firm_id, '', '', 'service', '', firm_id from firms limit 1
        """,
        "payments: commands to ask the gate about",
    ),
    (
        "payments",
        """
        update processor_orders
        set state = 'submitted', ended_at = null, next_at = now(), provider_ref = null, decline_reason = null,
            method_token = case kind when 'charge' then 'tok_ok' end
        """,
        "payments: orders on their way to the processor",
    ),
]


@pytest.fixture
def addresses() -> Addresses:
    written = read_addresses(Path(os.environ["HANDBILL_TEST_STACK"]))
    assert written is not None
    return written


@pytest_asyncio.fixture
async def databases(observed: Evidence, stack: Stack) -> AsyncIterator[dict[Owner, Tx]]:
    """Every service's database after the story, each in a transaction that is rolled back."""
    assert observed.records
    opened: dict[Owner, Tx] = {}
    for owner in OWNERS:
        connection = await open_connection(stack.postgres_dsn(owner), application="work")
        await connection.execute("set session_replication_role = replica; begin")
        opened[owner] = connection
    yield opened
    for connection in opened.values():
        await connection.execute("rollback")
        await connection.close()


@pytest.mark.kafka
async def test_a_stack_that_has_worked_is_sound(observed: Evidence, addresses: Addresses) -> None:
    assert observed.records
    assert complaint(await check_stack(addresses)) == ""


@pytest.mark.kafka
@pytest.mark.parametrize(("owner", "statement", "what"), UNDER_WAY, ids=[what for _, _, what in UNDER_WAY])
async def test_what_is_under_way_is_named(databases: dict[Owner, Tx], owner: Owner, statement: str, what: str) -> None:
    assert await open_work(databases) == {}
    await databases[owner].execute(statement)
    assert (await open_work(databases)).keys() == {what}


@pytest.mark.kafka
async def test_a_group_that_has_read_nothing_is_behind_by_everything(observed: Evidence, addresses: Addresses) -> None:
    firms = sum(record.topic == FIRM.name for record in observed.records)
    nobody = replace(fact_consumer("invoices", []), name=f"nobody-{new_id().hex}", topics=(FIRM,))
    async with open_reader(addresses.kafka_bootstrap) as topics:
        assert (await topics.unread([nobody]))[nobody.name] >= firms > 0


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("owner", "statement"),
    [
        (
            "sharing",
            """
            insert into parked (consumer, topic, partition, record_offset, ordering_key, record_headers, kind, reason,
                detail)
            values ('sharing.commands', $1, $2, $3, 'k', '[]', 'poison', 'handler_failed', $4::uuid::text)
            """,
        ),
        (
            "payments",
            """
            insert into asked_payments (firm_id, payment_id, command_id, command_type, command, actor_kind, actor_id,
                correlation_id)
            select $4::uuid, $4, $4, $1::text || $2::integer || $3::bigint, '', 'service', '', $4
            """,
        ),
    ],
    ids=["parked", "kept by its service"],
)
async def test_a_command_that_still_waits_needs_no_answer(
    observed: Evidence, databases: dict[Owner, Tx], owner: Owner, statement: str
) -> None:
    (invariant,) = [one for one in INVARIANTS if one.id == "E1"]
    seen = replace(observed, databases=databases)
    commands = {one.envelope.id: one for one in seen.messages if one.topic.kind == "commands"}
    answers = {UUID(one.data["command_id"]): one for one in seen.facts(ANSWERS_OF["sharing"].done)}
    command_id = min(commands.keys() & answers.keys())
    command, answer = commands[command_id], answers[command_id]
    unanswered = replace(seen, records=[one for one in seen.records if one is not answer.record])
    assert (await judge(invariant, unanswered)).count == 1
    await databases[owner].execute(statement, *command.place, command_id)
    assert (await judge(invariant, unanswered)).ok


@pytest.mark.kafka
async def test_a_stack_that_does_not_come_to_rest_says_what_is_under_way(
    databases: dict[Owner, Tx], addresses: Addresses
) -> None:
    owner, statement, what = UNDER_WAY[0]
    await databases[owner].execute(statement)
    async with open_reader(addresses.kafka_bootstrap) as topics:
        assert await wait_for_rest(databases, topics, timeout_seconds=0.5) == {what: 1}


async def test_an_invariant_is_not_judged_by_topics_that_have_lost_records() -> None:
    cut = Evidence(databases={}, cut_topics=frozenset({"a topic"}))
    judged = [await judge(invariant, cut) for invariant in INVARIANTS if invariant.reads_topics]
    assert judged
    assert all(finding.ok and "a topic" in (finding.reason or "") for finding in judged)


def test_what_cannot_be_judged_yet_says_why() -> None:
    assert all(finding.reason for finding in NOT_YET)


def test_nothing_looked_at_is_not_sound() -> None:
    assert not is_sound([])
    assert is_sound([SOUND, UNJUDGED])
    assert not is_sound([SOUND, BROKEN])


def test_a_complaint_names_who_breaks_what() -> None:
    assert complaint([SOUND, UNJUDGED]) == ""
    assert complaint([SOUND, BROKEN]).splitlines() == [
        "I2 nothing is [lost]: broken 7 times",
        "    firm_id=1",
        "    firm_id=2",
    ]


def test_the_table_has_a_line_for_each_invariant_and_all_of_the_complaint() -> None:
    console = Console(record=True, width=200)
    tell(console, [SOUND, BROKEN, UNJUDGED])
    told = console.export_text()
    assert "nothing is [lost]" in told
    assert "not checked: not there yet" in told
    assert complaint([BROKEN]) in told


def test_json_tells_what_was_judged_apart_from_what_was_not(tmp_path: Path) -> None:
    write_findings(tmp_path / "deep" / "check.json", [SOUND, BROKEN, UNJUDGED])
    written = json.loads((tmp_path / "deep" / "check.json").read_text())
    assert not written["ok"]
    assert [(check["id"], check["ok"]) for check in written["checks"]] == [("I1", True), ("I2", False)]
    assert written["checks"][1]["violations"] == [{"firm_id": 1, "what": None}, {"firm_id": 2}]
    assert written["not_checked"] == [{"id": "I3", "title": "what is not there", "reason": "not there yet"}]

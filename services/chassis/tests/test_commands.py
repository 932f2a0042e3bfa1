"""Commands by topic: each ends in exactly one answer, whatever is wrong with it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from chassis.database import Database
from chassis.health import Progress
from chassis.ids import new_id
from chassis.intake.commands import command_consumer, command_route
from chassis.intake.guard import Guard
from chassis.intake.replay import Replayer
from chassis.parked import RawRecord
from chassis.parked_desk import discard_parked, list_parked
from chassis.testing.http_client import keep_api_key
from chassis.testing.notes import SendNote, WriteNote
from chassis.testing.notes_service import write_notes
from chassis.testing.records import record_of
from chassis.wire import WireEnvelope, read_envelope

OTHER_FIRM = UUID("0198aaaa-0000-7000-8000-000000000002")


CONSUMER = command_consumer("sharing", [command_route("sharing", WriteNote, write_notes)])


def command(text: str, offset: int = 0, *, note_id: UUID | None = None, actor: str = "service:test") -> RawRecord:
    return record_of(WriteNote(note_id=note_id or new_id(), text=text), offset, actor=actor)


async def take_in(database: Database, *records: RawRecord) -> None:
    await Guard(database, CONSUMER, Progress()).handle(records)


async def replay_due(database: Database, *, aged_seconds: int = 0) -> None:
    async with database.transaction() as tx:
        await tx.execute(
            "update parked set next_at = clock_timestamp(), parked_at = parked_at - make_interval(secs => $1)",
            float(aged_seconds),
        )
    while await Replayer(database, CONSUMER, Progress()).replay_one():
        continue


async def answers(database: Database) -> list[tuple[WireEnvelope, dict[str, object]]]:
    """Answers in the outbox, oldest first, with their data."""
    async with database.reading() as tx:
        envelopes = [
            read_envelope(row["payload"]) for row in await tx.fetch("select payload from outbox order by outbox_id")
        ]
    return [(envelope, msgspec.json.decode(envelope.data)) for envelope in envelopes]


async def ends(database: Database) -> list[str]:
    """How each command ended: the answer's kind, or its slug."""
    return [
        str(data.get("slug", envelope.type.removeprefix("handbill.sharing.")))
        for envelope, data in await answers(database)
    ]


async def kept(database: Database) -> list[str]:
    async with database.reading() as tx:
        return [row["text"] for row in await tx.fetch("select text from notes order by position")]


async def keep_key(database: Database, scope: str = "notes:write", **state: Any) -> str:
    """Keep an API key and return the actor that it is."""
    api_key_id, _ = await keep_api_key(database, scope, **state)
    return f"api_key:{api_key_id}"


@pytest.mark.proves("X1")
async def test_each_command_of_a_batch_is_answered_once(database: Database) -> None:
    batch = [command("write", 0), command("refuse", 1), command("write too", 2)]
    await take_in(database, *batch, *batch)
    await take_in(database, *batch)
    assert sorted(await ends(database)) == ["command-done.v1", "command-done.v1", "no_room"]
    assert await kept(database) == ["write", "write too"]


@pytest.mark.proves("X1")
async def test_an_answer_says_which_command_it_answers(database: Database) -> None:
    record = command("write")
    await take_in(database, record)
    asked = read_envelope(record.value or b"")
    ((envelope, data),) = await answers(database)
    assert (envelope.subject, envelope.correlation) == (str(asked.correlation), asked.correlation)
    assert (envelope.causation, envelope.firm, envelope.actor) == (asked.id, asked.firm, asked.actor)
    assert data == {
        "correlation_id": str(asked.correlation),
        "command_id": str(asked.id),
        "command_type": "handbill.sharing.write-note.v1",
        "result": {"note_id": asked.subject},
    }
    async with database.reading() as tx:
        assert await tx.fetch("select topic, key from outbox") == [("sharing.answers.v1", str(asked.correlation))]


@pytest.mark.proves("X1")
async def test_a_refusal_says_what_it_is_about_as_the_same_request_by_http_would(database: Database) -> None:
    await take_in(database, command("refuse"))
    ((_, data),) = await answers(database)
    assert (data["slug"], data["about"]) == ("no_room", {"notes_max": 2})


@pytest.mark.parametrize(
    ("record", "slug"),
    [
        pytest.param(record_of(SendNote(note_id=new_id(), text="x"), 0), "unknown_command", id="unknown type"),
        pytest.param(
            replace(command("x"), value=(command("write").value or b"").replace(b'"write"', b"7")),
            "invalid_command",
            id="data of another form",
        ),
        pytest.param(command("write", actor="staff:7"), "actor_not_allowed", id="an actor that sends none"),
        pytest.param(command("write", actor="operator:7"), "actor_not_allowed", id="an operator"),
    ],
)
async def test_a_command_that_cannot_be_taken_is_rejected(database: Database, record: RawRecord, slug: str) -> None:
    await take_in(database, record, record)
    await take_in(database, record)
    assert await ends(database) == [slug]
    assert await kept(database) == []


async def test_a_rejected_command_with_an_odd_subject_harms_nobody(database: Database) -> None:
    record = record_of(SendNote(note_id=new_id(), text="x"), 0, subject="s" * 500)
    await take_in(database, record, replace(record, value=b"{", key=b"s" * 5000, offset=1), command("write", 2))
    assert sorted(await ends(database)) == ["command-done.v1", "unknown_command"]


async def test_an_api_key_asks_as_far_as_its_scopes_go(database: Database) -> None:
    actors = {
        "command-done.v1": await keep_key(database),
        "scope_missing": await keep_key(database, "notes:read"),
        "unknown_api_key": await keep_key(database, is_revoked=True),
    }
    for offset, actor in enumerate(actors.values()):
        await take_in(database, command("write", offset, actor=actor))
    assert await ends(database) == list(actors)
    assert await kept(database) == ["write"]


async def test_an_api_key_of_another_firm_is_as_good_as_unknown(database: Database) -> None:
    await take_in(database, command("write", actor=await keep_key(database, firm_id=OTHER_FIRM)))
    assert await ends(database) == ["unknown_api_key"]


async def test_an_api_key_that_has_not_arrived_is_waited_for(database: Database) -> None:
    await take_in(database, command("write", actor=f"api_key:{new_id()}"))
    assert await ends(database) == []
    await replay_due(database)
    assert await ends(database) == []
    await replay_due(database, aged_seconds=61)
    assert await ends(database) == ["unknown_api_key"]


async def test_an_actor_that_is_no_key_id_is_not_known_either(database: Database) -> None:
    await take_in(database, command("write", actor="api_key:none"))
    await replay_due(database, aged_seconds=61)
    assert await ends(database) == ["unknown_api_key"]


async def test_what_a_command_names_is_waited_for_and_then_done_once(database: Database) -> None:
    waiting = command("needs paper")
    await take_in(database, waiting)
    await replay_due(database)
    assert await ends(database) == []
    await take_in(database, command("paper", 1))
    await replay_due(database)
    await take_in(database, waiting, replace(waiting, offset=2))
    await replay_due(database)
    assert await ends(database) == ["command-done.v1"] * 2
    assert await kept(database) == ["paper", "needs paper"]


async def test_what_never_comes_is_refused_after_a_minute(database: Database) -> None:
    await take_in(database, command("needs paper"))
    await replay_due(database, aged_seconds=55)
    assert await ends(database) == []
    await replay_due(database, aged_seconds=6)
    assert await ends(database) == ["unknown_note"]
    async with database.reading() as tx:
        assert await list_parked(tx) == []


@pytest.mark.parametrize("sizes", [[4], [1, 3], [1, 1, 1, 1]], ids=["one batch", "cut after it", "one by one"])
async def test_a_later_command_of_the_key_waits_behind_one_that_waits(database: Database, sizes: list[int]) -> None:
    note_id = new_id()
    records = [
        command("needs paper", 0, note_id=note_id),
        command("second", 1, note_id=note_id),
        command("third", 2, note_id=note_id),
        command("other", 3),
    ]
    for size in sizes:
        await take_in(database, *records[:size])
        records = records[size:]
    assert await kept(database) == ["other"]
    await take_in(database, command("paper", 4))
    await replay_due(database)
    assert await kept(database) == ["other", "paper", "needs paper", "second", "third"]
    assert await ends(database) == ["command-done.v1"] * 5


async def test_a_failing_command_is_parked_and_its_neighbours_are_done(database: Database) -> None:
    await take_in(database, *(command("fail" if offset == 2 else f"note {offset}", offset) for offset in range(5)))
    assert await ends(database) == ["command-done.v1"] * 4
    async with database.reading() as tx:
        (row,) = await list_parked(tx)
    assert (row.kind, row.reason) == ("retry", "handler_failed")


@pytest.mark.proves("X1")
async def test_a_discarded_command_is_answered_and_never_done_afterwards(database: Database) -> None:
    failing = command("fail")
    await take_in(database, failing)
    async with database.transaction() as tx:
        (row,) = await list_parked(tx)
        assert await discard_parked(tx, row.parked_id, "asked again by telephone")
    await take_in(database, failing, replace(failing, offset=1))
    ((envelope, data),) = await answers(database)
    assert envelope.type == "handbill.sharing.command-discarded.v1"
    assert (data["slug"], data["detail"]) == ("discarded", "asked again by telephone")
    async with database.reading() as tx:
        assert await list_parked(tx) == []


async def test_a_waiting_command_does_not_wait_behind_an_unreadable_record_that_came_after_it(
    database: Database,
) -> None:
    waiting = command("needs paper")
    await take_in(database, waiting, replace(waiting, value=b"{", offset=1))
    await take_in(database, command("paper", 2))
    await replay_due(database)
    assert await kept(database) == ["paper", "needs paper"]

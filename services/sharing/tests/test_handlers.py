"""Messages as intake reads them: facts that come twice or late, and commands with their answers."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.health import Progress
from chassis.ids import new_id
from chassis.intake.apply import apply_batch
from chassis.intake.reading import read
from chassis.intake.replay import Replayer
from chassis.testing.records import record_of
from contracts.fields import Channel
from contracts.invoices import ContactChanged, ContactProfile, FirmChanged, FirmProfile
from contracts.sharing import (
    EmailShareRequest,
    PortalShareSet,
    ResendShares,
    RevokeShares,
    SavePortalShares,
    ShareByEmail,
    ShareByLink,
)
from sharing.handlers import COMMANDS, FACTS


def command_record(world: Any, invoice_id: Any, contact_ids: list[Any], offset: int, **attributes: Any) -> Any:
    command = SavePortalShares(invoice_id=invoice_id, wanted=PortalShareSet(contact_ids=contact_ids))
    return record_of(command, offset, firm=world.firm_id, **attributes)


async def take_in(world: Any, *records: Any) -> None:
    async with world.transaction() as tx:
        await apply_batch(tx, COMMANDS, [read(COMMANDS, record) for record in records])


@pytest.mark.proves("S1", "X1")
async def test_a_command_is_answered_like_the_same_request_by_http(world: Any) -> None:
    (ada,) = await world.people(1)
    invoice_id, correlation_id = await world.invoice(), new_id()
    record = command_record(world, invoice_id, [ada], 1, correlation=correlation_id)
    await take_in(world, record)
    (told, _), (answer, done) = await world.said()
    assert (told, answer) == ("invoice-shared", "command-done")
    assert done["correlation_id"] == str(correlation_id)
    assert done["result"] == {"shared": [str(ada)], "unshared": [], "unchanged": []}
    await take_in(world, record)
    assert await world.said() == []


@pytest.mark.proves("S1", "X1")
async def test_a_refused_command_is_answered_with_its_slug_when_nothing_late_has_lifted_it(world: Any) -> None:
    (ada,) = await world.people(1)
    draft = await world.draft()
    await take_in(world, command_record(world, draft, [ada], 1))
    assert await world.said() == []
    async with world.transaction() as tx:
        await tx.execute("update parked set parked_at = parked_at - interval '2 s', next_at = parked_at")
    assert await Replayer(world.database, COMMANDS, Progress()).replay_one()
    ((answer, rejected),) = await world.said()
    assert (answer, rejected["slug"]) == ("command-rejected", "draft_needs_confirmation")
    assert rejected["about"] == {"invoice_id": str(draft)}


@pytest.mark.proves("S3", "X1")
async def test_a_command_to_mail_nobody_is_rejected(world: Any) -> None:
    (ada,) = await world.people(1)
    wanted = EmailShareRequest(contact_ids=[ada])
    record = record_of(ShareByEmail(invoice_id=await world.invoice(), wanted=wanted), 1, firm=world.firm_id)
    assert record.value is not None
    await take_in(world, replace(record, value=record.value.replace(f'["{ada}"]'.encode(), b"[]")))
    ((answer, rejected),) = await world.said()
    assert (answer, rejected["slug"]) == ("command-rejected", "invalid_command")
    assert "at least one contact" in rejected["detail"]


@pytest.mark.proves("S1", "X1")
async def test_a_command_for_an_invoice_not_heard_of_waits(world: Any) -> None:
    (ada,) = await world.people(1)
    await take_in(world, command_record(world, new_id(), [ada], 1))
    assert await world.said() == []
    async with world.transaction() as tx:
        assert await tx.fetchval("select reason from parked") == "not_yet_known"


@pytest.mark.proves("S1")
async def test_several_sets_for_one_invoice_in_a_batch_are_saved_in_order(world: Any) -> None:
    ada, ben = await world.people(2)
    invoice_id = await world.invoice()
    sets = [[ada], [ada, ben], [ben]]
    await take_in(world, *(command_record(world, invoice_id, ids, offset) for offset, ids in enumerate(sets)))
    assert await world.states(invoice_id) == {ada: ("revoked", 1), ben: ("active", 1)}
    kinds = [kind for kind, _ in await world.said()]
    assert kinds.count("command-done") == 3


@pytest.mark.proves("S6", "X1")
async def test_a_command_for_a_draft_is_answered_once_when_it_ends(world: Any) -> None:
    (ada,) = await world.people(1)
    draft, correlation_id = await world.draft(), new_id()
    wanted = EmailShareRequest(contact_ids=[ada], finalise_drafts=True)
    record = record_of(ShareByEmail(invoice_id=draft, wanted=wanted), 1, firm=world.firm_id, correlation=correlation_id)
    await take_in(world, record, record)
    assert [kind for kind, _ in await world.said()] == ["finalise-invoice"]
    await world.finalise(draft)
    (shared, _), (answer, done) = await world.said()
    assert (shared, answer) == ("invoice-shared", "command-done")
    assert (done["correlation_id"], done["command_type"]) == (
        str(correlation_id), "handbill.sharing.share-by-email.v1",
    )  # fmt: skip
    assert done["result"] == {"shared": [str(ada)], "sent_again": []}
    await take_in(world, record)
    assert await world.said() == []


@pytest.mark.proves("S3", "S7", "S10", "X1")
async def test_every_way_to_share_is_a_command_too(world: Any) -> None:
    (ada,) = await world.people(1)
    invoice_id = await world.invoice()
    commands = [
        ShareByEmail(invoice_id=invoice_id, wanted=EmailShareRequest(contact_ids=[ada])),
        ResendShares(invoice_id=invoice_id, channel="email", contact_ids=[ada]),
        ShareByLink(invoice_id=invoice_id, contact_id=ada, channel="link"),
        RevokeShares(invoice_id=invoice_id),
    ]
    records = [record_of(command, place, firm=world.firm_id) for place, command in enumerate(commands)]
    await take_in(world, *records)
    kinds = [kind for kind, _ in await world.said()]
    assert kinds.count("command-done") == len(commands)
    assert (kinds.count("invoice-shared"), kinds.count("shares-revoked")) == (3, 2)


async def test_older_state_never_replaces_newer(world: Any) -> None:
    contact_id = new_id()

    def contact(name: str) -> ContactChanged:
        return ContactChanged(contact_id=contact_id, profile=ContactProfile(name=name))

    def firm(channels: list[Channel]) -> FirmChanged:
        profile = FirmProfile(name="Okafor Law", reply_to="office@okafor.test", channels=channels)
        return FirmChanged(firm_id=world.firm_id, profile=profile)

    await world.receive((contact("Second"), 2), (firm(["portal"]), 2))
    await world.receive((contact("First"), 1), (firm(["text"]), 1))
    async with world.transaction() as tx:
        assert await tx.fetchval("select name from contacts") == "Second"
        assert await tx.fetchval("select channels from firms") == ["portal"]


async def test_a_batch_of_all_facts_at_once_is_applied_as_one(world: Any) -> None:
    ada, invoice_id = new_id(), new_id()
    await world.receive(
        (world.finalised(invoice_id), 2),
        (world.created(invoice_id, [ada]), 1),
        (world.matter_changed([ada]), 1),
        (world.contact_changed(ada), 1),
    )
    await world.firm()
    await world.grant_wishes()
    assert await world.states(invoice_id) == {ada: ("active", 1)}


def test_facts_may_overtake_one_another_and_commands_may_not() -> None:
    assert (FACTS.is_ordered, COMMANDS.is_ordered) == (False, True)

"""Facts from records to effects, through the real intake: each once, in order, whatever comes twice."""

from typing import Any

import pytest

from chassis.api_keys import find_api_keys
from chassis.health import Progress
from chassis.ids import new_id
from chassis.intake.guard import Guard
from chassis.testing.records import record_of
from contracts.invoices import ApiKeyChanged, ContactChanged, ContactProfile, FirmChanged, FirmProfile
from contracts.sharing import InvoiceShared, ShareRef, SharesRestored, SharesRevoked, SharesSuspended
from notify.handlers import FACTS

Mailroom = Any


@pytest.fixture
def guard(room: Mailroom) -> Guard:
    """Notify's own intake of facts."""
    return Guard(room.database, FACTS, Progress())


def refs(data: InvoiceShared) -> list[ShareRef]:
    return [
        ShareRef(share_id=share.share_id, generation=share.generation, contact_id=share.contact_id)
        for share in data.shares
    ]


def profile(**changes: Any) -> FirmProfile:
    return FirmProfile.model_validate({"name": "Rook", "reply_to": "office@rook.test"} | changes)


@pytest.mark.proves("N2")
async def test_a_share_told_twice_is_planned_once(room: Mailroom, guard: Guard) -> None:
    data, _ = room.act()
    event_id = new_id()
    twice = [record_of(data, offset, id=event_id) for offset in (1, 2)]
    await guard.handle(twice)
    await guard.handle([record_of(data, 3, id=event_id)])
    assert len(await room.rows("select from deliveries")) == 1
    (row,) = await room.rows("select occasion from deliveries")
    assert row["occasion"] == event_id


@pytest.mark.proves("N2")
async def test_a_share_that_one_fact_names_twice_is_kept_once_in_its_later_generation(
    room: Mailroom, guard: Guard
) -> None:
    data, _ = room.act()
    (first,) = data.shares
    later = first.model_copy(update={"generation": 2})
    twice = data.model_copy(update={"shares": [later, first, later]})
    suspended = SharesSuspended(invoice_id=data.invoice_id, channel="portal", shares=refs(twice))
    await guard.handle([record_of(twice, 1)])
    assert await room.rows("select generation, state from shares") == [{"generation": 2, "state": "active"}]
    assert len(await room.rows("select from deliveries")) == 1
    await guard.handle([record_of(suspended, 2)])
    assert await room.rows("select generation, state from shares") == [{"generation": 2, "state": "suspended"}]
    assert await room.rows("select from parked") == []


@pytest.mark.proves("I1")
async def test_only_newer_state_of_firms_contacts_and_keys_is_kept(room: Mailroom, guard: Guard) -> None:
    firm_id, contact_id, key_id = new_id(), new_id(), new_id()
    firm = FirmChanged(firm_id=firm_id, profile=profile(name="New"))
    old_firm = FirmChanged(firm_id=firm_id, profile=profile(name="Old"))
    contact = ContactChanged(contact_id=contact_id, profile=ContactProfile(name="Ada", email="new@example.test"))
    old_contact = ContactChanged(contact_id=contact_id, profile=ContactProfile(name="Ada", email="old@example.test"))
    key = ApiKeyChanged(
        api_key_id=key_id, label="key", secret_sha256="ab" * 32, scopes=["deliveries:read"], is_revoked=True
    )
    await guard.handle(
        [
            record_of(firm, 1, firm=firm_id, revision=2),
            record_of(contact, 2, firm=firm_id, revision=2),
            record_of(key, 3, firm=firm_id, revision=2),
            record_of(old_firm, 4, firm=firm_id, revision=1),
            record_of(old_contact, 5, firm=firm_id, revision=1),
            record_of(key.model_copy(update={"is_revoked": False}), 6, firm=firm_id, revision=1),
        ]
    )
    assert await room.rows("select name, revision from firms") == [{"name": "New", "revision": 2}]
    assert await room.rows("select email from contacts") == [{"email": "new@example.test"}]
    async with room.database.reading() as tx:
        kept = (await find_api_keys(tx, [key_id]))[key_id]
    assert kept.is_revoked
    assert kept.scopes == ("deliveries:read",)


@pytest.mark.proves("S7")
async def test_shared_and_revoked_in_one_batch_tells_nobody(room: Mailroom, guard: Guard) -> None:
    data, _ = room.act("ada@example.test", "bob@example.test")
    revoked = SharesRevoked(invoice_id=data.invoice_id, channel="portal", shares=refs(data)[:1])
    await guard.handle([record_of(data, 1), record_of(revoked, 2)])
    states = await room.rows("select recipient_email, state from deliveries order by recipient_email")
    assert [row["state"] for row in states] == ["withdrawn", "planned"]


@pytest.mark.proves("S8")
async def test_suspension_and_its_end_are_followed(room: Mailroom, guard: Guard) -> None:
    data, _ = room.act()
    suspended = SharesSuspended(invoice_id=data.invoice_id, channel="portal", shares=refs(data))
    restored = SharesRestored(invoice_id=data.invoice_id, channel="portal", shares=refs(data))
    await guard.handle([record_of(data, 1), record_of(suspended, 2)])
    assert await room.rows("select state from shares") == [{"state": "suspended"}]
    await guard.handle([record_of(restored, 3)])
    assert await room.rows("select state from shares") == [{"state": "active"}]
    revoked = SharesRevoked(invoice_id=data.invoice_id, channel="portal", shares=refs(data))
    await guard.handle([record_of(revoked, 4), record_of(restored, 5, id=new_id())])
    assert await room.rows("select state from shares") == [{"state": "revoked"}]

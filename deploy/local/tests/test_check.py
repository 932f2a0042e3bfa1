"""Each invariant holds on a stack that has worked, and is seen to be broken once somebody breaks it.

Damage is done to what the story of conftest.py left: to databases inside transactions that are rolled back, to records,
mails and journal only in our hands.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import msgspec
import pytest
import pytest_asyncio

from chassis.database import Tx, open_connection
from chassis.ids import new_id
from chassis.parked import RawRecord
from chassis.testing.addresses import Stack
from chassis.wire import read_envelope
from contracts.answers import ANSWERS_OF
from contracts.invoices import InvoiceCreated, InvoiceFinalised, MatterChanged
from contracts.message import Message, State
from contracts.notify import DeliveryAccepted
from contracts.payments import PaymentConcluded
from contracts.sharing import SavePortalShares
from contracts.topics import OWNERS, Owner
from stack.check.evidence import Evidence
from stack.check.invariant import judge
from stack.check.once import ONCE, SAID_ONCE
from stack.check.published import TOLD, Told, find_rows_and_facts_apart
from stack.check.registry import INVARIANTS
from stack.check.report import complaint
from stack.processor.entry import Entry

pytestmark = pytest.mark.kafka

Look = Callable[[Evidence], Evidence]
Damage = tuple[Owner, str] | Look
"""A statement in one service's database, or a change of what was seen elsewhere."""

DONE = ANSWERS_OF["sharing"].done
FACTS = [model for models, _ in SAID_ONCE for model in models if not issubclass(model, State)]


def without(model: type[Message]) -> Look:
    """Lose every record of one type."""
    return lambda seen: replace(seen, records=[one for one in seen.records if not is_of(one, model)])


def again(model: type[Message], **changes: object) -> Look:
    """Say the first message of one type once more, as a message of its own or changed otherwise."""

    def look(seen: Evidence) -> Evidence:
        first = next(one for one in seen.records if is_of(one, model))
        return replace(seen, records=[*seen.records, at_the_end(seen, rewritten(first, id=new_id(), **changes))])

    return look


def said_late(seen: Evidence) -> Evidence:
    """Publish a matter's first revision again after the later ones."""
    first = next(one for one in seen.records if is_of(one, MatterChanged))
    return replace(seen, records=[*seen.records, at_the_end(seen, first)])


def to_nobody(seen: Evidence) -> Evidence:
    """Let answers name commands that nobody sent."""
    renamed = [rewritten_data(one, command_id=str(new_id())) if is_of(one, DONE) else one for one in seen.records]
    return replace(seen, records=renamed)


def misplaced(seen: Evidence) -> Evidence:
    """Publish one message under another key."""
    return replace(
        seen, records=[replace(one, key=b"x") if is_of(one, InvoiceCreated) else one for one in seen.records]
    )


def mails(change: Callable[[dict[str, int]], dict[str, int]]) -> Look:
    return lambda seen: replace(seen, mails=change(dict(seen.mails)))


def journal(change: Callable[[list[Entry]], list[Entry]]) -> Look:
    return lambda seen: replace(seen, journal=change(list(seen.journal)))


def succeeded(entries: list[Entry]) -> Entry:
    return next(entry for entry in entries if entry.status == "succeeded")


def other_amount(entry: Entry) -> Entry:
    return entry.model_copy(update={"order": entry.order.model_copy(update={"amount_minor": 1})})


LATE_BY_AN_OLD_LINK = """
insert into gate_passages (firm_id, passage_id, purpose, share_id, generation, passed_at)
select firm_id, gen_random_uuid(), 'payment', share_id, 1, now() + interval '1 hour' from shares where generation = 2
"""
BLOCKED_BY_NOBODY = """
insert into parked (consumer, topic, partition, record_offset, ordering_key, record_headers, kind, reason, detail,
    next_at)
values ('sharing', 't', 0, 0, 'k', '[]', 'blocked', 'behind_parked', '', now() - interval '1 hour')
"""
UNPUBLISHED = """
insert into outbox (event_id, topic, key, type, payload) values (gen_random_uuid(), 't', 'k', 't', '')
"""
OVERPAID_BACK = """
alter table balances drop constraint balances_moved_check, drop constraint balances_owed_check;
update balances set refunded_minor = settled_minor + 1
"""
OPEN_AGAIN = """
update processor_orders
set state = 'unknown', ended_at = null, next_at = now() + interval '1 day', provider_ref = null, decline_reason = null,
    method_token = case kind when 'charge' then 'tok_ok' end
"""
HIDDEN = "update shares set state = 'suspended' where channel = 'portal' and state = 'active'"
FOR_A_DAY_UNKNOWN = OPEN_AGAIN.replace("set ", "set submitted_at = now() - interval '25 hours', ")
NEWEST_CUT_OFF = """
delete from journal using balances
where (journal.firm_id, journal.invoice_id, journal.position)
    = (balances.firm_id, balances.invoice_id, balances.ledger_position)
"""
# One after the other, since no two may stand at one place meanwhile; invoices with one transaction stay as they are.
FIRST_TWO_SWAPPED = """
create temp table swapped on commit drop as
    select firm_id, invoice_id from journal group by firm_id, invoice_id having count(*) > 1;
update journal set position = 1000000000 from swapped
where journal.firm_id = swapped.firm_id and journal.invoice_id = swapped.invoice_id and position = 1;
update journal set position = 1 from swapped
where journal.firm_id = swapped.firm_id and journal.invoice_id = swapped.invoice_id and position = 2;
update journal set position = 2 where position = 1000000000
"""
REFUSED_AFTER_ALL = """
update pending_shares set state = 'rejected', result = null, slug = 'no', detail = '' where state = 'done'
"""

BROKEN: list[tuple[str, Damage]] = [
    ("each request had one effect", again(InvoiceFinalised)),
    ("each request had one effect", again(DeliveryAccepted)),
    ("every command on a topic", without(DONE)),
    ("every command on a topic", again(DONE)),
    ("every command on a topic", again(SavePortalShares)),
    ("every answer is to a command", to_nobody),
    ("every answer is to a command", without(DONE)),
    ("every idempotency key", ("sharing", "update idempotency set body = null")),
    ("revisions of each aggregate", without(InvoiceCreated)),
    ("revisions of each aggregate", again(MatterChanged)),
    ("invoice numbers of each firm", ("invoices", "update invoice_numbers set last_sequence = last_sequence + 1")),
    ("every version of an invoice", ("invoices", "delete from invoice_versions where version = 1")),
    ("the present revision of each", ("invoices", "update matters set revision = revision + 1")),
    ("the present revision of each", ("payments", "update balances set revision = revision - 1")),
    ("the last record of each state", said_late),
    ("every message is keyed", misplaced),
    ("what was decided was told", without(DeliveryAccepted)),
    ("what was decided was told", ("sharing", "update shares set generation = generation + 1")),
    ("what was decided was told", ("payments", "delete from refunds")),
    ("no message waits in an outbox", ("notify", UNPUBLISHED)),
    ("each consumer has handled", ("notify", "delete from inbox where ctid = (select min(ctid) from inbox)")),
    (
        "each consumer has handled",
        ("payments", "insert into inbox values ('payments', '/handbill/x', gen_random_uuid())"),
    ),
    ("nothing parked waits behind", ("sharing", BLOCKED_BY_NOBODY)),
    (
        "each contact of an act",
        ("notify", "update deliveries set occasion = gen_random_uuid() where template = 'invoice_shared'"),
    ),
    ("each contact of an act", ("notify", "delete from delivery_items")),
    ("every edit that counts as told", ("notify", "delete from told_changes")),
    ("every edit that counts as told", ("notify", "delete from deliveries where template = 'invoice_changed'")),
    (
        "each concluded payment and each refund",
        ("notify", "delete from deliveries where template = 'payment_concluded'"),
    ),
    ("each concluded payment and each refund", without(PaymentConcluded)),
    ("a delivery is accepted by exactly one", ("notify", "update attempts set outcome = 'temporary'")),
    ("what was accepted is in the mail sink", mails(lambda copies: dict(list(copies.items())[1:]))),
    ("what was accepted is in the mail sink", mails(lambda copies: {one: count + 1 for one, count in copies.items()})),
    ("what was accepted is in the mail sink", mails(lambda copies: {**copies, "<stranger@example.test>": 1})),
    ("no mail was handed over unless", ("sharing", "delete from gate_passages where purpose = 'delivery'")),
    (
        "no mail was handed over unless",
        ("sharing", "update gate_passages set passed_at = passed_at - interval '1 hour'"),
    ),
    (
        "every transaction of the ledger",
        ("payments", "update entries set amount_minor = amount_minor + 1 where account = 'cash'"),
    ),
    ("every transaction of the ledger", ("payments", "delete from entries")),
    ("what was settled less what", ("payments", OVERPAID_BACK)),
    ("each balance follows from", ("payments", "update charges set amount_minor = amount_minor + 1")),
    ("each balance follows from", ("payments", "update invoices set total_minor = total_minor + 1")),
    ("each balance follows from", ("payments", "delete from balances")),
    ("each balance is what its ledger", ("payments", "delete from entries where account = 'receivable'")),
    ("each balance is what its ledger", ("payments", "delete from journal where kind = 'refund'")),
    (
        "refunds of a charge never exceed",
        ("payments", "update charges set refunded_minor = refunded_minor - 1 where refunded_minor > 0"),
    ),
    ("whatever has no outcome for a day", ("payments", FOR_A_DAY_UNKNOWN)),
    ("each charge is what became of", ("payments", "update processor_orders set amount_minor = amount_minor + 1")),
    ("each charge is what became of", ("payments", OPEN_AGAIN)),
    ("no charge was ordered again", ("payments", "update processor_orders set attempt = 1 where kind = 'charge'")),
    ("no charge was ordered again", ("payments", f"{OPEN_AGAIN} where state = 'declined'")),
    ("a payment is concluded when", ("payments", "update payments set state = 'under_way', concluded_at = null")),
    ("a conclusion tells what", without(PaymentConcluded)),
    ("a conclusion tells what", ("payments", "update charges set amount_minor = amount_minor + 1")),
    (
        "the database refuses to change",
        ("payments", "alter table entries disable trigger entries_append_only_check"),
    ),
    ("the database refuses to change", ("payments", "drop trigger journal_append_only_check on journal")),
    ("the chain of each invoice's", ("payments", "update entries set amount_minor = amount_minor * 2")),
    ("the chain of each invoice's", ("payments", "delete from entries")),
    ("the chain of each invoice's", ("payments", "update journal set recorded_at = recorded_at - interval '1 day'")),
    ("the chain of each invoice's", ("payments", "delete from journal where position = 1")),
    ("the chain of each invoice's", ("payments", NEWEST_CUT_OFF)),
    ("the chain of each invoice's", ("payments", FIRST_TWO_SWAPPED)),
    ("the chain of each invoice's", ("payments", "update balances set ledger_sha256 = sha256(ledger_sha256)")),
    ("the chain of each invoice's", ("payments", "delete from balances")),
    ("the chain of each invoice's", ("payments", "update journal set position = null, chain_sha256 = null")),
    ("the processor has done what", journal(lambda entries: [])),
    ("the processor has done what", journal(lambda entries: [other_amount(entry) for entry in entries])),
    (
        "the processor has done what",
        journal(lambda entries: [*entries, succeeded(entries).model_copy(update={"key": "another"})]),
    ),
    ("no key moved money twice", journal(lambda entries: [*entries, succeeded(entries)])),
    ("nobody passed the gate", ("sharing", "update shares set state = 'revoked', ended_at = '2000-01-01'")),
    ("nobody passed the gate", ("sharing", "update gate_passages set generation = generation + 5")),
    ("nobody passed the gate", ("sharing", LATE_BY_AN_OLD_LINK)),
    ("no charge was ordered unless", ("sharing", "delete from gate_passages where purpose = 'payment'")),
    ("no charge was ordered unless", ("sharing", "update gate_passages set passed_at = passed_at - interval '1 hour'")),
    ("portal shares are active exactly", ("sharing", "update matters set portal_enabled = false")),
    ("portal shares are active exactly", ("sharing", HIDDEN)),
    (
        "no share is of a draft",
        ("sharing", "update invoices set status = 'draft', number = null, version = null, due_on = null"),
    ),
    ("no share is of a draft", ("sharing", "update shares set item_version = item_version + 9")),
    ("no invoice is shared that was not", without(InvoiceFinalised)),
    ("an act on a draft that was refused", ("sharing", REFUSED_AFTER_ALL)),
    ("a payment page lists exactly", ("payments", "update payable_shares set lists_on_page = not lists_on_page")),
    ("a payment page lists exactly", ("sharing", "update shares set on_payment_page = false")),
    ("every service knows every share", ("notify", "update shares set generation = generation + 1")),
    ("every service knows every share", ("payments", "delete from payable_shares")),
    ("every service knows every share", ("invoices", "update shares set state = 'revoked'")),
    ("an invoice is marked as shared", ("invoices", "update shares set state = 'suspended'")),
    ("invoices shows the balances", ("invoices", "update balances set open_minor = open_minor + 1")),
    ("sharing and payments know", ("sharing", "update invoices set total_minor = total_minor + 1")),
    ("sharing and payments know", ("payments", "update invoices set credited_minor = 0")),
    ("every replica has the owner's", ("notify", "update contacts set revision = revision - 1")),
    ("every replica has the owner's", ("sharing", "delete from api_keys")),
    ("notify knows every PDF", ("notify", "delete from pdfs")),
]


@pytest_asyncio.fixture
async def sound(observed: Evidence, stack: Stack) -> AsyncIterator[Evidence]:
    """What the story left, with every database in a transaction that is rolled back."""
    opened: dict[Owner, Tx] = {}
    for owner in OWNERS:
        connection = await open_connection(stack.postgres_dsn(owner), application="damage")
        # Else foreign keys and append-only tables would refuse the damage.
        await connection.execute("set session_replication_role = replica; begin")
        opened[owner] = connection
    yield replace(observed, databases=opened)
    for connection in opened.values():
        await connection.execute("rollback")
        await connection.close()


@pytest.mark.parametrize(("title", "damage"), BROKEN, ids=[f"{n} {title}" for n, (title, _) in enumerate(BROKEN)])
async def test_what_breaks_an_invariant_is_seen(sound: Evidence, title: str, damage: Damage) -> None:
    (invariant,) = [one for one in INVARIANTS if one.title.startswith(title)]
    before = await judge(invariant, sound)
    assert before.ok, complaint([before])
    if isinstance(damage, tuple):
        await sound.databases[damage[0]].execute(damage[1])
        damaged = sound
    else:
        damaged = damage(sound)
    after = await judge(invariant, damaged)
    assert not after.ok
    assert after.count >= len(after.offenders) > 0


@pytest.mark.parametrize("model", FACTS, ids=lambda model: model.__name__)
async def test_every_fact_that_is_said_twice_is_seen(sound: Evidence, model: type[Message]) -> None:
    (finding,) = [await judge(invariant, again(model)(sound)) for invariant in ONCE]
    assert {offender["type"] for offender in finding.offenders} == {model.wire.type}


@pytest.mark.parametrize("told", TOLD, ids=lambda told: f"{told.models[0].__name__}")
async def test_every_row_that_nobody_was_told_of_is_seen(sound: Evidence, told: Told) -> None:
    (invariant,) = [one for one in INVARIANTS if one.find is find_rows_and_facts_apart]
    fact = " or ".join(model.__name__ for model in told.models)
    silent = await judge(invariant, without(told.models[0])(sound))
    assert {offender.get("without") for offender in silent.offenders} == {fact}


def test_every_invariant_can_be_broken() -> None:
    """A check that nothing breaks proves nothing."""
    assert [one.title for one in INVARIANTS if not any(one.title.startswith(title) for title, _ in BROKEN)] == []


def is_of(record: RawRecord, model: type[Message]) -> bool:
    return f'"type":"{model.wire.type}"'.encode() in (record.value or b"")


def at_the_end(seen: Evidence, record: RawRecord) -> RawRecord:
    offsets = [one.offset for one in seen.records if (one.topic, one.partition) == (record.topic, record.partition)]
    return replace(record, offset=max(offsets) + 1)


def rewritten(record: RawRecord, **changes: object) -> RawRecord:
    envelope = msgspec.structs.replace(read_envelope(record.value or b""), **changes)
    return replace(record, value=msgspec.json.encode(envelope))


def rewritten_data(record: RawRecord, **changes: object) -> RawRecord:
    data = msgspec.json.decode(read_envelope(record.value or b"").data) | changes
    return rewritten(record, data=msgspec.Raw(msgspec.json.encode(data)))

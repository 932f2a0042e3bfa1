"""Revisions: counted without a gap or a repeat, all of them on the topic, the newest last."""

from collections import defaultdict
from collections.abc import Iterator
from typing import LiteralString
from uuid import UUID

from contracts.message import State
from contracts.registry import MESSAGES
from contracts.topics import API_KEY, BALANCE, CONTACT, FIRM, INVOICE, MATTER, PAYMENT, STAFF_USER, Topic
from stack.check.evidence import Evidence, Row, TopicMessage, is_known
from stack.check.invariant import Invariant, in_database

# Where the truth of each topic's aggregates is.
_REVISIONS: dict[Topic, LiteralString] = {
    FIRM: "select firm_id, firm_id as subject, revision from firms",
    STAFF_USER: "select firm_id, staff_user_id as subject, revision from staff_users",
    API_KEY: "select firm_id, api_key_id as subject, revision from api_keys",
    MATTER: "select firm_id, matter_id as subject, revision from matters",
    CONTACT: "select firm_id, contact_id as subject, revision from contacts",
    INVOICE: "select firm_id, invoice_id as subject, revision from invoices",
    BALANCE: "select firm_id, invoice_id as subject, revision from balances",
    PAYMENT: "select firm_id, payment_id as subject, revision from payments",
}
_GAPS_IN_NUMBERS: LiteralString = """
select numbers.firm_id, last_sequence, count(sequence) as given, min(sequence) as first, max(sequence) as last
from invoice_numbers as numbers
left join invoices on invoices.firm_id = numbers.firm_id
group by numbers.firm_id, last_sequence
having count(distinct sequence) <> last_sequence or max(sequence) <> last_sequence or min(sequence) <> 1
"""
_GAPS_IN_VERSIONS: LiteralString = """
select invoices.firm_id, invoices.invoice_id, invoices.version, count(versions.version) as written
from invoices
left join invoice_versions as versions using (firm_id, invoice_id)
group by invoices.firm_id, invoices.invoice_id, invoices.version
having count(versions.version) <> coalesce(invoices.version, 0)
    or max(versions.version) is distinct from invoices.version
"""


async def find_gaps_in_revisions(evidence: Evidence) -> list[Row]:
    """Find aggregates whose revisions on the topic are not 1, 2, 3 … in this order."""
    return [
        {"firm_id": firm_id, "topic": topic, "subject": subject, "revisions": revisions[:50]}
        for (topic, firm_id, subject), revisions in _counted(evidence).items()
        if revisions != list(range(1, len(revisions) + 1))
    ]


async def find_revisions_not_published(evidence: Evidence) -> list[Row]:
    """Find aggregates whose present revision is not the highest on the topic, or that are on one side alone."""
    highest = {key: max(revisions) for key, revisions in _counted(evidence).items()}
    offenders: list[Row] = []
    for topic, query in _REVISIONS.items():
        kept = {
            (topic.name, row["firm_id"], str(row["subject"])): row["revision"]
            for row in await evidence.rows(topic.owner, query)
        }
        published = {key: revision for key, revision in highest.items() if key[0] == topic.name}
        offenders += [
            {"firm_id": key[1], "topic": topic.name, "subject": key[2], "revision": kept.get(key),
             "on the topic": published.get(key)}
            for key in sorted(kept.keys() | published.keys(), key=str)
            if kept.get(key) != published.get(key)
        ]  # fmt: skip
    return offenders


async def find_stale_last_states(evidence: Evidence) -> list[Row]:
    """Find keys of state topics whose last record is not the highest revision: all that compaction would leave."""
    last: dict[tuple[str, bytes | None], TopicMessage] = {}
    highest: dict[tuple[str, bytes | None], int] = {}
    for message in _states(evidence):
        key = message.record.topic, message.record.key
        last[key] = message
        highest[key] = max(highest.get(key, 0), message.envelope.revision or 0)
    return [
        {"firm_id": message.envelope.firm, "topic": key[0], "subject": message.envelope.subject,
         "last": message.envelope.revision, "highest": highest[key]}
        for key, message in last.items()
        if message.envelope.revision != highest[key]
    ]  # fmt: skip


async def find_wrong_keys(evidence: Evidence) -> list[Row]:
    """Find messages whose record key is not their aggregate's id: on another partition they lose their order."""
    return [
        {"firm_id": one.envelope.firm, "type": one.envelope.type, "subject": one.envelope.subject, "place": one.place}
        for one in evidence.messages
        if one.is_by_owner and is_known(one) and one.record.key != one.envelope.subject.encode()
    ]


def _counted(evidence: Evidence) -> dict[tuple[str, UUID, str], list[int]]:
    """List the revisions of each aggregate in the order of its topic."""
    found: defaultdict[tuple[str, UUID, str], list[int]] = defaultdict(list)
    for message in evidence.said:
        if message.envelope.revision is not None:
            found[message.record.topic, message.envelope.firm, message.envelope.subject].append(
                message.envelope.revision
            )
    return found


def _states(evidence: Evidence) -> Iterator[TopicMessage]:
    """Pick states by their owners, repeats too: a repeat may be what stands last."""
    types = {name for name, model in MESSAGES.items() if issubclass(model, State)}
    return (one for one in evidence.messages if one.is_by_owner and one.envelope.type in types)


REVISIONS = (
    Invariant(
        "I2", "revisions of each aggregate are 1, 2, 3 … on its topic", find_gaps_in_revisions, reads_topics=True
    ),
    in_database("I2", "invoice numbers of each firm have no gap and no repeat", "invoices", _GAPS_IN_NUMBERS),
    in_database("I2", "every version of an invoice is there, up to the present one", "invoices", _GAPS_IN_VERSIONS),
    Invariant(
        "I3", "the present revision of each aggregate is on its topic", find_revisions_not_published, reads_topics=True
    ),
    Invariant("I27", "the last record of each state is its highest revision", find_stale_last_states),
    Invariant("E3", "every message is keyed by its aggregate", find_wrong_keys),
)

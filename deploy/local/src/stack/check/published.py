"""What was decided is on the topics: nothing waits in an outbox, and every row that others hear of was told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from contracts import invoices, notify, payments, sharing
from contracts.message import Message
from contracts.topics import Owner
from stack.check.evidence import Evidence, Row, TopicMessage
from stack.check.invariant import Invariant

Keys = Callable[[TopicMessage], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Told:
    """Rows of one query and what facts of these classes name must be the same: each row is told, nothing else is."""

    service: Owner
    query: LiteralString
    models: tuple[type[Message], ...]
    keys: Keys


def _ids(*fields: str) -> Keys:
    return lambda message: [tuple(UUID(message.data[field]) for field in fields)]


def _versions(message: TopicMessage) -> list[tuple[Any, ...]]:
    return [(UUID(message.data["invoice_id"]), message.data["version"])]


def _documents(message: TopicMessage) -> list[tuple[Any, ...]]:
    return [(UUID(message.data["invoice_id"]), message.data["version"], message.data["comments"])]


def _generations(message: TopicMessage) -> list[tuple[Any, ...]]:
    return [(UUID(share["share_id"]), share["generation"]) for share in message.data["shares"]]


def _begun(message: TopicMessage) -> list[tuple[Any, ...]]:
    return [] if message.data["is_resend"] else _generations(message)


TOLD = (
    Told(
        "invoices", "select firm_id, invoice_id, version from invoice_versions",
        (invoices.InvoiceFinalised, invoices.InvoiceRevised), _versions,
    ),
    Told(
        "invoices", "select firm_id, invoice_id, credit_id from invoice_credits",
        (invoices.InvoiceCredited,), _ids("invoice_id", "credit_id"),
    ),
    Told(
        "invoices", "select firm_id, invoice_id, version, comments from documents where state = 'ready'",
        (invoices.InvoicePdfReady,), _documents,
    ),
    Told(
        "sharing", "select firm_id, share_id, generate_series(1, generation) as generation from shares",
        (sharing.InvoiceShared,), _begun,
    ),
    # A share that is active again ended in every generation before.
    Told(
        "sharing",
        """
        select firm_id, share_id,
            generate_series(1, generation - case when state = 'revoked' then 0 else 1 end) as generation
        from shares
        """,
        (sharing.SharesRevoked,), _generations,
    ),
    Told(
        "sharing", "select firm_id, communication_id from communications",
        (sharing.CommunicationLogged,), _ids("communication_id"),
    ),
    Told(
        "notify", "select firm_id, delivery_id from deliveries where state = 'accepted'",
        (notify.DeliveryAccepted,), _ids("delivery_id"),
    ),
    Told(
        "notify", "select firm_id, delivery_id from deliveries where state = 'failed'",
        (notify.DeliveryFailed,), _ids("delivery_id"),
    ),
    Told(
        "payments", "select firm_id, charge_id from charges where state = 'succeeded'",
        (payments.ChargeSettled,), _ids("charge_id"),
    ),
    Told(
        "payments", "select firm_id, refund_id from refunds where state = 'succeeded'",
        (payments.ChargeRefunded,), _ids("refund_id"),
    ),
    Told(
        "payments", "select firm_id, refund_id from refunds where state = 'declined'",
        (payments.RefundDeclined,), _ids("refund_id"),
    ),
)  # fmt: skip


async def find_rows_and_facts_apart(evidence: Evidence) -> list[Row]:
    """Find rows that nobody was told of, and facts without their row."""
    offenders: list[Row] = []
    for told in TOLD:
        kept = {tuple(row.values()) for row in await evidence.rows(told.service, told.query)}
        said = {(one.envelope.firm, *key) for one in evidence.facts(*told.models) for key in told.keys(one)}
        fact = " or ".join(model.__name__ for model in told.models)
        offenders += [{"firm_id": key[0], "row": key[1:], "without": fact} for key in sorted(kept - said, key=str)]
        offenders += [{"firm_id": key[0], "fact": fact, "of": key[1:], "without": "row"} for key in said - kept]
    return offenders


async def find_outbox_rows(evidence: Evidence) -> list[Row]:
    """Find messages that nobody has published."""
    query: LiteralString = "select event_id, topic, key, type, created_at from outbox order by outbox_id"
    return [{"service": owner, **row} for owner in evidence.databases for row in await evidence.rows(owner, query)]


PUBLISHED = (
    Invariant("I3", "what was decided was told, and nothing else", find_rows_and_facts_apart, reads_topics=True),
    Invariant("I8", "no message waits in an outbox", find_outbox_rows),
)

"""What is decided once is said once: each fact has something that there is only one of, whoever asked and how often."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from contracts import invoices, notify, payments, sharing
from contracts.message import Message, State
from contracts.registry import MESSAGES
from stack.check.evidence import Evidence, Row, TopicMessage
from stack.check.invariant import Invariant

Identities = Callable[[TopicMessage], list[tuple[Any, ...]]]


def by(*fields: str) -> Identities:
    """Take the values of these fields as what there is only one of."""
    return lambda message: [tuple(message.data[field] for field in fields)]


def by_cause(*fields: str) -> Identities:
    """Take the values of these fields together with the message that called for it."""
    return lambda message: [(message.envelope.causation, *(message.data[field] for field in fields))]


def _new_generations(message: TopicMessage) -> list[tuple[Any, ...]]:
    """Name what begins: a share in each generation once, and told again once for each act."""
    if message.data["is_resend"]:
        return [("again", message.envelope.causation, share["share_id"]) for share in message.data["shares"]]
    return _generations(message)


def _generations(message: TopicMessage) -> list[tuple[Any, ...]]:
    return [(share["share_id"], share["generation"]) for share in message.data["shares"]]


def _revision(message: TopicMessage) -> list[tuple[Any, ...]]:
    return [(message.envelope.subject, message.envelope.revision)]


# Classes in one row share their identities: a delivery is either accepted or failed.
SAID_ONCE: tuple[tuple[tuple[type[Message], ...], Identities], ...] = (
    ((invoices.InvoiceCreated,), by("invoice_id")),
    ((invoices.InvoiceFinalised,), by("invoice_id")),
    ((invoices.InvoiceRevised,), by("invoice_id", "version")),
    ((invoices.InvoiceVoided,), by("invoice_id")),
    ((invoices.InvoiceCredited,), by("invoice_id", "credit_id")),
    ((invoices.InvoicePdfReady,), by("invoice_id", "version", "comments")),
    ((sharing.InvoiceShared,), _new_generations),
    ((sharing.SharesRevoked,), _generations),
    ((sharing.CommunicationLogged,), by("communication_id")),
    ((notify.DeliveryAccepted, notify.DeliveryFailed), by("delivery_id")),
    ((payments.PaymentConcluded,), by("payment_id", "attempt")),
    ((payments.PaymentStarted,), by_cause("payment_id")),
    ((payments.ChargeSettled,), by("charge_id")),
    ((payments.ChargeDeclined,), by_cause("charge_id")),
    ((payments.ChargeRefunded, payments.RefundDeclined), by("refund_id")),
    *(((model,), _revision) for model in MESSAGES.values() if issubclass(model, State)),
)


async def find_facts_said_twice(evidence: Evidence) -> list[Row]:
    """Find facts of which two different messages say the same: somewhere one request had two effects."""
    offenders: list[Row] = []
    for models, identities in SAID_ONCE:
        said: defaultdict[tuple[Any, ...], list[TopicMessage]] = defaultdict(list)
        for message in evidence.facts(*models):
            for identity in identities(message):
                said[message.envelope.firm, *identity].append(message)
        offenders += [
            {"firm_id": key[0], "type": found[0].envelope.type, "said": len(found), "of": key[1:]}
            for key, found in said.items()
            if len(found) > 1
        ]
    return offenders


ONCE = (
    Invariant("I1", "each request had one effect: nothing is said twice", find_facts_said_twice, reads_topics=True),
)

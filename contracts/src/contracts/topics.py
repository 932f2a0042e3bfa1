"""Every topic, once: its name, its owner, what travels on it and for how long."""

from dataclasses import dataclass
from typing import Literal

TopicKind = Literal["facts", "state", "commands", "answers"]

Owner = Literal["invoices", "sharing", "notify", "payments"]
OWNERS: tuple[Owner, ...] = ("invoices", "sharing", "notify", "payments")


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic.

    A `state` topic is compacted: the last record of a key is the current state, and a null value deletes it.
    """

    name: str
    owner: Owner
    kind: TopicKind
    retention_days: int = 14

    @property
    def is_compacted(self) -> bool:
        return self.kind == "state"


FIRM = Topic("invoices.firm.v1", "invoices", "state")
STAFF_USER = Topic("invoices.staff-user.v1", "invoices", "state")
API_KEY = Topic("invoices.api-key.v1", "invoices", "state")
MATTER = Topic("invoices.matter.v1", "invoices", "state")
CONTACT = Topic("invoices.contact.v1", "invoices", "state")
INVOICE = Topic("invoices.invoice.v1", "invoices", "facts")
SHARE = Topic("sharing.share.v1", "sharing", "facts")
COMMUNICATION = Topic("sharing.communication.v1", "sharing", "facts")
DELIVERY = Topic("notify.delivery.v1", "notify", "facts")
PAYMENT = Topic("payments.payment.v1", "payments", "facts")
CHARGE = Topic("payments.charge.v1", "payments", "facts")
BALANCE = Topic("payments.balance.v1", "payments", "state")

COMMANDS: dict[Owner, Topic] = {owner: Topic(f"{owner}.commands.v1", owner, "commands") for owner in OWNERS}
ANSWERS: dict[Owner, Topic] = {owner: Topic(f"{owner}.answers.v1", owner, "answers") for owner in OWNERS}

ALL: tuple[Topic, ...] = (
    FIRM,
    STAFF_USER,
    API_KEY,
    MATTER,
    CONTACT,
    INVOICE,
    SHARE,
    COMMUNICATION,
    DELIVERY,
    PAYMENT,
    CHARGE,
    BALANCE,
    *COMMANDS.values(),
    *ANSWERS.values(),
)

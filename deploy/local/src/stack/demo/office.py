"""The firm of the story and what it has made so far, by the names that the story uses."""

from dataclasses import dataclass, field
from uuid import UUID

from stack.client.practice import Practice


@dataclass(frozen=True, slots=True)
class Person:
    """A contact of the story and the mailbox it reads."""

    contact_id: UUID
    name: str
    email: str


@dataclass(slots=True)
class Office:
    """Ids by name: what a step makes and a later one needs."""

    practice: Practice
    people: dict[str, Person] = field(default_factory=dict)
    matters: dict[str, UUID] = field(default_factory=dict)
    invoices: dict[str, UUID] = field(default_factory=dict)
    payments: dict[str, UUID] = field(default_factory=dict)

"""Wishes: contacts named when an invoice was drafted, who get it through the portal once it is final (mission I2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

from sharing.domain.admission import Barred, Refusal, obstacle_to_channel, obstacle_to_contact
from sharing.domain.replicas import Contact, Invoice, Key, Known
from sharing.domain.share import Share, holders

PATIENCE_SECONDS = 60.0
"""How long a wish may be barred before it is refused: news that lifts it may come late, and nobody would ask again."""

PAUSE_SECONDS_MIN = 1.0

WishState: TypeAlias = Literal["waiting", "due", "shared", "refused", "superseded"]
"""`waiting` for the invoice to be final; `due` until it can be granted, or has been barred for long; then decided.

`superseded`: somebody saved a set for the invoice before the wish was decided; that was the later word.
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """One wish, and the message it came with: who asked, and what its consequences are correlated with.

    `barred_seconds`: how long ago it was first found barred.
    """

    firm_id: UUID
    invoice_id: UUID
    contact_id: UUID
    wished_by: str
    correlation_id: UUID
    causation_id: UUID
    barred_seconds: float = 0.0

    @property
    def invoice_key(self) -> Key:
        return self.firm_id, self.invoice_id

    @property
    def pause_seconds(self) -> float:
        """How long to leave a barred wish alone: as long as it has been barred so far, at most to its refusal."""
        return min(max(self.barred_seconds, PAUSE_SECONDS_MIN), PATIENCE_SECONDS - self.barred_seconds)


@dataclass(frozen=True, slots=True)
class Decided:
    """How one wish ended. `refusal` is for the state `refused`."""

    wish: Wish
    state: WishState
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the due wishes of one invoice; those in neither wait on. `added` get it now.

    `barred` are looked at again: what stands against them may be old news.
    """

    added: tuple[Contact, ...]
    decided: tuple[Decided, ...]
    barred: tuple[Wish, ...]


def judge_wishes(invoice: Invoice, shares: Sequence[Share], wishes: Sequence[Wish], known: Known) -> Verdict:
    """Judge each wished contact as if it were shared with now: what was true when the draft was made may not be.

    A contact of whom nothing has arrived waits on, whatever stands against the others: its patience has not begun.
    """
    holding = holders(shares, "portal")
    for_all = obstacle_to_channel(invoice, "portal", known)
    added: list[Contact] = []
    decided: list[Decided] = []
    barred: list[Wish] = []
    for wish in wishes:
        contact = known.contacts.get((wish.firm_id, wish.contact_id))
        is_on_matter = (*invoice.matter_key, wish.contact_id) in known.members
        obstacle = for_all or obstacle_to_contact(invoice, "portal", contact, is_on_matter=is_on_matter)
        if wish.contact_id in holding:
            decided.append(Decided(wish, "shared", None))
        elif contact is None:
            continue
        elif obstacle is None:
            added.append(contact)
            decided.append(Decided(wish, "shared", None))
        elif isinstance(obstacle, Barred) and wish.barred_seconds >= PATIENCE_SECONDS:
            decided.append(Decided(wish, "refused", obstacle.refusal))
        elif isinstance(obstacle, Barred):
            barred.append(wish)
    return Verdict(tuple(added), tuple(decided), tuple(barred))

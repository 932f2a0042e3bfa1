"""Wishes: contacts named when an invoice was drafted, who get it through the portal once it is final (mission I2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

from sharing.domain.admission import Barred, Refusal, obstacle_to_contact, obstacle_to_portal
from sharing.domain.replicas import Contact, Invoice, Key, Known
from sharing.domain.share import Share, holders

WishState: TypeAlias = Literal["waiting", "due", "shared", "refused", "superseded"]
"""`waiting` for the invoice to be final; `due` until all that the decision needs has arrived; then decided.

`superseded`: somebody saved a set for the invoice before the wish was decided; that was the later word.
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """One wish, and the message it came with: who asked, and what its consequences are correlated with."""

    firm_id: UUID
    invoice_id: UUID
    contact_id: UUID
    wished_by: str
    correlation_id: UUID
    causation_id: UUID

    @property
    def invoice_key(self) -> Key:
        return self.firm_id, self.invoice_id


@dataclass(frozen=True, slots=True)
class Decided:
    """How one wish ended. `refusal` is for the state `refused`."""

    wish: Wish
    state: WishState
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the due wishes of one invoice; those not decided wait on. `added` get it now."""

    added: tuple[Contact, ...]
    decided: tuple[Decided, ...]


def judge_wishes(invoice: Invoice, shares: Sequence[Share], wishes: Sequence[Wish], known: Known) -> Verdict:
    """Judge each wished contact as if it were shared with now: what was true when the draft was made may not be."""
    holding = holders(shares, "portal")
    for_all = obstacle_to_portal(invoice, known)
    added: list[Contact] = []
    decided: list[Decided] = []
    for wish in wishes:
        contact = known.contacts.get((wish.firm_id, wish.contact_id))
        is_on_matter = (*invoice.matter_key, wish.contact_id) in known.members
        obstacle = for_all or obstacle_to_contact(invoice, contact, is_on_matter=is_on_matter)
        if wish.contact_id in holding:
            decided.append(Decided(wish, "shared", None))
        elif isinstance(obstacle, Barred):
            decided.append(Decided(wish, "refused", obstacle.refusal))
        elif obstacle is None and contact is not None:
            added.append(contact)
            decided.append(Decided(wish, "shared", None))
    return Verdict(tuple(added), tuple(decided))

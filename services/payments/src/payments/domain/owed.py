"""What an invoice owes: the one formula of P1. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed on one invoice, in its currency's smallest unit; never negative.

    `open_minor` keeps the invoice on the payment page; `payable_minor` is what may be taken now, without what is being
    processed; `excess_minor` is what was taken beyond the total, and is owed to the payer (P12).
    """

    open_minor: int
    payable_minor: int
    excess_minor: int


def what_is_owed(asked_minor: int, *, settled_minor: int = 0, refunded_minor: int = 0, held_minor: int = 0) -> Owed:
    """Tell what is owed. open = asked - settled + refunded; payable = open - unsettled holds.

    `asked_minor` is what the invoice asks for, its credits taken off; the others are sums over the invoice. None is
    negative. What is asked for and was lowered below what was settled leaves nothing
    open and an excess; holds that reach beyond what is open then leave nothing payable.
    """
    assert min(asked_minor, settled_minor, refunded_minor, held_minor) >= 0, "amounts have no sign"
    assert refunded_minor <= settled_minor, "only what was settled is refunded"
    difference_minor = asked_minor - settled_minor + refunded_minor
    open_minor = max(0, difference_minor)
    return Owed(
        open_minor=open_minor,
        payable_minor=max(0, open_minor - held_minor),
        excess_minor=max(0, -difference_minor),
    )

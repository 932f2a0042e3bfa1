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


def what_is_owed(
    total_minor: int, *, credits_minor: int = 0, settled_minor: int = 0, refunded_minor: int = 0, held_minor: int = 0
) -> Owed:
    """Tell what is owed. open = total - credits - settled + refunded; payable = open - unsettled holds.

    All amounts are sums over the invoice, none negative. A total that was lowered below what was settled leaves nothing
    open and an excess; holds that reach beyond what is open then leave nothing payable.
    """
    assert min(total_minor, credits_minor, settled_minor, refunded_minor, held_minor) >= 0, "amounts have no sign"
    assert refunded_minor <= settled_minor, "only what was settled is refunded"
    difference_minor = total_minor - credits_minor - settled_minor + refunded_minor
    open_minor = max(0, difference_minor)
    return Owed(
        open_minor=open_minor,
        payable_minor=max(0, open_minor - held_minor),
        excess_minor=max(0, -difference_minor),
    )

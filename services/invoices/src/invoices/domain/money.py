"""Money is integer minor units; the one rounding rule, and the one way to split a sum.

Rounding is half away from zero, per line: it is what people do by hand, so a line on paper can be checked with a
pocket calculator, and the total is the sum of what is printed. (Half to even is fairer over many sums but surprises
the reader of one; rounding the total alone makes the printed lines not add up.)
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

MINOR_MAX = 10**13
"""No sum of an invoice is above this: the wire's bound, far inside 64 bits."""

# ROUND_HALF_UP is decimal's name for half away from zero. The widest product has 14 + 11 digits; nothing is cut.
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)

# Digits after the point by ISO 4217; all other currencies have two.
# (The Unicode tables differ from it for currencies whose coins are out of use.)
_DIGITS = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


def digits_of(currency: str) -> int:
    """Tell how many digits the currency has after the point."""
    return _DIGITS.get(currency, 2)


def major_units(amount_minor: int, currency: str) -> Decimal:
    """Give the amount as people write it, exact."""
    return Decimal(amount_minor).scaleb(-digits_of(currency), context=_EXACT)


def rounded_minor(exact: Decimal) -> int:
    """Whole minor units of an exact amount."""
    return int(exact.to_integral_value(rounding=ROUND_HALF_UP, context=_EXACT))


def multiplied_minor(quantity: Decimal, unit_price_minor: int) -> int:
    """Quantity times price."""
    return rounded_minor(_EXACT.multiply(quantity, Decimal(unit_price_minor)))


def percent_minor(amount_minor: int, rate_percent: Decimal) -> int:
    """Take a percentage of an amount."""
    return rounded_minor(_EXACT.multiply(Decimal(amount_minor), rate_percent).scaleb(-2, context=_EXACT))


def spread_minor(sum_minor: int, weights: Sequence[int], tie_order: Sequence[int]) -> list[int]:
    """Split a sum in proportion to weights so that the parts add up to it, by largest remainder.

    No part is above its weight as long as the sum is not above theirs. Equal remainders are served in `tie_order`
    (positions), which the caller chooses by content, so that the split does not depend on the order of lines.
    """
    whole = sum(weights)
    assert 0 <= sum_minor <= whole
    if whole == 0:
        return [0] * len(weights)
    parts = [sum_minor * weight // whole for weight in weights]
    rank = {position: order for order, position in enumerate(tie_order)}
    by_remainder = sorted(
        range(len(weights)), key=lambda position: (-(sum_minor * weights[position] % whole), rank[position])
    )
    for position in by_remainder[: sum_minor - sum(parts)]:
        parts[position] += 1
    return parts

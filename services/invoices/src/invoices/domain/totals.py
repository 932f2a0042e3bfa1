"""What lines come to: amount per line, discount spread over them, tax on what is left, and the sums.

The discount is taken off before tax, in proportion to the amounts: a discount on the whole invoice lowers the price of
everything on it, at each line's own tax rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from invoices.domain.money import MINOR_MAX, multiplied_minor, percent_minor, spread_minor
from invoices.domain.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it was entered. `quantity` has up to 4 decimals; tax is added on top of the amount."""

    kind: str
    description: str
    quantity: Decimal
    unit_price_minor: int
    tax_rate_percent: Decimal

    @property
    def amount_minor(self) -> int:
        return multiplied_minor(self.quantity, self.unit_price_minor)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with what it comes to. `discount_minor` is its part of the invoice's discount; tax is on the rest."""

    line: Line
    amount_minor: int
    discount_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of one version. total = subtotal - discount + tax."""

    subtotal_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int


def price_lines(lines: Sequence[Line], discount_minor: int) -> list[PricedLine] | Refusal:
    """Each line with its amount, its part of the discount and its tax."""
    amounts = [line.amount_minor for line in lines]
    if sum(amounts) > MINOR_MAX:
        return Refusal.AMOUNT_TOO_LARGE
    if discount_minor > sum(amounts):
        return Refusal.DISCOUNT_EXCEEDS_SUBTOTAL
    # A cent that could go to either of two lines goes to the dearer, then to the one with more tax: by content, so
    # that two people who enter the same lines in another order get the same total.
    ties = sorted(range(len(lines)), key=lambda at: (amounts[at], lines[at].tax_rate_percent), reverse=True)
    discounts = spread_minor(discount_minor, amounts, ties)
    return [
        PricedLine(line, amount, discount, percent_minor(amount - discount, line.tax_rate_percent))
        for line, amount, discount in zip(lines, amounts, discounts, strict=True)
    ]


def total_up(lines: Sequence[Line], discount_minor: int) -> Totals | Refusal:
    """Sum up an invoice with these lines and this discount."""
    priced = price_lines(lines, discount_minor)
    if isinstance(priced, Refusal):
        return priced
    subtotal_minor = sum(line.amount_minor for line in priced)
    tax_minor = sum(line.tax_minor for line in priced)
    total_minor = subtotal_minor - discount_minor + tax_minor
    if total_minor > MINOR_MAX:
        return Refusal.AMOUNT_TOO_LARGE
    return Totals(subtotal_minor, discount_minor, tax_minor, total_minor)

"""The words on the PDF of a version, as the template `templates/invoice.typ` takes them."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, Protocol

from invoices.domain.firm import FirmProfile

Paper = Literal["us-letter", "a4"]

_LETTER_REGIONS = {"US", "CA"}
_LETTER_CURRENCIES = {"USD", "CAD"}
# Longer than what people take for a word: it may be broken where they do not expect it.
_UNBROKEN_MAX = 24
# So many of the widest letters fit into the narrowest column of lines.
_PIECE_LENGTH = 8
_WORD = re.compile(r"\S+")


class Wording(Protocol):
    """How the reader is used to seeing these, in the currency of the invoice."""

    def money(self, amount_minor: int) -> str:
        """Write an amount with the sign of its currency."""
        ...

    def digits(self, amount_minor: int) -> str:
        """Write an amount without it, for columns."""
        ...

    def number(self, exact: Decimal) -> str:
        """Write a number without trailing zeros."""
        ...

    def percent(self, rate_percent: Decimal) -> str:
        """Write a rate with its sign, without trailing zeros."""
        ...

    def day(self, day: date) -> str:
        """Write a day."""
        ...


@dataclass(frozen=True, slots=True)
class Labelled:
    """A value and what it is called."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """One of those the bill goes to."""

    role: str
    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the bill. `tax_rate` is empty where it is not taxed."""

    description: str
    quantity: str
    unit_price: str
    tax_rate: str
    amount: str


@dataclass(frozen=True, slots=True)
class Section:
    """All lines of one kind, in the order they were entered. `subtotal` is None where the section is the only one."""

    title: str
    quantity_label: str
    price_label: str
    rows: tuple[Row, ...]
    subtotal: str | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole PDF. `colour` is `#rrggbb`; comments and notes are texts of one or more lines each."""

    paper: Paper
    colour: str
    firm_name: str
    firm_email: str
    number: str
    is_revised: bool
    facts: tuple[Labelled, ...]
    addressees: tuple[Addressee, ...]
    matter: str
    amount_label: str
    is_taxed: bool
    sections: tuple[Section, ...]
    sums: tuple[Labelled, ...]
    total: Labelled
    comments: tuple[str, ...]
    notes: str | None


def paper_of(firm: FirmProfile) -> Paper:
    """Choose the paper the firm's printer holds: by the region of its locale, or by its currency where it has none."""
    region = firm.locale.partition("-")[2]
    if region:
        return "us-letter" if region in _LETTER_REGIONS else "a4"
    return "us-letter" if firm.currency in _LETTER_CURRENCIES else "a4"


def breakable(text: str, unbroken_max: int = _UNBROKEN_MAX) -> str:
    """Give words that may not fit into a column places to break (zero-width spaces); all else stays as it is."""
    if max(map(len, text.split()), default=0) <= unbroken_max:
        return text
    return _WORD.sub(
        lambda word: _pieces(word[0], min(_PIECE_LENGTH, unbroken_max)) if len(word[0]) > unbroken_max else word[0],
        text,
    )


def _pieces(word: str, length: int) -> str:
    return "\u200b".join(word[at : at + length] for at in range(0, len(word), length))

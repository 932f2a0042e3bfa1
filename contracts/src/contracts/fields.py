"""The field types that messages share: bounds and patterns are part of the contract."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from contracts.card_numbers import refuse_card_numbers

# Control characters would let a name become a mail header; they are refused where text enters.
# Characters that turn the direction of writing could make one name look like another.
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$"
MANY_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*$"
# One address, without display name, quoting or comments: anything else is refused (RFC 5321 section 4.1.2, narrowed).
_DOMAIN_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
ONE_ADDRESS = rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_DOMAIN_LABEL}(?:\.{_DOMAIN_LABEL})+$"

_PHONE = r"^\+[1-9][0-9]{6,14}$"
_LOCALE = r"^[a-z]{2}(-[A-Z]{2})?$"
_TIME_ZONE = r"^[A-Za-z0-9_+/-]+$"
_COLOUR = r"^#[0-9a-f]{6}$"
_CURRENCY = r"^[A-Z]{3}$"
_SHA256 = r"^[0-9a-f]{64}$"
_SCOPE = r"^[a-z_]+:(read|write)$"
_SLUG = r"^[a-z][a-z0-9_]*$"
_WORDS_OF = {
    ONE_LINE: "one line without control characters",
    MANY_LINES: "text without control characters",
    ONE_ADDRESS: "one e-mail address, such as ada@example.com",
    _PHONE: "a telephone number with + and country code, such as +43123456789",
    _LOCALE: "a language, such as en or de-AT",
    _TIME_ZONE: "a time zone, such as Europe/Vienna",
    _COLOUR: "a colour, such as #0a5fd2",
    _CURRENCY: "three capital letters (ISO 4217), such as USD",
    _SHA256: "a SHA-256 in 64 small hex digits",
    _SCOPE: "a scope, such as invoices:read",
    _SLUG: "small letters, digits and underscores",
}

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=ONE_LINE, strip_whitespace=True)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=ONE_LINE, strip_whitespace=True)]
Paragraphs = Annotated[str, StringConstraints(min_length=1, max_length=5000, pattern=MANY_LINES)]
EmailAddress = Annotated[str, StringConstraints(max_length=254, pattern=ONE_ADDRESS)]
Phone = Annotated[str, StringConstraints(pattern=_PHONE)]
"""E.164."""
Locale = Annotated[str, StringConstraints(pattern=_LOCALE)]
TimeZone = Annotated[str, StringConstraints(max_length=64, pattern=_TIME_ZONE)]
"""A name of the IANA time zone database."""
Colour = Annotated[str, StringConstraints(pattern=_COLOUR)]
Currency = Annotated[str, StringConstraints(pattern=_CURRENCY)]
"""ISO 4217."""
Sha256 = Annotated[str, StringConstraints(pattern=_SHA256)]
Scope = Annotated[str, StringConstraints(max_length=40, pattern=_SCOPE)]
Slug = Annotated[str, StringConstraints(max_length=60, pattern=_SLUG)]

MethodToken = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, pattern=ONE_LINE, strip_whitespace=True),
    AfterValidator(refuse_card_numbers),
    Field(description="The processor's name for a payment method; what holds a card number is refused."),
]
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=ONE_LINE, strip_whitespace=True),
    AfterValidator(refuse_card_numbers),
    Field(description="Why, in a person's words; what holds a card number is refused."),
]
SaidParagraphs = Annotated[
    Paragraphs,
    AfterValidator(refuse_card_numbers),
    Field(description="In a person's words, as commands bring them in; what holds a card number is refused."),
]
"""For commands alone: facts told of what was said before there was this rule, and must stay readable."""
SaidName = Annotated[
    Name,
    AfterValidator(refuse_card_numbers),
    Field(description="One line in a person's words, as commands bring it in; what holds a card number is refused."),
]

MINOR_MAX = 10**13
SUM_MAX = 9 * 10**15
Minor = Annotated[int, Field(strict=True, ge=0, le=MINOR_MAX)]
"""An amount in the currency's smallest unit."""
PositiveMinor = Annotated[int, Field(strict=True, ge=1, le=MINOR_MAX)]
"""An amount that is not nothing. A type of its own: a bound given beside `Minor` would be overruled by its own."""
SumMinor = Annotated[int, Field(strict=True, ge=0, le=SUM_MAX)]
"""What many amounts add up to, each of which `Minor` bounds: still exact where numbers are floating-point ones."""
DECIMAL_TEXT = {"type": "string", "pattern": r"^[0-9]{1,7}(\.[0-9]{1,4})?$"}
Quantity = Annotated[Decimal, Field(gt=0, le=1_000_000, decimal_places=4), WithJsonSchema(DECIMAL_TEXT)]
TaxRate = Annotated[Decimal, Field(ge=0, le=100, decimal_places=4), WithJsonSchema(DECIMAL_TEXT)]
"""Per cent."""

Channel = Literal["portal", "email", "link", "text"]
ItemKind = Literal["invoice", "event", "task", "note", "document", "message", "form"]
CommentChoice = Literal["all", "none"]
"""Which client-visible comments a share shows; internal ones are never shown."""
ContactRole = Literal["billing", "client", "other", "location"]


def plain_fault(message: str) -> str:
    """Say what is expected where pydantic's message quotes a pattern; leave out what only programmers know."""
    for pattern, words in _WORDS_OF.items():
        if message == f"String should match pattern '{pattern}'":
            return f"must be {words}"
    return message.removeprefix("Value error, ")

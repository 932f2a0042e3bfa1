"""Card numbers never enter (P11): text that holds one is refused where it would come in, and is not repeated."""

import re

_GAP = r"[ \u00a0\u2010-\u2015-]"
# 13 to 19 digits (ISO/IEC 7812) in a row, or as cards show them, in groups. Numbers of invoices and dates in a row are
# grouped otherwise; they would pass the check one time in ten. Each form may begin within another: hence looking ahead.
_FORMS = tuple(
    re.compile(rf"(?<![0-9])(?=({form})(?![0-9]))")
    for form in (
        "[0-9]{13,19}",
        f"[0-9]{{4}}(?:{_GAP}[0-9]{{4}}){{3}}",
        f"[0-9]{{4}}(?:{_GAP}[0-9]{{4}}){{3}}{_GAP}[0-9]{{1,3}}",
        f"3[0-9]{{3}}{_GAP}[0-9]{{6}}{_GAP}[0-9]{{4,5}}",
    )
)
# What schemes issue (Visa, Mastercard, American Express, Diners, JCB, Discover, Maestro, UnionPay) begins like this;
# what else passes the check by chance (times, telephone numbers with 00, article numbers) may stay.
_ISSUED = re.compile(r"4|5[0-8]|2[2-7]|3[0-9]|6")


def refuse_card_numbers(text: str) -> str:
    """Give text back that holds no card number.

    Raises: ValueError, which does not say which one.
    """
    if any(_ISSUED.match(written) and _passes_check(written) for form in _FORMS for written in form.findall(text)):
        raise ValueError("must not hold a card number")
    return text


def _passes_check(written: str) -> bool:
    """Tell by the last digit, which follows from the others (Luhn)."""
    digits = [int(character) for character in reversed(written) if character.isdigit()]
    doubled = [2 * digit for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(value // 10 + value % 10 for value in doubled)) % 10 == 0

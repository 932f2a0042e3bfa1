"""Amounts as people write them, for texts that say them: the currency's code, then as many digits as it has. Pure."""

from decimal import Decimal

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


def money_words(amount_minor: int, currency: str) -> str:
    """Write an amount for a person, exact: `USD 1,846.20`, `JPY 500`, `KWD 1.234`."""
    digits = _DIGITS.get(currency, 2)
    return f"{currency} {Decimal(amount_minor).scaleb(-digits):,.{digits}f}"

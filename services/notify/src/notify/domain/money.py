"""From minor units to what people read: how many digits a currency has after the point."""

from decimal import Decimal

# ISO 4217; all others have two. (The Unicode tables differ from it for currencies whose coins are out of use.)
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
    return Decimal(amount_minor).scaleb(-digits_of(currency))

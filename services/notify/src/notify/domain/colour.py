"""Text that can be read on a firm's colour, whatever colour the firm chose."""

WHITE, BLACK = "#ffffff", "#111111"
_LINEAR_MAX = 0.04045
"""Up to here sRGB is a straight line."""


def readable_on(background: str) -> str:
    """Choose white or near-black text for a `#rrggbb` background: whichever has more contrast (WCAG 2.2)."""
    luminance = _luminance(background)
    on_white = (_luminance(WHITE) + 0.05) / (luminance + 0.05)
    on_black = (luminance + 0.05) / (_luminance(BLACK) + 0.05)
    return WHITE if on_white >= on_black else BLACK


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _LINEAR_MAX else ((channel + 0.055) / 1.055) ** 2.4

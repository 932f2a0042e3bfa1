"""Headers of a Kafka record as text and back, whatever bytes they hold."""

import msgspec


def headers_to_json(headers: tuple[tuple[str, bytes | None], ...]) -> str:
    """Write header values as text."""
    # Latin-1 maps every byte to one character and back, so odd header values survive in JSON.
    pairs = [[name, None if value is None else value.decode("latin-1")] for name, value in headers]
    return msgspec.json.encode(pairs).decode()


def headers_from_json(text: str) -> tuple[tuple[str, bytes | None], ...]:
    """Read header values as they came on the record."""
    pairs = msgspec.json.decode(text, type=list[tuple[str, str | None]])
    return tuple((name, None if value is None else value.encode("latin-1")) for name, value in pairs)

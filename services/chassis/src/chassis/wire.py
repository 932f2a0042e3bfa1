"""Bytes of a record's body to envelope and back, cheaply: `data` stays raw until its model is known.

The fields are those of `contracts.envelope.Envelope`, of which the schema is made; a test holds the two together.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from contracts.envelope import ACTOR
from contracts.message import Message

INTEGER_MAX = 2**31 - 1
ShortText = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00]*$")]
"""What a database column and its index take."""


class WireEnvelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """CloudEvents 1.0 attributes and Handbill's extensions of one record, with undecoded data."""

    specversion: str = "1.0"
    id: UUID
    source: ShortText
    type: ShortText
    subject: ShortText
    time: datetime
    datacontenttype: str = "application/json"
    data: msgspec.Raw
    firm: UUID
    revision: Annotated[int, Meta(ge=1, le=INTEGER_MAX)] | None = None
    actor: Annotated[str, Meta(pattern=ACTOR)]
    correlation: UUID
    causation: UUID | None = None


class UnreadableEnvelopeError(Exception):
    """The body is no CloudEvents object of Handbill's; the message says where it goes wrong."""


_decoder = msgspec.json.Decoder(WireEnvelope)
_encoder = msgspec.json.Encoder()


def read_envelope(body: bytes) -> WireEnvelope:
    """Decode a record's body, leaving `data` raw.

    Raises: UnreadableEnvelopeError.
    """
    try:
        envelope = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableEnvelopeError(str(error)) from error
    if envelope.specversion != "1.0":
        raise UnreadableEnvelopeError(f"specversion {envelope.specversion!r} is not 1.0")
    if envelope.time.tzinfo is None:
        raise UnreadableEnvelopeError("time has no zone")
    return envelope


def write_envelope(data: Message, **attributes: Any) -> bytes:
    """Encode a message with its envelope attributes as a record's body."""
    raw = msgspec.Raw(data.model_dump_json().encode())
    return _encoder.encode(WireEnvelope(data=raw, **attributes))

"""Grants: signed words of the gate that a contact may start to pay one invoice, for ten seconds.

A grant reads `<payload>.<signature>`, both base64url without padding. The payload is canonical JSON; the signature is
Ed25519 over what it is for and the payload, so that nothing else signed with the same key passes for a grant.
Whoever grants holds the private key; all others hold the public one and can check without asking.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LIFETIME = timedelta(seconds=10)
CLOCK_SKEW_MAX = timedelta(seconds=2)
"""How far the granter's clock may be ahead of ours."""
TEXT_LENGTH_MAX = 2000
KEY_BYTES = 32

_PURPOSE = b"handbill.payment-grant.v1\0"


@dataclass(frozen=True, slots=True)
class Grant:
    """What was granted, and by which share. `version` is the newest one that the granter knows of the invoice."""

    firm_id: UUID
    contact_id: UUID
    share_id: UUID
    generation: int
    invoice_id: UUID
    version: int
    issued_at: datetime


class GrantInvalid(Exception):
    """No grant, not signed by the granter, or too old; the message says which and holds nothing of the text."""


class GrantTooOld(GrantInvalid):
    """A grant that was good: whoever still wants it asks again."""


class GrantKeyUnreadable(ValueError):
    """A setting does not hold a key as `make_key_pair` writes it."""


def sign_grant(private_key: Ed25519PrivateKey, grant: Grant) -> str:
    """Write a grant that everyone who has the public key can check."""
    payload = msgspec.json.encode(grant, order="sorted")
    return f"{_to_text(payload)}.{_to_text(private_key.sign(_PURPOSE + payload))}"


def verify_grant(public_key: Ed25519PublicKey, text: str, now: datetime) -> Grant:
    """Read a grant. That it is for this firm, contact and invoice is the caller's to compare.

    Raises: GrantInvalid.
    """
    if len(text) > TEXT_LENGTH_MAX:
        raise GrantInvalid("too long")
    payload_text, _, signature_text = text.partition(".")
    try:
        payload, signature = _to_bytes(payload_text), _to_bytes(signature_text)
        public_key.verify(signature, _PURPOSE + payload)
        grant = msgspec.json.decode(payload, type=Grant)
    except (binascii.Error, UnicodeEncodeError, msgspec.DecodeError):
        raise GrantInvalid("not a grant") from None
    except InvalidSignature:
        raise GrantInvalid("not signed by the granter") from None
    if now - grant.issued_at > LIFETIME:
        raise GrantTooOld("too old")
    if grant.issued_at - now > CLOCK_SKEW_MAX:
        raise GrantInvalid("from the future")
    return grant


def make_key_pair() -> tuple[str, str]:
    """Make a private key and its public one, each as a setting holds it."""
    private_key = Ed25519PrivateKey.generate()
    return _to_text(private_key.private_bytes_raw()), _to_text(private_key.public_key().public_bytes_raw())


def read_private_key(text: str) -> Ed25519PrivateKey:
    """Read the granter's key from its setting.

    Raises: GrantKeyUnreadable.
    """
    return Ed25519PrivateKey.from_private_bytes(_key_bytes(text))


def read_public_key(text: str) -> Ed25519PublicKey:
    """Read the key that grants are checked with from its setting.

    Raises: GrantKeyUnreadable.
    """
    return Ed25519PublicKey.from_public_bytes(_key_bytes(text))


def _key_bytes(text: str) -> bytes:
    try:
        key = _to_bytes(text)
    except (binascii.Error, UnicodeEncodeError):
        key = b""
    if len(key) != KEY_BYTES:
        raise GrantKeyUnreadable(f"a key is {KEY_BYTES} bytes in base64url")
    return key


def _to_text(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def _to_bytes(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)

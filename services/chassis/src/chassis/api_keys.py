"""API keys as every service knows them: hash and scopes, so that each checks keys by itself.

A key reads `hbk_<id>_<secret>`; the secret has 256 bits, so a plain SHA-256 of it cannot be searched (ASVS 6.5.2).
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import LiteralString, Protocol
from uuid import UUID

from chassis.database import Tx
from chassis.principal import Principal

PREFIX = "hbk"


class StatedKey(Protocol):
    """What the keys' owner states of one, in whichever message. `secret_sha256` is in hex."""

    @property
    def api_key_id(self) -> UUID: ...
    @property
    def label(self) -> str: ...
    @property
    def secret_sha256(self) -> str: ...
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def staff_user_id(self) -> UUID | None: ...
    @property
    def is_revoked(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key's state at a revision. `secret_sha256` is the digest's 32 bytes."""

    api_key_id: UUID
    firm_id: UUID
    label: str
    secret_sha256: bytes
    scopes: tuple[str, ...]
    staff_user_id: UUID | None
    is_revoked: bool
    revision: int

    @classmethod
    def stated(cls, firm_id: UUID, revision: int, key: StatedKey) -> "ApiKey":
        """Take a key as it was stated."""
        return cls(
            api_key_id=key.api_key_id,
            firm_id=firm_id,
            label=key.label,
            secret_sha256=bytes.fromhex(key.secret_sha256),
            scopes=tuple(key.scopes),
            staff_user_id=key.staff_user_id,
            is_revoked=key.is_revoked,
            revision=revision,
        )

    @property
    def principal(self) -> Principal:
        return Principal(self.firm_id, "api_key", str(self.api_key_id), frozenset(self.scopes))


# An older revision never overwrites a newer one; a key never changes firm.
_UPSERT: LiteralString = """
insert into api_keys (api_key_id, firm_id, label, secret_sha256, scopes, staff_user_id, is_revoked, revision)
select api_key_id, firm_id, label, secret_sha256, string_to_array(scopes, ' '), staff_user_id, is_revoked, revision
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::uuid[], $7::boolean[], $8::integer[])
    as key (api_key_id, firm_id, label, secret_sha256, scopes, staff_user_id, is_revoked, revision)
on conflict on constraint api_keys_pkey do update
set label = excluded.label, secret_sha256 = excluded.secret_sha256, scopes = excluded.scopes,
    staff_user_id = excluded.staff_user_id, is_revoked = excluded.is_revoked, revision = excluded.revision
where api_keys.revision < excluded.revision and api_keys.firm_id = excluded.firm_id
"""
_FIND: LiteralString = """
select api_key_id, firm_id, label, secret_sha256, scopes, staff_user_id, is_revoked, revision
from api_keys where api_key_id = any($1::uuid[])
"""


async def upsert_api_keys(tx: Tx, keys: Sequence[ApiKey]) -> None:
    """Keep the newest state of each key. At most one entry per key. Safe to repeat."""
    await tx.execute(
        _UPSERT,
        [key.api_key_id for key in keys],
        [key.firm_id for key in keys],
        [key.label for key in keys],
        [key.secret_sha256 for key in keys],
        [" ".join(key.scopes) for key in keys],
        [key.staff_user_id for key in keys],
        [key.is_revoked for key in keys],
        [key.revision for key in keys],
    )


async def find_api_keys(tx: Tx, api_key_ids: Sequence[UUID]) -> dict[UUID, ApiKey]:
    """Keys by id, revoked ones too; unknown ids are missing."""
    rows = await tx.fetch(_FIND, api_key_ids)
    return {
        row["api_key_id"]: ApiKey(
            api_key_id=row["api_key_id"],
            firm_id=row["firm_id"],
            label=row["label"],
            secret_sha256=row["secret_sha256"],
            scopes=tuple(row["scopes"]),
            staff_user_id=row["staff_user_id"],
            is_revoked=row["is_revoked"],
            revision=row["revision"],
        )
        for row in rows
    }


def make_secret() -> str:
    """Make a new secret; only its digest is kept."""
    return secrets.token_hex(32)


def secret_digest(secret: str) -> bytes:
    """Digest a secret as it is kept: 32 bytes."""
    return sha256(secret.encode()).digest()


def written_key(api_key_id: UUID, secret: str) -> str:
    """Write a key as its holder sends it in the `Authorization` header."""
    return f"{PREFIX}_{api_key_id.hex}_{secret}"


async def authenticate(tx: Tx, written: str) -> Principal | None:
    """Find the principal of a written key; None for a malformed, unknown or revoked one, or a wrong secret."""
    prefix, _, rest = written.partition("_")
    key_hex, _, secret = rest.partition("_")
    if prefix != PREFIX or len(key_hex) != 32 or not secret:  # noqa: PLR2004 - a UUID in hex
        return None
    try:
        api_key_id = UUID(hex=key_hex)
    except ValueError:
        return None
    key = (await find_api_keys(tx, [api_key_id])).get(api_key_id)
    if key is None or not hmac.compare_digest(key.secret_sha256, secret_digest(secret)) or key.is_revoked:
        return None
    return key.principal

"""End an API key.

Source: mission I1, X5. Refuses a key that is not there.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from chassis import outbox
from chassis.api_keys import ApiKey, upsert_api_keys
from chassis.database import Tx
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.invoices import RevokeApiKey
from contracts.message import Part
from invoices.domain.refusal import Refusal
from invoices.store.api_keys import key_state, lock_api_keys


class RevokeApiKeyAnswer(Part):
    """The key's revision after the change."""

    api_key_id: UUID
    revision: int


async def revoke_api_key(tx: Tx, requests: Sequence[Request[RevokeApiKey]]) -> list[Outcome]:
    """Revoke keys, in the caller's transaction. Safe to repeat: a revoked key stays as it is."""
    present = await lock_api_keys(tx, [(request.firm_id, request.command.api_key_id) for request in requests])
    decided = [_revoked(present.get((request.firm_id, request.command.api_key_id))) for request in requests]
    changed = [
        (request, key)
        for request, key in zip(requests, decided, strict=True)
        if key is not None and key is not present[key.firm_id, key.api_key_id]
    ]
    await upsert_api_keys(tx, [key for _, key in changed])
    await outbox.append(tx, [request.cause.message(key_state(key), revision=key.revision) for request, key in changed])
    return [_outcome(key) for key in decided]


def _revoked(key: ApiKey | None) -> ApiKey | None:
    if key is None or key.is_revoked:
        return key
    return replace(key, is_revoked=True, revision=key.revision + 1)


def _outcome(key: ApiKey | None) -> Outcome:
    if key is None:
        return Refused(Refusal.UNKNOWN_API_KEY, Refusal.UNKNOWN_API_KEY.detail)
    return Done(RevokeApiKeyAnswer(api_key_id=key.api_key_id, revision=key.revision))

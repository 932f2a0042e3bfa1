"""Make an API key known by its hash; who made the secret (the asker, or the HTTP edge for them) is not asked here.

Source: mission I1, X5. Refuses an unknown firm, scopes that the asker lacks, a disabled staff account, an id in use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from chassis import outbox
from chassis.api_keys import ApiKey
from chassis.database import Tx
from chassis.outcome import Done, NotYetKnown, Outcome, Refused, Request
from contracts.invoices import RegisterApiKey
from contracts.message import Part
from invoices.domain.key import Key
from invoices.domain.refusal import Refusal
from invoices.domain.scopes import covers
from invoices.domain.staff_user import StaffUser
from invoices.store.api_keys import find_firm_api_keys, insert_api_keys, key_state
from invoices.store.firms import find_known_firms
from invoices.store.staff_users import share_staff_users


class RegisterApiKeyAnswer(Part):
    """The key's id; a key is used as `hbk_<id in hex>_<secret>`."""

    api_key_id: UUID
    revision: int


async def register_api_key(tx: Tx, requests: Sequence[Request[RegisterApiKey]]) -> list[Outcome]:
    """Register keys, in the caller's transaction. Registering the same one again changes nothing."""
    staff_keys = [_staff_key(request) for request in requests]
    staff_users = await share_staff_users(tx, [key for key in staff_keys if key])
    firms = await find_known_firms(tx, [request.firm_id for request in requests])
    decided = [_decide(request, firms, staff_users) for request in requests]
    wanted = [key for key in decided if isinstance(key, ApiKey)]
    inserted = await insert_api_keys(tx, wanted)
    present = await find_firm_api_keys(tx, [_key(key) for key in wanted if _key(key) not in inserted])
    await outbox.append(
        tx,
        [
            request.cause.message(key_state(key), revision=1)
            for request, key in zip(requests, decided, strict=True)
            if isinstance(key, ApiKey) and _key(key) in inserted
        ],
    )
    return [_outcome(key, inserted, present) for key in decided]


def _key(key: ApiKey) -> Key:
    return key.firm_id, key.api_key_id


def _staff_key(request: Request[RegisterApiKey]) -> Key | None:
    staff_user_id = request.command.staff_user_id
    return (request.firm_id, staff_user_id) if staff_user_id else None


def _decide(
    request: Request[RegisterApiKey], firms: set[UUID], staff_users: Mapping[Key, StaffUser]
) -> ApiKey | Refusal | NotYetKnown:
    command = request.command
    if request.firm_id not in firms:
        return Refusal.UNKNOWN_FIRM
    if not covers(request.principal.may, command.scopes):
        return Refusal.SCOPE_MISSING
    staff_key = _staff_key(request)
    if staff_key and staff_key not in staff_users:
        return NotYetKnown("staff_user")
    if staff_key and not staff_users[staff_key].is_enabled:
        return Refusal.STAFF_USER_DISABLED
    return ApiKey(
        api_key_id=command.api_key_id,
        firm_id=request.firm_id,
        label=command.label,
        secret_sha256=bytes.fromhex(command.secret_sha256),
        scopes=tuple(sorted(set(command.scopes))),
        staff_user_id=command.staff_user_id,
        is_revoked=False,
        revision=1,
    )


def _outcome(wanted: ApiKey | Refusal | NotYetKnown, inserted: set[Key], present: Mapping[Key, ApiKey]) -> Outcome:
    if isinstance(wanted, NotYetKnown):
        return wanted
    if isinstance(wanted, Refusal):
        return Refused(wanted, wanted.detail)
    there = wanted if _key(wanted) in inserted else present.get(_key(wanted))
    # A key that was revoked since counts as the same: registering it again must not fail, nor bring it back.
    if there is None or replace(there, is_revoked=False, revision=1) != wanted:
        return Refused(Refusal.ALREADY_EXISTS, Refusal.ALREADY_EXISTS.detail)
    return Done(RegisterApiKeyAnswer(api_key_id=there.api_key_id, revision=there.revision))

"""Replace what a staff account says; disabling it revokes its API keys in the same transaction.

Source: mission I1. Refuses an account that is not there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from chassis import outbox
from chassis.api_keys import ApiKey, upsert_api_keys
from chassis.database import Tx
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.invoices import ChangeStaffUser, StaffUserChanged
from contracts.message import Part
from invoices.domain.key import Key
from invoices.domain.refusal import Refusal
from invoices.domain.staff_user import StaffUser
from invoices.store.api_keys import key_state, lock_api_keys_of_staff
from invoices.store.staff_users import lock_staff_users, update_staff_users


class ChangeStaffUserAnswer(Part):
    """The account's revision after the change."""

    staff_user_id: UUID
    revision: int


async def change_staff_user(tx: Tx, requests: Sequence[Request[ChangeStaffUser]]) -> list[Outcome]:
    """Change accounts, in the caller's transaction. The same content again changes nothing."""
    present = await lock_staff_users(tx, [_key(request) for request in requests])
    decided = [_decide(request, present) for request in requests]
    changed = {
        staff_user.key: (request, staff_user)
        for request, staff_user in zip(requests, decided, strict=True)
        if staff_user is not None and staff_user is not present[staff_user.key]
    }
    await update_staff_users(tx, [staff_user for _, staff_user in changed.values()])
    facts = [
        request.cause.message(
            StaffUserChanged.model_validate(staff_user, from_attributes=True), revision=staff_user.revision
        )
        for request, staff_user in changed.values()
    ]
    revoked = await _revoke_keys(tx, [key for key, (_, staff_user) in changed.items() if not staff_user.is_enabled])
    facts += [changed[staff_key][0].cause.message(key_state(key), revision=key.revision) for staff_key, key in revoked]
    await outbox.append(tx, facts)
    return [_outcome(staff_user) for staff_user in decided]


def _key(request: Request[ChangeStaffUser]) -> Key:
    return request.firm_id, request.command.staff_user_id


def _decide(request: Request[ChangeStaffUser], present: Mapping[Key, StaffUser]) -> StaffUser | None:
    staff_user = present.get(_key(request))
    if staff_user is None:
        return None
    command = request.command
    wanted = replace(
        staff_user, name=command.name, email=command.email, role=command.role, is_enabled=command.is_enabled
    )
    return staff_user if wanted == staff_user else replace(wanted, revision=staff_user.revision + 1)


async def _revoke_keys(tx: Tx, disabled: Sequence[Key]) -> list[tuple[Key, ApiKey]]:
    """Revoke the keys of disabled accounts; returns them with whose they were."""
    if not disabled:
        return []
    in_force = await lock_api_keys_of_staff(tx, disabled)
    revoked = [replace(key, is_revoked=True, revision=key.revision + 1) for key in in_force]
    await upsert_api_keys(tx, revoked)
    return [((key.firm_id, key.staff_user_id), key) for key in revoked if key.staff_user_id]


def _outcome(staff_user: StaffUser | None) -> Outcome:
    if staff_user is None:
        return Refused(Refusal.UNKNOWN_STAFF_USER, Refusal.UNKNOWN_STAFF_USER.detail)
    return Done(ChangeStaffUserAnswer(staff_user_id=staff_user.staff_user_id, revision=staff_user.revision))

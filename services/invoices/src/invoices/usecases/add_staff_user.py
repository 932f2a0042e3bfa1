"""Open a staff account.

Source: mission I1. Refuses an unknown firm, an id that is in use with other content.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis import outbox
from chassis.database import Tx
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.invoices import AddStaffUser, StaffUserChanged
from contracts.message import Part
from invoices.domain.key import Key
from invoices.domain.refusal import Refusal
from invoices.domain.staff_user import StaffUser
from invoices.store.firms import find_known_firms
from invoices.store.staff_users import find_staff_users, insert_staff_users


class AddStaffUserAnswer(Part):
    """The account as it was opened."""

    staff_user_id: UUID
    revision: int


async def add_staff_user(tx: Tx, requests: Sequence[Request[AddStaffUser]]) -> list[Outcome]:
    """Open accounts, in the caller's transaction. Opening the same one again changes nothing."""
    firms = await find_known_firms(tx, [request.firm_id for request in requests])
    wanted = [_wanted(request) for request in requests]
    inserted = await insert_staff_users(tx, [staff_user for staff_user in wanted if staff_user.firm_id in firms])
    present = await find_staff_users(tx, [staff_user.key for staff_user in wanted if staff_user.key not in inserted])
    await outbox.append(
        tx,
        [
            request.cause.message(StaffUserChanged.model_validate(staff_user, from_attributes=True), revision=1)
            for request, staff_user in zip(requests, wanted, strict=True)
            if staff_user.key in inserted
        ],
    )
    return [
        _outcome(staff_user, inserted, present)
        if staff_user.firm_id in firms
        else Refused(Refusal.UNKNOWN_FIRM, Refusal.UNKNOWN_FIRM.detail)
        for staff_user in wanted
    ]


def _wanted(request: Request[AddStaffUser]) -> StaffUser:
    command = request.command
    return StaffUser(
        request.firm_id,
        command.staff_user_id,
        command.name,
        command.email,
        command.role,
        is_enabled=True,
        revision=1,
    )


def _outcome(wanted: StaffUser, inserted: set[Key], present: Mapping[Key, StaffUser]) -> Outcome:
    there = wanted if wanted.key in inserted else present.get(wanted.key)
    if there is None or (there.name, there.email, there.role) != (wanted.name, wanted.email, wanted.role):
        return Refused(Refusal.ALREADY_EXISTS, Refusal.ALREADY_EXISTS.detail)
    return Done(AddStaffUserAnswer(staff_user_id=there.staff_user_id, revision=there.revision))

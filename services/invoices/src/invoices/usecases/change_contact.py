"""Replace what a contact says.

Source: mission I1. Refuses a contact that is not there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from chassis import outbox
from chassis.database import Tx
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.invoices import ChangeContact, ContactChanged
from contracts.message import Part
from invoices.domain.contact import Contact, ContactProfile
from invoices.domain.key import Key
from invoices.domain.refusal import Refusal
from invoices.store.contacts import lock_contacts, update_contacts


class ChangeContactAnswer(Part):
    """The contact's revision after the change."""

    contact_id: UUID
    revision: int


async def change_contact(tx: Tx, requests: Sequence[Request[ChangeContact]]) -> list[Outcome]:
    """Change contacts, in the caller's transaction. The same profile again changes nothing."""
    present = await lock_contacts(tx, [_key(request) for request in requests])
    decided = [_decide(request, present) for request in requests]
    changed = [
        (request, contact)
        for request, contact in zip(requests, decided, strict=True)
        if contact is not None and contact is not present[contact.key]
    ]
    await update_contacts(tx, [contact for _, contact in changed])
    await outbox.append(
        tx,
        [
            request.cause.message(
                ContactChanged.model_validate(contact, from_attributes=True), revision=contact.revision
            )
            for request, contact in changed
        ],
    )
    return [_outcome(contact) for contact in decided]


def _key(request: Request[ChangeContact]) -> Key:
    return request.firm_id, request.command.contact_id


def _decide(request: Request[ChangeContact], present: Mapping[Key, Contact]) -> Contact | None:
    contact = present.get(_key(request))
    if contact is None:
        return None
    profile = ContactProfile(**request.command.profile.model_dump())
    return contact if profile == contact.profile else replace(contact, profile=profile, revision=contact.revision + 1)


def _outcome(contact: Contact | None) -> Outcome:
    if contact is None:
        return Refused(Refusal.UNKNOWN_CONTACT, Refusal.UNKNOWN_CONTACT.detail)
    return Done(ChangeContactAnswer(contact_id=contact.contact_id, revision=contact.revision))

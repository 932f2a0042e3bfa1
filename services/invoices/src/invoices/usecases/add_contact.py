"""Add a contact, and put it on a matter where one is named.

Source: mission I1, S1 (a contact typed in anew joins the matter as `other`). Refuses an unknown firm, an id that is
in use with other content, a second billing contact on the matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from chassis import outbox
from chassis.database import Tx
from chassis.outbox import Outgoing
from chassis.outcome import Done, NotYetKnown, Outcome, Refused, Request
from contracts.invoices import AddContact, ContactChanged, MatterChanged
from contracts.message import Part
from invoices.domain.contact import Contact, ContactProfile
from invoices.domain.key import Key
from invoices.domain.matter import Matter, MatterContact, add_roles
from invoices.domain.refusal import Refusal
from invoices.store.contacts import delete_contacts, find_contacts, insert_contacts
from invoices.store.firms import find_known_firms
from invoices.store.matter_contacts import Assignment, save_matter_contacts
from invoices.store.matters import lock_matters, update_matters


class AddContactAnswer(Part):
    """The contact, and the roles it has now on the matter that was named."""

    contact_id: UUID
    revision: int
    matter_id: UUID | None
    roles: list[str]


@dataclass(slots=True)
class _Joining:
    """One pass over the requests: several may put contacts on the same matter, each after the one before."""

    firms: set[UUID]
    matters: dict[Key, Matter]
    assignments: list[Assignment] = field(default_factory=list[Assignment])
    facts: list[Outgoing] = field(default_factory=list[Outgoing])


async def add_contact(tx: Tx, requests: Sequence[Request[AddContact]]) -> list[Outcome]:
    """Add contacts, in the caller's transaction. The same contact added again changes nothing."""
    firms = await find_known_firms(tx, [request.firm_id for request in requests])
    wanted = [_wanted(request) for request in requests]
    inserted = await insert_contacts(tx, [contact for contact in wanted if contact.firm_id in firms])
    present = await find_contacts(tx, [contact.key for contact in wanted if contact.key not in inserted])
    before = await lock_matters(tx, [key for key in map(_matter_key, requests) if key])
    joining = _Joining(firms, dict(before))
    outcomes = [
        _join(request, _there(contact, inserted, present), joining, is_new=contact.key in inserted)
        for request, contact in zip(requests, wanted, strict=True)
    ]
    # A refused request leaves nothing: whether it is refused was known only after its id was found free.
    refused = [
        contact.key
        for contact, outcome in zip(wanted, outcomes, strict=True)
        if contact.key in inserted and not isinstance(outcome, Done)
    ]
    if refused:
        await delete_contacts(tx, refused)
    await update_matters(tx, [matter for key, matter in joining.matters.items() if matter is not before[key]])
    await save_matter_contacts(tx, joining.assignments)
    await outbox.append(tx, joining.facts)
    return outcomes


def _wanted(request: Request[AddContact]) -> Contact:
    profile = ContactProfile(**request.command.profile.model_dump())
    return Contact(request.firm_id, request.command.contact_id, profile, revision=1)


def _matter_key(request: Request[AddContact]) -> Key | None:
    matter_id = request.command.matter_id
    return (request.firm_id, matter_id) if matter_id else None


def _there(wanted: Contact, inserted: set[Key], present: Mapping[Key, Contact]) -> Contact | None:
    """Find the contact that has the id and says what is wanted; None where the id is taken by another."""
    there = wanted if wanted.key in inserted else present.get(wanted.key)
    return there if there and there.profile == wanted.profile else None


def _join(request: Request[AddContact], contact: Contact | None, joining: _Joining, *, is_new: bool) -> Outcome:
    """Decide one request, and note what it changes."""
    if request.firm_id not in joining.firms:
        return Refused(Refusal.UNKNOWN_FIRM, Refusal.UNKNOWN_FIRM.detail)
    if contact is None:
        return Refused(Refusal.ALREADY_EXISTS, Refusal.ALREADY_EXISTS.detail)
    matter_key = _matter_key(request)
    matter = None
    if matter_key:
        if matter_key not in joining.matters:
            return NotYetKnown("matter")
        matter = add_roles(joining.matters[matter_key], contact.contact_id, request.command.roles)
        if isinstance(matter, Refusal):
            return Refused(matter, matter.detail)
    if is_new:
        fact = ContactChanged.model_validate(contact, from_attributes=True)
        joining.facts.append(request.cause.message(fact, revision=contact.revision))
    if matter and matter is not joining.matters[matter.key]:
        _note(request, matter, joining)
    return Done(
        AddContactAnswer(
            contact_id=contact.contact_id,
            revision=contact.revision,
            matter_id=request.command.matter_id,
            roles=list(matter.roles_of(contact.contact_id)) if matter else [],
        )
    )


def _note(request: Request[AddContact], matter: Matter, joining: _Joining) -> None:
    contact_id = request.command.contact_id
    joining.matters[matter.key] = matter
    joining.assignments.append((matter.key, MatterContact(contact_id, matter.roles_of(contact_id))))
    fact = MatterChanged.model_validate(matter, from_attributes=True)
    joining.facts.append(request.cause.message(fact, revision=matter.revision))

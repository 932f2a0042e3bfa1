"""Set a contact's roles on a matter; no roles takes the contact off it.

Source: mission I1, glossary: contact. Refuses a matter that is not there, a second billing contact.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis import outbox
from chassis.database import Tx
from chassis.outcome import Done, NotYetKnown, Outcome, Refused, Request
from contracts.invoices import AssignMatterContact, MatterChanged
from contracts.message import Part
from invoices.domain.key import Key
from invoices.domain.matter import Matter, MatterContact, assign_roles
from invoices.domain.refusal import Refusal
from invoices.store.contacts import find_known_contacts
from invoices.store.matter_contacts import save_matter_contacts
from invoices.store.matters import lock_matters, update_matters


class AssignMatterContactAnswer(Part):
    """The matter's revision after the change, and the roles the contact has now."""

    matter_id: UUID
    contact_id: UUID
    roles: list[str]
    revision: int


async def assign_matter_contact(tx: Tx, requests: Sequence[Request[AssignMatterContact]]) -> list[Outcome]:
    """Assign roles, in the caller's transaction. The same roles again change nothing."""
    present = await lock_matters(tx, [(request.firm_id, request.command.matter_id) for request in requests])
    known = await find_known_contacts(tx, [(request.firm_id, request.command.contact_id) for request in requests])
    decided = [_decide(request, present, known) for request in requests]
    changed = [
        (request, matter)
        for request, matter in zip(requests, decided, strict=True)
        if isinstance(matter, Matter) and matter is not present[matter.key]
    ]
    await update_matters(tx, [matter for _, matter in changed])
    await save_matter_contacts(tx, [(matter.key, _assigned(request, matter)) for request, matter in changed])
    await outbox.append(
        tx,
        [
            request.cause.message(MatterChanged.model_validate(matter, from_attributes=True), revision=matter.revision)
            for request, matter in changed
        ],
    )
    return [_outcome(request, matter) for request, matter in zip(requests, decided, strict=True)]


def _decide(
    request: Request[AssignMatterContact], present: Mapping[Key, Matter], known: set[Key]
) -> Matter | Refusal | NotYetKnown:
    command = request.command
    matter = present.get((request.firm_id, command.matter_id))
    if matter is None:
        return Refusal.UNKNOWN_MATTER
    if (request.firm_id, command.contact_id) not in known:
        return NotYetKnown("contact")
    return assign_roles(matter, command.contact_id, command.roles)


def _assigned(request: Request[AssignMatterContact], matter: Matter) -> MatterContact:
    return MatterContact(request.command.contact_id, matter.roles_of(request.command.contact_id))


def _outcome(request: Request[AssignMatterContact], decided: Matter | Refusal | NotYetKnown) -> Outcome:
    if isinstance(decided, NotYetKnown):
        return decided
    if isinstance(decided, Refusal):
        return Refused(decided, decided.detail)
    contact_id = request.command.contact_id
    return Done(
        AssignMatterContactAnswer(
            matter_id=decided.matter_id,
            contact_id=contact_id,
            roles=list(decided.roles_of(contact_id)),
            revision=decided.revision,
        )
    )

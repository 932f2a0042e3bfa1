"""Open a matter, with contacts that are known already.

Source: mission I1. Refuses an unknown firm, an id that is in use with other content, a contact named twice, a second
billing contact.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis import outbox
from chassis.database import Tx
from chassis.outcome import Done, NotYetKnown, Outcome, Refused, Request
from contracts.invoices import MatterChanged, OpenMatter
from contracts.message import Part
from invoices.domain.key import Key
from invoices.domain.matter import Matter, MatterProfile, admit_contacts
from invoices.domain.refusal import Refusal
from invoices.store.contacts import find_known_contacts
from invoices.store.firms import find_known_firms
from invoices.store.matter_contacts import save_matter_contacts
from invoices.store.matters import find_matters, insert_matters


class OpenMatterAnswer(Part):
    """The matter as it was opened."""

    matter_id: UUID
    revision: int


async def open_matter(tx: Tx, requests: Sequence[Request[OpenMatter]]) -> list[Outcome]:
    """Open matters, in the caller's transaction. Opening the same one again changes nothing."""
    named = [(request.firm_id, contact.contact_id) for request in requests for contact in request.command.contacts]
    known = await find_known_contacts(tx, named)
    firms = await find_known_firms(tx, [request.firm_id for request in requests])
    decided = [_decide(request, firms, known) for request in requests]
    wanted = [matter for matter in decided if isinstance(matter, Matter)]
    inserted = await insert_matters(tx, wanted)
    opened = [matter for matter in wanted if matter.key in inserted]
    await save_matter_contacts(tx, [(matter.key, contact) for matter in opened for contact in matter.contacts])
    present = await find_matters(tx, [matter.key for matter in wanted if matter.key not in inserted])
    await outbox.append(
        tx,
        [
            request.cause.message(MatterChanged.model_validate(matter, from_attributes=True), revision=1)
            for request, matter in zip(requests, decided, strict=True)
            if isinstance(matter, Matter) and matter.key in inserted
        ],
    )
    return [_outcome(matter, inserted, present) for matter in decided]


def _decide(request: Request[OpenMatter], firms: set[UUID], known: set[Key]) -> Matter | Refusal | NotYetKnown:
    command = request.command
    if request.firm_id not in firms:
        return Refusal.UNKNOWN_FIRM
    contacts = admit_contacts([(contact.contact_id, contact.roles) for contact in command.contacts])
    if isinstance(contacts, Refusal):
        return contacts
    if any((request.firm_id, contact.contact_id) not in known for contact in contacts):
        return NotYetKnown("contact")
    written = command.profile
    kinds = tuple(dict.fromkeys(written.portal_kinds))
    profile = MatterProfile(written.number, written.name, written.portal_enabled, kinds)
    return Matter(request.firm_id, command.matter_id, profile, contacts, revision=1)


def _outcome(wanted: Matter | Refusal | NotYetKnown, inserted: set[Key], present: Mapping[Key, Matter]) -> Outcome:
    if isinstance(wanted, NotYetKnown):
        return wanted
    if isinstance(wanted, Refusal):
        return Refused(wanted, wanted.detail)
    there = wanted if wanted.key in inserted else present.get(wanted.key)
    if there is None or (there.profile, there.contacts) != (wanted.profile, wanted.contacts):
        return Refused(Refusal.ALREADY_EXISTS, Refusal.ALREADY_EXISTS.detail)
    return Done(OpenMatterAnswer(matter_id=there.matter_id, revision=there.revision))

"""Replace a matter's profile; its contacts stay. Switching the portal off or on is done here, and sharing reacts (S8).

Source: mission I1, S8. Refuses a matter that is not there.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis import outbox
from chassis.database import Tx
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.invoices import ChangeMatter, MatterChanged
from contracts.message import Part
from invoices.domain.key import Key
from invoices.domain.matter import Matter, MatterProfile, change_profile
from invoices.domain.refusal import Refusal
from invoices.store.matters import lock_matters, update_matters


class ChangeMatterAnswer(Part):
    """The matter's revision after the change."""

    matter_id: UUID
    revision: int


async def change_matter(tx: Tx, requests: Sequence[Request[ChangeMatter]]) -> list[Outcome]:
    """Change profiles, in the caller's transaction. The same profile again changes nothing."""
    present = await lock_matters(tx, [_key(request) for request in requests])
    decided = [_decide(request, present) for request in requests]
    changed = [
        (request, matter)
        for request, matter in zip(requests, decided, strict=True)
        if matter is not None and matter is not present[matter.key]
    ]
    await update_matters(tx, [matter for _, matter in changed])
    await outbox.append(
        tx,
        [
            request.cause.message(MatterChanged.model_validate(matter, from_attributes=True), revision=matter.revision)
            for request, matter in changed
        ],
    )
    return [_outcome(matter) for matter in decided]


def _key(request: Request[ChangeMatter]) -> Key:
    return request.firm_id, request.command.matter_id


def _decide(request: Request[ChangeMatter], present: Mapping[Key, Matter]) -> Matter | None:
    matter = present.get(_key(request))
    if matter is None:
        return None
    written = request.command.profile
    kinds = tuple(dict.fromkeys(written.portal_kinds))
    return change_profile(matter, MatterProfile(written.number, written.name, written.portal_enabled, kinds))


def _outcome(matter: Matter | None) -> Outcome:
    if matter is None:
        return Refused(Refusal.UNKNOWN_MATTER, Refusal.UNKNOWN_MATTER.detail)
    return Done(ChangeMatterAnswer(matter_id=matter.matter_id, revision=matter.revision))

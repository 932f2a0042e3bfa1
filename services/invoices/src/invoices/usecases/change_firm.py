"""Replace a firm's profile.

Source: mission I1. Refuses another firm's id, a time zone that does not exist, a currency that is not in use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from pydantic import TypeAdapter

from chassis import outbox
from chassis.database import Tx
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.invoices import ChangeFirm, FirmChanged
from contracts.message import Part
from invoices.domain.firm import Firm, FirmProfile, admit_profile
from invoices.domain.refusal import Refusal
from invoices.store.firms import lock_firms, update_firms

_profile = TypeAdapter(FirmProfile)


class ChangeFirmAnswer(Part):
    """The firm's revision after the change."""

    firm_id: UUID
    revision: int


async def change_firm(tx: Tx, requests: Sequence[Request[ChangeFirm]]) -> list[Outcome]:
    """Change profiles, in the caller's transaction. The same profile again changes nothing."""
    firms = await lock_firms(tx, [request.firm_id for request in requests])
    decided = [_decide(request, firms) for request in requests]
    changed = [
        (request, firm)
        for request, firm in zip(requests, decided, strict=True)
        if isinstance(firm, Firm) and firm is not firms[firm.firm_id]
    ]
    await update_firms(tx, [firm for _, firm in changed])
    await outbox.append(
        tx,
        [
            request.cause.message(FirmChanged.model_validate(firm, from_attributes=True), revision=firm.revision)
            for request, firm in changed
        ],
    )
    return [_outcome(firm) for firm in decided]


def _decide(request: Request[ChangeFirm], firms: Mapping[UUID, Firm]) -> Firm | Refusal:
    firm = firms.get(request.firm_id)
    if firm is None or request.command.firm_id != request.firm_id:
        return Refusal.UNKNOWN_FIRM
    profile = _profile.validate_python(request.command.profile.model_dump())
    if profile == firm.profile:
        return firm
    return admit_profile(profile) or replace(firm, profile=profile, revision=firm.revision + 1)


def _outcome(firm: Firm | Refusal) -> Outcome:
    if isinstance(firm, Refusal):
        return Refused(firm, firm.detail)
    return Done(ChangeFirmAnswer(firm_id=firm.firm_id, revision=firm.revision))

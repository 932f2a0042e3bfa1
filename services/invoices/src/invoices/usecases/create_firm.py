"""Make a firm with its first staff user and first API key. For the operator alone: there is no command for it.

Source: design.md, "Who asks"; mission I1. Refuses an id that is taken, a time zone that does not
exist, a currency that is not in use.
"""

from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter

from chassis import outbox
from chassis.api_keys import ApiKey
from chassis.database import Tx
from chassis.ids import new_id
from chassis.outcome import Cause, Refused
from contracts.invoices import FirmChanged, StaffUserChanged
from contracts.invoices import FirmProfile as WrittenProfile
from invoices.domain.firm import Firm, FirmProfile, admit_profile
from invoices.domain.refusal import Refusal
from invoices.domain.scopes import ALL_SCOPES
from invoices.domain.staff_user import StaffUser
from invoices.store.api_keys import insert_api_keys, key_state
from invoices.store.firms import insert_firm
from invoices.store.staff_users import insert_staff_users

FIRST_KEY_LABEL = "first key"

_profile = TypeAdapter(FirmProfile)


@dataclass(frozen=True, slots=True)
class NewFirm:
    """What the operator says. `secret_sha256` is of the first key's secret, which the operator alone sees."""

    firm_id: UUID
    profile: WrittenProfile
    owner_name: str
    owner_email: str
    secret_sha256: bytes


@dataclass(frozen=True, slots=True)
class CreatedFirm:
    """What was made, by id."""

    firm_id: UUID
    staff_user_id: UUID
    api_key_id: UUID


async def create_firm(tx: Tx, new: NewFirm) -> CreatedFirm | Refused:
    """Create the firm, its owner's account and a key with all scopes, in the caller's transaction."""
    profile = _profile.validate_python(new.profile.model_dump())
    refusal = admit_profile(profile)
    if refusal:
        return Refused(refusal, refusal.detail)
    firm = Firm(new.firm_id, profile, revision=1)
    owner = StaffUser(new.firm_id, new_id(), new.owner_name, new.owner_email, role="owner", is_enabled=True, revision=1)
    key = ApiKey(
        api_key_id=new_id(),
        firm_id=new.firm_id,
        label=FIRST_KEY_LABEL,
        secret_sha256=new.secret_sha256,
        scopes=ALL_SCOPES,
        staff_user_id=owner.staff_user_id,
        is_revoked=False,
        revision=1,
    )
    if not await insert_firm(tx, firm):
        return Refused(Refusal.ALREADY_EXISTS, Refusal.ALREADY_EXISTS.detail)
    await insert_staff_users(tx, [owner])
    await insert_api_keys(tx, [key])
    await _announce(tx, firm, owner, key)
    return CreatedFirm(firm.firm_id, owner.staff_user_id, key.api_key_id)


async def _announce(tx: Tx, firm: Firm, owner: StaffUser, key: ApiKey) -> None:
    cause = Cause("invoices", new_id(), firm.firm_id, "operator:cli", new_id())
    facts = (
        FirmChanged.model_validate(firm, from_attributes=True),
        StaffUserChanged.model_validate(owner, from_attributes=True),
        key_state(key),
    )
    await outbox.append(tx, [cause.message(fact, revision=1) for fact in facts])

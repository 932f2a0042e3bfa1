"""Firms, their staff and their API keys."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts import topics
from contracts.fields import (
    Channel,
    Colour,
    Currency,
    EmailAddress,
    Label,
    Locale,
    Name,
    Paragraphs,
    Scope,
    Sha256,
    TimeZone,
)
from contracts.message import Command, Part, State

StaffRole = Literal["owner", "billing", "reader"]


class FirmProfile(Part):
    """What a firm says of itself and may do (glossary: firm).

    `quiet_window_seconds`: how long it must have been quiet before edits of an invoice are told; 0 tells each at once,
    without one the platform's own window holds (N2).
    """

    name: Name
    brand_colour: Colour = "#1f4e79"
    time_zone: TimeZone = "UTC"
    locale: Locale = "en-US"
    currency: Currency = "USD"
    reply_to: EmailAddress
    channels: list[Channel] = Field(default=["portal", "email", "link", "text"], max_length=4)
    online_payments: bool = True
    share_message: Paragraphs | None = None
    quiet_window_seconds: int | None = Field(default=None, ge=0, le=86_400)


class FirmChanged(State, topic=topics.FIRM, key="firm_id"):
    """The firm as it is now."""

    firm_id: UUID
    profile: FirmProfile


class ChangeFirm(Command, to="invoices", key="firm_id", scope="firm:write"):
    """Replace the firm's profile. The firm is the asker's own: another's is `unknown_firm`."""

    firm_id: UUID
    profile: FirmProfile


class StaffUserChanged(State, topic=topics.STAFF_USER, key="staff_user_id"):
    """A staff account as it is now."""

    staff_user_id: UUID
    name: Name
    email: EmailAddress
    role: StaffRole
    is_enabled: bool


class AddStaffUser(Command, to="invoices", key="staff_user_id", scope="staff:write"):
    """Open a staff account."""

    staff_user_id: UUID
    name: Name
    email: EmailAddress
    role: StaffRole


class ChangeStaffUser(Command, to="invoices", key="staff_user_id", scope="staff:write"):
    """Replace what a staff account says; disabling it disables its API keys."""

    staff_user_id: UUID
    name: Name
    email: EmailAddress
    role: StaffRole
    is_enabled: bool


class ApiKeyChanged(State, topic=topics.API_KEY, key="api_key_id"):
    """An API key as it is now: its hash and scopes, so that each service checks keys by itself. Never the key."""

    api_key_id: UUID
    label: Label
    secret_sha256: Sha256
    scopes: list[Scope]
    staff_user_id: UUID | None = None
    is_revoked: bool


class RegisterApiKey(Command, to="invoices", key="api_key_id", scope="keys:write"):
    """Make an API key whose secret the asker made and keeps: only its hash travels."""

    api_key_id: UUID
    label: Label
    secret_sha256: Sha256
    scopes: list[Scope] = Field(min_length=1, max_length=40)
    staff_user_id: UUID | None = None


class RevokeApiKey(Command, to="invoices", key="api_key_id", scope="keys:write"):
    """End an API key. Repeating it changes nothing."""

    api_key_id: UUID

"""The firm, and which day it is there."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from invoices.domain.currency import is_currency
from invoices.domain.refusal import Refusal


@dataclass(frozen=True, slots=True)
class FirmProfile:
    """What a firm says of itself and may do. `time_zone` is an IANA name, `currency` the default of new invoices.

    `quiet_window_seconds`: how long it wants to have been quiet before edits are told; None: as the platform has it.
    """

    name: str
    brand_colour: str
    time_zone: str
    locale: str
    currency: str
    reply_to: str
    channels: tuple[str, ...]
    online_payments: bool
    share_message: str | None
    quiet_window_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Firm:
    """The tenant, at a revision."""

    firm_id: UUID
    profile: FirmProfile
    revision: int


NO_PLACES = {"localtime", "posixrules", "Factory"}
"""Names in the database that mean another place on another machine, or none."""


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones()) - NO_PLACES


def is_time_zone(name: str) -> bool:
    """Whether the IANA database has this name; the day an invoice is issued depends on it."""
    return name in _time_zones()


def admit_profile(profile: FirmProfile) -> Refusal | None:
    """Why no firm can be like this, if so."""
    if not is_time_zone(profile.time_zone):
        return Refusal.INVALID_TIME_ZONE
    return None if is_currency(profile.currency) else Refusal.INVALID_CURRENCY


def day_at(moment: datetime, time_zone: str) -> date:
    """Tell the calendar day at a moment, where the firm is."""
    return moment.astimezone(ZoneInfo(time_zone)).date()

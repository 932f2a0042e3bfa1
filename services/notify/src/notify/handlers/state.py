"""State of firms, contacts and API keys that comes in, each translated for its use case."""

from collections.abc import Sequence

from chassis.api_keys import ApiKey
from chassis.database import Tx
from chassis.intake.route import Received
from contracts.invoices import ApiKeyChanged, ContactChanged, FirmChanged
from notify.domain.replicas import Contact, Firm
from notify.usecases.keep_api_keys import keep_api_keys
from notify.usecases.keep_contacts import keep_contacts
from notify.usecases.keep_firms import keep_firms


async def on_api_key_changed(tx: Tx, facts: Sequence[Received[ApiKeyChanged]]) -> None:
    """Keep what keys may do."""
    await keep_api_keys(tx, [ApiKey.stated(fact.firm_id, fact.revision, fact.data) for fact in facts])


async def on_firm_changed(tx: Tx, facts: Sequence[Received[FirmChanged]]) -> None:
    """Keep how firms look."""
    await keep_firms(tx, [_firm(fact) for fact in facts])


async def on_contact_changed(tx: Tx, facts: Sequence[Received[ContactChanged]]) -> None:
    """Keep where contacts are reached."""
    await keep_contacts(tx, [_contact(fact) for fact in facts])


def _firm(fact: Received[FirmChanged]) -> Firm:
    profile = fact.data.profile
    return Firm(
        firm_id=fact.firm_id,
        name=profile.name,
        brand_colour=profile.brand_colour,
        reply_to=profile.reply_to,
        time_zone=profile.time_zone,
        locale=profile.locale,
        share_message=profile.share_message,
        revision=fact.revision,
        online_payments=profile.online_payments,
        quiet_window_seconds=profile.quiet_window_seconds,
    )


def _contact(fact: Received[ContactChanged]) -> Contact:
    profile = fact.data.profile
    return Contact(fact.firm_id, fact.data.contact_id, profile.name, profile.email, profile.locale, fact.revision)

"""Facts that come in, each translated for its use case."""

from collections.abc import Sequence

from chassis.api_keys import ApiKey
from chassis.database import Tx
from chassis.intake.commands import command_consumer
from chassis.intake.route import Received, fact_consumer, fact_route
from contracts.invoices import ApiKeyChanged, ContactChanged, FirmChanged
from contracts.sharing import InvoiceShared, SharesRestored, SharesRevoked, SharesSuspended
from notify.domain.replicas import Contact, Firm
from notify.domain.share import Share, ShareState
from notify.usecases.keep_api_keys import keep_api_keys
from notify.usecases.keep_contacts import keep_contacts
from notify.usecases.keep_firms import keep_firms
from notify.usecases.keep_restored_shares import keep_restored_shares
from notify.usecases.plan_deliveries import plan_deliveries
from notify.usecases.withdraw_deliveries import withdraw_deliveries


async def on_api_key_changed(tx: Tx, facts: Sequence[Received[ApiKeyChanged]]) -> None:
    """Keep what keys may do."""
    await keep_api_keys(tx, [_api_key(fact) for fact in facts])


async def on_firm_changed(tx: Tx, facts: Sequence[Received[FirmChanged]]) -> None:
    """Keep how firms look."""
    await keep_firms(tx, [_firm(fact) for fact in facts])


async def on_contact_changed(tx: Tx, facts: Sequence[Received[ContactChanged]]) -> None:
    """Keep where contacts are reached."""
    await keep_contacts(tx, [_contact(fact) for fact in facts])


async def on_invoice_shared(tx: Tx, facts: Sequence[Received[InvoiceShared]]) -> None:
    """Tell those it is shared with."""
    await plan_deliveries(tx, [(fact.data, fact.cause) for fact in facts])


async def on_shares_revoked(tx: Tx, facts: Sequence[Received[SharesRevoked]]) -> None:
    """Do not tell them any more."""
    await withdraw_deliveries(tx, [share for fact in facts for share in _shares(fact, "revoked")])


async def on_shares_suspended(tx: Tx, facts: Sequence[Received[SharesSuspended]]) -> None:
    """Do not tell of what is hidden."""
    await withdraw_deliveries(tx, [share for fact in facts for share in _shares(fact, "suspended")])


async def on_shares_restored(tx: Tx, facts: Sequence[Received[SharesRestored]]) -> None:
    """Note that it is shown again."""
    await keep_restored_shares(tx, [share for fact in facts for share in _shares(fact, "active")])


def _api_key(fact: Received[ApiKeyChanged]) -> ApiKey:
    key = fact.data
    return ApiKey(
        api_key_id=key.api_key_id,
        firm_id=fact.firm_id,
        label=key.label,
        secret_sha256=bytes.fromhex(key.secret_sha256),
        scopes=tuple(key.scopes),
        staff_user_id=key.staff_user_id,
        is_revoked=key.is_revoked,
        revision=fact.revision,
    )


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
    )


def _contact(fact: Received[ContactChanged]) -> Contact:
    profile = fact.data.profile
    return Contact(fact.firm_id, fact.data.contact_id, profile.name, profile.email, profile.locale, fact.revision)


def _shares(
    fact: Received[SharesRevoked] | Received[SharesSuspended] | Received[SharesRestored], state: ShareState
) -> list[Share]:
    data = fact.data
    return [
        Share(fact.firm_id, share.share_id, share.generation, data.invoice_id, share.contact_id, data.channel, state)
        for share in data.shares
    ]


# In order per key: what happens to a share is about what happened to it before.
FACTS = fact_consumer(
    "notify",
    [
        fact_route(ApiKeyChanged, on_api_key_changed),
        fact_route(FirmChanged, on_firm_changed),
        fact_route(ContactChanged, on_contact_changed),
        fact_route(InvoiceShared, on_invoice_shared),
        fact_route(SharesRevoked, on_shares_revoked),
        fact_route(SharesSuspended, on_shares_suspended),
        fact_route(SharesRestored, on_shares_restored),
    ],
    is_ordered=True,
)
# None yet; whoever sends one is answered that there is no such command.
COMMANDS = command_consumer("notify", [])

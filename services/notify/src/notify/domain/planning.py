"""Who is told of a share act, and what: one message per contact."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from notify.domain.delivery import Delivery, Item
from notify.domain.replicas import Contact, ContactKey
from notify.domain.share import Channel

TEMPLATE_OF: Mapping[Channel, str] = {"portal": "invoice_shared", "email": "invoice_emailed"}
"""The template that tells of a share; a channel that is missing tells nobody."""


@dataclass(frozen=True, slots=True)
class Told:
    """One contact of a share act, as the act itself describes them, and what they are told of."""

    contact_id: UUID
    name: str
    email: str | None
    locale: str
    item: Item


@dataclass(frozen=True, slots=True)
class ShareAct:
    """One invoice shared with some contacts at once. `event_id` is its occasion."""

    firm_id: UUID
    event_id: UUID
    actor: str
    correlation_id: UUID
    traceparent: str | None
    channel: Channel
    message: str | None
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A delivery and what it covers."""

    delivery: Delivery
    items: tuple[Item, ...]


def plan_act(act: ShareAct, contacts: Mapping[ContactKey, Contact], new_id: Callable[[], UUID]) -> Sequence[Plan]:
    """Plan one delivery per contact of the act; the send key drops those that are planned already.

    The act carries the address that sharing knew, so it is what counts; our own knowledge fills in where it has none.
    """
    template = TEMPLATE_OF.get(act.channel)
    if template is None:
        return ()
    return [Plan(_delivery(act, told, template, contacts, new_id()), (told.item,)) for told in act.told]


def _delivery(
    act: ShareAct, told: Told, template: str, contacts: Mapping[ContactKey, Contact], delivery_id: UUID
) -> Delivery:
    return Delivery(
        firm_id=act.firm_id,
        delivery_id=delivery_id,
        kind="email",
        template=template,
        contact_id=told.contact_id,
        recipient_name=told.name,
        recipient_email=told.email or _known_email(contacts, (act.firm_id, told.contact_id)),
        locale=told.locale,
        subject_id=told.item.invoice_id,
        version=told.item.version,
        occasion=act.event_id,
        message=act.message,
        actor=act.actor,
        correlation_id=act.correlation_id,
        traceparent=act.traceparent,
    )


def _known_email(contacts: Mapping[ContactKey, Contact], key: ContactKey) -> str | None:
    contact = contacts.get(key)
    return contact.email if contact else None

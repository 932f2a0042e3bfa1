"""Who is told of edits of an invoice, and what: one notice per contact with all that is news to them (I4, N2)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from notify.domain.delivery import Delivery, Item
from notify.domain.news import ChangeNews
from notify.domain.pdf import CommentChoice
from notify.domain.planning import Plan
from notify.domain.replicas import Contact, ContactKey
from notify.domain.share import Channel

ChangeKind: TypeAlias = Literal["revised", "voided", "credited"]
TEMPLATE = "invoice_changed"
NOTICED_CHANNELS: frozenset[Channel] = frozenset({"portal", "email", "link"})
"""Channels whose contacts get a notice by e-mail. Where text is the only one, a text is due: not sent yet."""


@dataclass(frozen=True, slots=True)
class InvoiceChange:
    """One edit of a final invoice. Only a revision has totals that differ, and a version of its own.

    `credited_minor` is the sum of all credits after it, 0 where it says nothing of them.
    """

    firm_id: UUID
    invoice_id: UUID
    event_id: UUID
    kind: ChangeKind
    number: str
    version: int
    currency: str
    old_total_minor: int
    new_total_minor: int
    credited_minor: int
    due_on: date
    reason: str
    changed_at: datetime
    actor: str
    correlation_id: UUID
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class LastAct:
    """The newest act of one share: the version that its contact was told of then, and how they were addressed."""

    firm_id: UUID
    share_id: UUID
    generation: int
    invoice_id: UUID
    contact_id: UUID
    channel: Channel
    version: int
    matter_name: str
    comments: CommentChoice
    name: str
    email: str | None
    locale: str
    shared_at: datetime


@dataclass(frozen=True, slots=True)
class ToldChange:
    """That a change was told by a share, in this generation."""

    firm_id: UUID
    share_id: UUID
    generation: int
    event_id: UUID


def is_news(change: InvoiceChange, share: LastAct) -> bool:
    """Tell whether the share's last act did not know of the change.

    Voiding and crediting make no version, so at the same version the times decide.
    """
    if change.kind == "revised" or change.version != share.version:
        return change.version > share.version
    return change.changed_at > share.shared_at


def plan_notices(
    shares: Sequence[LastAct],
    changes: Sequence[InvoiceChange],
    told: Collection[ToldChange],
    contacts: Mapping[ContactKey, Contact],
    new_id: Callable[[], UUID],
) -> tuple[list[Plan], list[ToldChange]]:
    """Plan one notice per contact and invoice, and say what each share has then told. `shares` are in force."""
    by_invoice: defaultdict[tuple[UUID, UUID], list[InvoiceChange]] = defaultdict(list)
    for change in sorted(changes, key=lambda one: (one.version, one.changed_at, one.event_id)):
        by_invoice[change.firm_id, change.invoice_id].append(change)
    by_contact: defaultdict[tuple[UUID, UUID, UUID], list[LastAct]] = defaultdict(list)
    for share in shares:
        if share.channel in NOTICED_CHANNELS:
            by_contact[share.firm_id, share.invoice_id, share.contact_id].append(share)
    plans: list[Plan] = []
    telling: list[ToldChange] = []
    for (firm_id, invoice_id, contact_id), held in by_contact.items():
        history = by_invoice[firm_id, invoice_id]
        news_by_share = {share.share_id: _untold(share, history, told) for share in held}
        news = [change for change in history if any(change in untold for untold in news_by_share.values())]
        if not news:
            continue
        concerned = [share for share in held if news_by_share[share.share_id]]
        plans.append(_notice(concerned, news, history, contacts.get((firm_id, contact_id)), new_id()))
        telling += [
            ToldChange(firm_id, share.share_id, share.generation, change.event_id)
            for share in concerned
            for change in news_by_share[share.share_id]
        ]
    return plans, telling


def _untold(
    share: LastAct, history: Sequence[InvoiceChange], told: Collection[ToldChange]
) -> tuple[InvoiceChange, ...]:
    return tuple(
        change
        for change in history
        if is_news(change, share)
        and ToldChange(share.firm_id, share.share_id, share.generation, change.event_id) not in told
    )


def _notice(
    shares: Sequence[LastAct],
    news: Sequence[InvoiceChange],
    history: Sequence[InvoiceChange],
    contact: Contact | None,
    delivery_id: UUID,
) -> Plan:
    last, share = news[-1], shares[0]
    delivery = Delivery(
        firm_id=last.firm_id,
        delivery_id=delivery_id,
        kind="email",
        template=TEMPLATE,
        contact_id=share.contact_id,
        recipient_name=contact.name if contact else share.name,
        # Told later than the act, so what is known of the contact now goes before what the act knew.
        recipient_email=(contact.email if contact else None) or share.email,
        locale=contact.locale if contact else share.locale,
        subject_id=last.invoice_id,
        version=last.version,
        occasion=last.event_id,
        message=None,
        actor=last.actor,
        correlation_id=last.correlation_id,
        traceparent=last.traceparent,
        news=ChangeNews(
            old_total_minor=news[0].old_total_minor,
            credited_minor=max(change.credited_minor for change in history),
            is_void=any(change.kind == "voided" for change in history),
            reasons=tuple(change.reason for change in news),
        ),
    )
    has_new_version = any(change.kind == "revised" for change in news)
    return Plan(delivery, tuple(_item(each, last, has_new_version=has_new_version) for each in shares))


def _item(share: LastAct, last: InvoiceChange, *, has_new_version: bool) -> Item:
    return Item(
        invoice_id=last.invoice_id,
        version=last.version,
        share_id=share.share_id,
        generation=share.generation,
        channel=share.channel,
        number=last.number,
        matter_name=share.matter_name,
        currency=last.currency,
        total_minor=last.new_total_minor,
        due_on=last.due_on,
        pdf_comments=share.comments if share.channel == "email" and has_new_version else None,
    )

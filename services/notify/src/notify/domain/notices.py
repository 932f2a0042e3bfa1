"""Who is told of edits of an invoice, and what: one notice per contact with all that is news to them (I4, N2)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID, uuid5

from notify.domain.changes import InvoiceChange, LastAct, ToldChange, is_news
from notify.domain.delivery import Delivery, Item
from notify.domain.news import ChangeNews
from notify.domain.planning import Plan
from notify.domain.replicas import Contact, ContactKey
from notify.domain.share import Channel

TEMPLATE = "invoice_changed"
NOTICED_CHANNELS: frozenset[Channel] = frozenset({"portal", "email", "link"})
"""Channels whose contacts get a notice by e-mail. Where text is the only one, a text is due: not sent yet."""


def plan_notices(
    shares: Sequence[LastAct],
    changes: Sequence[InvoiceChange],
    told: Collection[ToldChange],
    contacts: Mapping[ContactKey, Contact],
    new_id: Callable[[], UUID],
) -> tuple[list[Plan], list[tuple[UUID, ToldChange]]]:
    """Plan one notice per contact and invoice. `shares` are in force.

    Says beside it what each share has told by which delivery, if that is planned.
    """
    by_invoice: defaultdict[tuple[UUID, UUID], list[InvoiceChange]] = defaultdict(list)
    for change in sorted(changes, key=lambda one: (one.revision, one.event_id)):
        by_invoice[change.firm_id, change.invoice_id].append(change)
    by_contact: defaultdict[tuple[UUID, UUID, UUID], list[LastAct]] = defaultdict(list)
    for share in shares:
        if share.channel in NOTICED_CHANNELS:
            by_contact[share.firm_id, share.invoice_id, share.contact_id].append(share)
    plans: list[Plan] = []
    telling: list[tuple[UUID, ToldChange]] = []
    for (firm_id, invoice_id, contact_id), held in by_contact.items():
        history = by_invoice[firm_id, invoice_id]
        news_by_share = {share.share_id: _untold(share, history, told) for share in held}
        news = [change for change in history if any(change in untold for untold in news_by_share.values())]
        if not news:
            continue
        concerned = [share for share in held if news_by_share[share.share_id]]
        plan = _notice(concerned, news, history, contacts.get((firm_id, contact_id)), new_id())
        plans.append(plan)
        telling += [
            (plan.delivery.delivery_id, _told(share, change))
            for share in concerned
            for change in news_by_share[share.share_id]
        ]
    return plans, telling


def _untold(
    share: LastAct, history: Sequence[InvoiceChange], told: Collection[ToldChange]
) -> tuple[InvoiceChange, ...]:
    return tuple(change for change in history if is_news(change, share) and _told(share, change) not in told)


def _told(share: LastAct, change: InvoiceChange) -> ToldChange:
    return ToldChange(share.firm_id, share.share_id, share.generation, change.event_id)


def _notice(
    shares: Sequence[LastAct],
    news: Sequence[InvoiceChange],
    history: Sequence[InvoiceChange],
    contact: Contact | None,
    delivery_id: UUID,
) -> Plan:
    # What holds now may be by an edit that is no news: one of the notes alone.
    cause, last, share = news[-1], history[-1], shares[0]
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
        occasion=_occasion(cause, shares),
        message=None,
        actor=cause.actor,
        correlation_id=cause.correlation_id,
        traceparent=cause.traceparent,
        news=ChangeNews(
            old_total_minor=news[0].old_total_minor,
            credited_minor=max(change.credited_minor for change in history),
            is_void=any(change.kind == "voided" for change in history),
            reasons=tuple(change.reason for change in news),
        ),
        caused_by=cause.event_id,
    )
    has_new_version = any(change.kind == "revised" for change in news)
    return Plan(delivery, tuple(_item(each, last, has_new_version=has_new_version) for each in shares))


def _occasion(cause: InvoiceChange, shares: Sequence[LastAct]) -> UUID:
    """Make it of the edit and the shares: another share of the same contact is told of the same edit by another."""
    return uuid5(cause.event_id, " ".join(sorted(f"{share.share_id}/{share.generation}" for share in shares)))


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
        on_payment_page=share.on_payment_page,
    )

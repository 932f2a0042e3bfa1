"""What a message says, in the form its reader is used to: amounts and dates by locale, in the firm's look."""

from collections.abc import Sequence

from babel import Locale

from notify.domain.colour import readable_on
from notify.domain.delivery import Delivery, Item
from notify.domain.news import ChangeNews, News, PaymentNews, RefundNews
from notify.domain.replicas import Firm
from notify.gateways.change_wording import change_words
from notify.gateways.formats import best_locale, date_words, money_words
from notify.gateways.payment_wording import payment_words, refund_words


def words_of(delivery: Delivery, items: Sequence[Item], firm: Firm, portal_url: str) -> dict[str, object]:
    """Everything a template may name. The links lead to the portal and open nothing by themselves."""
    locale = best_locale(delivery.locale, firm.locale)
    # The firm's own words go with a share, not with what happens afterwards.
    message = delivery.message or (firm.share_message if delivery.news is None else None) or ""
    portal_url = portal_url.rstrip("/")
    return {
        "firm_name": firm.name,
        "brand_colour": firm.brand_colour,
        "on_brand_colour": readable_on(firm.brand_colour),
        "reply_to": firm.reply_to,
        "recipient_name": delivery.recipient_name,
        "message_lines": message.splitlines(),
        "items": [_item_words(item, locale) for item in items],
        "is_in_portal": any(item.channel == "portal" for item in items),
        "has_pdf": any(item.pdf_comments for item in items),
        "portal_link": f"{portal_url}/portal",
        "pay_link": f"{portal_url}/pay" if firm.online_payments and _is_payable_online(items) else None,
        **_news_words(delivery.news, items, locale),
    }


def _is_payable_online(items: Sequence[Item]) -> bool:
    """Whether the payment page has any of what it tells of. A mail about a payment leads there too, with no items."""
    return not items or any(item.on_payment_page for item in items)


def _news_words(news: News | None, items: Sequence[Item], locale: Locale) -> dict[str, object]:
    match news:
        case None:
            return {"preview": _item_preview(items[0], locale)}
        case ChangeNews():
            return change_words(news, items[0], locale)
        case PaymentNews():
            return payment_words(news, locale)
        case RefundNews():
            return refund_words(news, locale)


def _item_preview(item: Item, locale: Locale) -> str:
    return f"{money_words(item.total_minor, item.currency, locale)}, due {date_words(item.due_on, locale)}"


def _item_words(item: Item, locale: Locale) -> dict[str, str]:
    return {
        "number": item.number,
        "matter_name": item.matter_name,
        "total": money_words(item.total_minor, item.currency, locale),
        "due_on": date_words(item.due_on, locale),
    }

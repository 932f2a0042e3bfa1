"""What a message says, in the form its reader is used to: amounts and dates by locale, in the firm's look."""

from collections.abc import Sequence

from babel import Locale

from notify.domain.colour import readable_on
from notify.domain.delivery import Delivery, ToldItem
from notify.domain.news import ChangeNews, News, PaymentNews, RefundNews
from notify.domain.replicas import Firm
from notify.gateways.change_wording import change_words
from notify.gateways.formats import best_locale, date_words, money_words
from notify.gateways.payment_wording import payment_words, refund_words


def words_of(delivery: Delivery, told: Sequence[ToldItem], firm: Firm, portal_url: str) -> dict[str, object]:
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
        "items": [_item_words(each, locale) for each in told],
        "is_in_portal": any(each.item.channel == "portal" for each in told),
        "has_pdf": any(each.item.pdf_comments for each in told),
        "portal_link": f"{portal_url}/portal",
        "pay_link": f"{portal_url}/pay" if firm.online_payments and _is_payable_online(told) else None,
        **_news_words(delivery.news, told, locale),
    }


def _is_payable_online(told: Sequence[ToldItem]) -> bool:
    """Whether the payment page has any of what it tells of, with something open, as far as is known.

    A mail about a payment leads there too, with no items.
    """
    return not told or any(each.item.on_payment_page and each.open_minor != 0 for each in told)


def _news_words(news: News | None, told: Sequence[ToldItem], locale: Locale) -> dict[str, object]:
    match news:
        case None:
            return {"preview": _item_preview(told[0], locale)}
        case ChangeNews():
            return change_words(news, told[0], locale)
        case PaymentNews():
            return payment_words(news, locale)
        case RefundNews():
            return refund_words(news, locale)


def _item_preview(told: ToldItem, locale: Locale) -> str:
    item = told.item
    total, due = money_words(item.total_minor, item.currency, locale), date_words(item.due_on, locale)
    if told.open_minor == 0:
        return f"{total}, nothing to be paid"
    left = _open_words(told, locale)
    return f"{left} of {total} open, due {due}" if left else f"{total}, due {due}"


def _open_words(told: ToldItem, locale: Locale) -> str | None:
    """Write what is open of an invoice; None where that is its total, or nobody said."""
    if told.open_minor is None or told.open_minor == told.item.total_minor:
        return None
    return money_words(told.open_minor, told.item.currency, locale)


def _item_words(told: ToldItem, locale: Locale) -> dict[str, str | None]:
    item = told.item
    return {
        "number": item.number,
        "matter_name": item.matter_name,
        "total": money_words(item.total_minor, item.currency, locale),
        "open": _open_words(told, locale),
        "due_on": date_words(item.due_on, locale),
    }

"""News as the deliveries table keeps it: one JSON object that says which kind it is."""

import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

from notify.domain.news import ChangeNews, ChargeNews, News, PaymentNews, RefundNews

_KINDS: dict[type[News], str] = {ChangeNews: "change", PaymentNews: "payment", RefundNews: "refund"}


def write_news(news: News | None) -> str | None:
    """Write news for its column."""
    return None if news is None else json.dumps({"kind": _KINDS[type(news)], **asdict(news)}, default=str)


def read_news(written: str | None) -> News | None:
    """Read what `write_news` wrote."""
    if written is None:
        return None
    fields: dict[str, Any] = json.loads(written)
    match fields.pop("kind"):
        case "change":
            return ChangeNews(reasons=tuple(fields.pop("reasons")), **fields)
        case "payment":
            charges = tuple(ChargeNews(**_with_id(each)) for each in fields.pop("charges"))
            return PaymentNews(charges=charges, **fields)
        case _:
            return RefundNews(**_with_id(fields))


def _with_id(fields: dict[str, Any]) -> dict[str, Any]:
    return fields | {"invoice_id": UUID(fields["invoice_id"])}

"""Card numbers never enter Handbill by what people write (P11), and what is no card number may be written."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from chassis.ids import new_id
from contracts.fields import SaidParagraphs
from contracts.invoices import CreditInvoice, InvoiceComment, InvoiceLine, InvoiceTerms, InvoiceVoided, VoidInvoice
from contracts.message import Part
from contracts.sharing import EmailShareRequest, PortalShareSet, ResendShares, ShareByLink

CARD_NUMBER = "4242 4242 4242 4242"
ID = str(new_id())


@pytest.mark.proves("P11")
@pytest.mark.parametrize(
    ("model", "fields", "name"),
    [
        (VoidInvoice, {"invoice_id": ID}, "reason"),
        (CreditInvoice, {"invoice_id": ID, "credit_id": ID, "amount_minor": 1}, "reason"),
        (InvoiceTerms, {"currency": "USD"}, "notes"),
        (InvoiceComment, {"is_client_visible": True}, "text"),
        (InvoiceLine, {"kind": "time", "quantity": "1", "unit_price_minor": 1}, "description"),
        (PortalShareSet, {"contact_ids": []}, "message"),
        (EmailShareRequest, {"contact_ids": [ID]}, "message"),
        (ShareByLink, {"invoice_id": ID, "contact_id": ID, "channel": "link"}, "message"),
        (ResendShares, {"invoice_id": ID, "channel": "email", "contact_ids": [ID]}, "message"),
    ],
)
def test_no_command_brings_a_card_number_in(model: type[Part], fields: dict[str, Any], name: str) -> None:
    assert model.model_validate({**fields, name: "paid by card"})
    with pytest.raises(ValidationError, match="must not hold a card number"):
        model.model_validate({**fields, name: f"paid with {CARD_NUMBER}"})


@pytest.mark.parametrize(
    "text",
    [
        "INV-000042 of 2026-11-28",
        "call +43 664 1234567 or 00436641234567",
        "0199c0de-1234-7000-8000-000000000001",
        "at 20261128113000123",
        "IBAN AT61 1904 3002 3457 3201",
        "4242 4242 4242 4241",
    ],
)
def test_what_is_no_card_number_may_be_written(text: str) -> None:
    assert TypeAdapter[str](SaidParagraphs).validate_python(text) == text


def test_facts_told_before_there_was_the_rule_stay_readable() -> None:
    assert "reason" in InvoiceVoided.model_fields
    assert TypeAdapter[str](InvoiceVoided.model_fields["reason"].rebuild_annotation()).validate_python(CARD_NUMBER)

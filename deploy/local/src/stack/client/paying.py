"""Paying as a contact does, and giving back as a firm does; refusals are returned, not raised."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chassis.ids import new_id
from contracts.payments import ChosenInvoice, PayInvoices
from stack.client.api import Answer
from stack.client.careful import until_known
from stack.client.practice import Practice, expect

Page = dict[str, dict[str, Any]]
"""The lines of a payment page by invoice id, whatever their currency."""


async def payment_page(practice: Practice, contact_id: UUID) -> Page:
    """Read what a contact can pay.

    Raises: WrongAnswerError.
    """
    answer = await practice.api.get("payments", f"/v1/contacts/{contact_id}/payable-invoices")
    pages = expect("payment page", 200, answer).body["pages"]
    return {invoice["invoice_id"]: invoice for page in pages for invoice in page["invoices"]}


async def payable_ids(practice: Practice, contact_id: UUID) -> set[UUID]:
    """List the invoices on a contact's payment page; none for a contact that payments does not know yet."""
    answer = await practice.api.get("payments", f"/v1/contacts/{contact_id}/payable-invoices")
    pages = answer.body.get("pages", [])
    return {UUID(invoice["invoice_id"]) for page in pages for invoice in page["invoices"]}


async def balance_of(practice: Practice, invoice_id: UUID) -> dict[str, Any]:
    """Read what an invoice owes; empty where payments does not know it yet."""
    answer = await practice.api.get("payments", f"/v1/invoices/{invoice_id}/balance")
    return answer.body if answer.status == 200 else {}  # noqa: PLR2004 - HTTP: OK


def payment_of(
    contact_id: UUID, amounts: Mapping[UUID, int], method_token: str, *, version: int = 1, currency: str = "USD"
) -> PayInvoices:
    """Choose an amount for each invoice, all of them at the same version."""
    chosen = [
        ChosenInvoice(invoice_id=invoice_id, version=version, amount_minor=amount)
        for invoice_id, amount in amounts.items()
    ]
    return PayInvoices(
        payment_id=new_id(), contact_id=contact_id, currency=currency, invoices=chosen, method_token=method_token
    )


def payment_from(page: Page, contact_id: UUID, amounts: Mapping[UUID, int], method_token: str) -> PayInvoices:
    """Choose an amount for each invoice from a payment page, each at the version that the page shows."""
    chosen = [
        ChosenInvoice(invoice_id=invoice_id, version=page[str(invoice_id)]["version"], amount_minor=amount)
        for invoice_id, amount in amounts.items()
    ]
    return PayInvoices(
        payment_id=new_id(), contact_id=contact_id, currency="USD", invoices=chosen, method_token=method_token
    )


async def pay(practice: Practice, payment: PayInvoices, *, idempotency_key: UUID | None = None) -> Answer:
    """Start a payment, as soon as payments knows what it names."""
    key = idempotency_key or new_id()
    return await until_known(
        lambda: practice.api.send("POST", "payments", "/v1/payments", payment, idempotency_key=key)
    )


async def retry(practice: Practice, payment_id: UUID, charge_ids: Sequence[str], method_token: str) -> Answer:
    """Try declined charges of a payment again."""
    wanted = {"charge_ids": list(charge_ids), "method_token": method_token}
    return await practice.api.send("POST", "payments", f"/v1/payments/{payment_id}/retries", json_body=wanted)


async def refund(practice: Practice, charge_id: str, amount_minor: int, reason: str = "Agreed.") -> Answer:
    """Give back a part of a charge, each time anew."""
    wanted = {"refund_id": str(new_id()), "amount_minor": amount_minor, "reason": reason}
    return await practice.api.send("POST", "payments", f"/v1/charges/{charge_id}/refunds", json_body=wanted)


async def payment_shown(practice: Practice, payment_id: UUID) -> dict[str, Any]:
    """Read what became of a payment; empty where there is none."""
    answer = await practice.api.get("payments", f"/v1/payments/{payment_id}")
    return answer.body if answer.status == 200 else {}  # noqa: PLR2004 - HTTP: OK


async def books_difference(practice: Practice) -> dict[str, int]:
    """Sum the firm's trial balance by currency, debits less credits: zero where the books balance.

    Raises: WrongAnswerError.
    """
    answer = expect("trial balance", 200, await practice.api.get("payments", "/v1/ledger/trial-balance"))
    sums: dict[str, int] = {}
    for account in answer.body["items"]:
        currency = account["currency"]
        sums[currency] = sums.get(currency, 0) + account["debit_minor"] - account["credit_minor"]
    return sums


async def broken_chains(practice: Practice) -> list[dict[str, Any]]:
    """Verify the firm's books page by page; returns the first transaction of each invoice that is not what was written.

    Raises: WrongAnswerError.
    """
    broken: list[dict[str, Any]] = []
    place: dict[str, str] = {}
    while True:
        page = expect("verification", 200, await practice.api.get("payments", "/v1/ledger/verification", **place)).body
        broken += page["items"]
        if page["next"] is None:
            return broken
        place = {"after": page["next"]}

"""Paying by topic over the whole stack: as by HTTP, the gate asked all the same, each command answered once.

Source: mission P2, P3, P9, S7, X1.
"""

from collections import Counter
from uuid import UUID

import pytest

from contracts.payments import RetryCharges
from stack.client.asked import ask_done, ask_refused
from stack.client.paying import balance_of, pay, payment_of
from stack.client.practice import Practice
from stack.client.sharing import revoke_shares
from stack.client.whole import Whole

pytestmark = pytest.mark.kafka


@pytest.mark.proves("P2", "P3", "X1")
async def test_a_payment_and_its_retry_by_topic_are_answered_as_by_http_and_charged_once(whole: Whole) -> None:
    invoice_id, ada = await whole.payable_invoice(20_000)
    payment = payment_of(ada.contact_id, {invoice_id: 20_000}, "tok_declined")

    accepted = await ask_done(whole.watch, whole.office, payment)

    (charge,) = accepted["charges"]
    assert (accepted["payment_id"], charge["invoice_id"]) == (str(payment.payment_id), str(invoice_id))
    declined = (await whole.concluded(payment.payment_id))[str(invoice_id)]
    assert (declined["state"], declined["charge_id"]) == ("declined", charge["charge_id"])
    by_http = await pay(whole.office, payment)
    assert (by_http.status, by_http.body) == (202, accepted)

    retry = RetryCharges(payment_id=payment.payment_id, charge_ids=[UUID(charge["charge_id"])], method_token="tok_ok")
    again = await ask_done(whole.watch, whole.office, retry)

    assert (again["attempt"], again["charge_ids"]) == (2, [charge["charge_id"]])
    settled = (await whole.concluded(payment.payment_id, attempt=2))[str(invoice_id)]
    assert settled["state"] == "succeeded"
    assert await ask_refused(whole.watch, whole.office, retry) == "charge_not_declined"
    await whole.at_rest()
    assert await whole.charged({charge["charge_id"]}) == Counter([charge["charge_id"]])
    assert (await balance_of(whole.office, invoice_id))["open_minor"] == 0


@pytest.mark.proves("P9", "S7", "X1")
async def test_what_may_not_be_paid_is_refused_by_topic_with_the_slug_that_http_has(whole: Whole) -> None:
    invoice_id, ada = await whole.payable_invoice(20_000)

    async def refusal(amount_minor: int, version: int) -> tuple[str | None, object]:
        payment = payment_of(ada.contact_id, {invoice_id: amount_minor}, "tok_ok", version=version)
        by_topic = await ask_refused(whole.watch, whole.office, payment)
        other = payment_of(ada.contact_id, {invoice_id: amount_minor}, "tok_ok", version=version)
        return by_topic, (await pay(whole.office, other)).body["slug"]

    assert await refusal(20_001, 1) == ("amount_exceeds_payable",) * 2
    assert await refusal(20_000, 2) == ("stale_version",) * 2
    await revoke_shares(whole.office, invoice_id)
    assert await refusal(20_000, 1) == ("unknown_invoice",) * 2
    balance = await balance_of(whole.office, invoice_id)
    assert (balance["payable_minor"], balance["settled_minor"]) == (20_000, 0)


@pytest.mark.proves("P9", "X1", "X5")
async def test_another_firm_pays_and_retries_nothing_of_it_by_topic(whole: Whole, practice: Practice) -> None:
    invoice_id, ada = await whole.payable_invoice(20_000)
    payment = payment_of(ada.contact_id, {invoice_id: 20_000}, "tok_declined")
    await pay(whole.office, payment)
    charge = (await whole.concluded(payment.payment_id))[str(invoice_id)]

    retry = RetryCharges(payment_id=payment.payment_id, charge_ids=[UUID(charge["charge_id"])], method_token="tok_ok")

    assert await ask_refused(whole.watch, practice, retry) == "unknown_payment"
    assert (await balance_of(whole.office, invoice_id))["settled_minor"] == 0

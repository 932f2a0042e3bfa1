"""A final invoice revised, voided and credited over the whole stack: who has it is told what changed, once.

Source: mission I4, I5, N2, P12, X1. The stack's quiet window is two seconds.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import pytest

from chassis.ids import new_id
from chassis.testing import eventually
from contracts.invoices import CreditInvoice, InvoiceComment, InvoiceTerms, ReviseInvoice, VoidInvoice
from stack.client.asked import ask_done, ask_refused
from stack.client.paying import balance_of, payable_ids
from stack.client.people import Person, PostOffice, attachments_of, meet
from stack.client.practice import Practice, expect, plain_terms
from stack.client.sharing import revoke_shares, share_by_email, share_by_link, share_in_portal
from stack.client.topics import TopicWatch

pytestmark = pytest.mark.kafka

Rest = Callable[[], Awaitable[None]]


async def correct(office: Practice, invoice_id: UUID, how: str, body: dict[str, Any], status: int = 200) -> Any:
    path = f"/v1/invoices/{invoice_id}/{how}"
    return expect(how, status, await office.api.send("POST", "invoices", path, json_body=body)).body


async def revise(office: Practice, invoice_id: UUID, terms: InvoiceTerms, reason: str) -> Any:
    return await correct(office, invoice_id, "revise", {"terms": terms.model_dump(mode="json"), "reason": reason})


async def shared_by_mail(office: Practice, post: PostOffice, number: str = "R-1") -> tuple[UUID, Person]:
    """A final invoice of 250.00 that somebody has by e-mail, and has been told of."""
    matter_id = await office.matter(number, "Revisions")
    ada = await meet(office, "Ada", matter_id)
    invoice_id = await office.final_invoice(matter_id)
    await share_by_email(office, invoice_id, [ada.contact_id])
    await post.arrived(ada, 1)
    return invoice_id, ada


async def owed(office: Practice, invoice_id: UUID, **expected: object) -> None:
    async def as_expected() -> bool:
        balance = await balance_of(office, invoice_id)
        shown = (await office.api.get("invoices", f"/v1/invoices/{invoice_id}")).body["balance"] or {}
        return all(
            balance.get(name) == value and (name not in shown or shown[name] == value)
            for name, value in expected.items()
        )

    await eventually(as_expected)


def said(text: str, *expected: str) -> Sequence[str]:
    """Those of the words that are there."""
    return [words for words in expected if words in text]


@pytest.mark.proves("I4", "N1", "N2", "I5")
async def test_two_edits_in_the_quiet_window_are_one_notice_from_the_old_total_to_the_new(
    office: Practice, post: PostOffice, at_rest: Rest
) -> None:
    invoice_id, ada = await shared_by_mail(office, post)
    in_portal = await meet(office, "Bob", await matter_of(office, invoice_id))
    await share_in_portal(office, invoice_id, [in_portal.contact_id])
    await post.arrived(in_portal, 1)

    await revise(office, invoice_id, plain_terms(24_000), "A discount as agreed.")
    last = await revise(office, invoice_id, plain_terms(23_000), "And a second one.")

    assert (last["version"], last["changed"]) == (3, ["lines", "totals"])
    words = ("$250.00", "$230.00", "A discount as agreed.", "And a second one.")
    for person in (ada, in_portal):
        _, notice = await post.arrived(person, 2)
        assert said(notice.part("plain"), *words) == list(words)
        assert "240.00" not in notice.part("plain")
        assert "has changed" in notice.subject
    await at_rest()
    assert [len(await post.mails(person)) for person in (ada, in_portal)] == [2, 2]
    _, content = await office.api.download("invoices", f"/v1/invoices/{invoice_id}/versions/3/pdf")
    _, by_mail = await post.mails(ada)
    _, by_portal = await post.mails(in_portal)
    assert (attachments_of(by_mail), attachments_of(by_portal)) == ([content], [])
    await owed(office, invoice_id, version=3, total_minor=23_000, open_minor=23_000)


async def matter_of(office: Practice, invoice_id: UUID) -> UUID:
    return UUID((await office.api.get("invoices", f"/v1/invoices/{invoice_id}")).body["matter_id"])


@pytest.mark.proves("I4", "S7")
async def test_whose_share_has_ended_gets_no_notice_and_who_has_a_link_gets_one_without_the_pdf(
    office: Practice, post: PostOffice, at_rest: Rest
) -> None:
    invoice_id, ada = await shared_by_mail(office, post, "R-2")
    linked = await meet(office, "Cleo", await matter_of(office, invoice_id))
    await share_by_link(office, invoice_id, linked.contact_id, "link")
    await revoke_shares(office, invoice_id, contact_ids=[ada.contact_id])

    await revise(office, invoice_id, plain_terms(10_000), "Halved.")

    await at_rest()
    assert len(await post.mails(ada)) == 1
    # Who copies a link hands it over: the only mail is of what changed, and the PDF is for e-mail shares.
    (notice,) = await post.arrived(linked, 1)
    assert said(notice.part("plain"), "$250.00", "$100.00", "Halved.") == ["$250.00", "$100.00", "Halved."]
    assert attachments_of(notice) == []
    assert "in your portal" not in notice.part("plain")


@pytest.mark.proves("I4", "I3")
async def test_an_internal_comment_makes_no_version_and_tells_nobody_and_a_visible_one_does(
    office: Practice, post: PostOffice, at_rest: Rest
) -> None:
    invoice_id, ada = await shared_by_mail(office, post, "R-3")
    internal = InvoiceComment(text="Slow payer.", is_client_visible=False)
    visible = InvoiceComment(text="See you in June.", is_client_visible=True)

    quiet = await revise(office, invoice_id, plain_terms(25_000).model_copy(update={"comments": [internal]}), "Note.")

    assert (quiet["version"], quiet["changed"]) == (1, [])
    await at_rest()
    assert len(await post.mails(ada)) == 1
    both = plain_terms(25_000).model_copy(update={"comments": [internal, visible]})
    assert (await revise(office, invoice_id, both, "A remark."))["changed"] == ["comments"]
    _, notice = await post.arrived(ada, 2)
    assert "A remark." in notice.part("plain")
    assert "Slow payer." not in notice.part("plain")


@pytest.mark.proves("I4", "N2", "P9", "X1")
async def test_a_void_is_told_once_and_leaves_nothing_to_pay(
    office: Practice, post: PostOffice, watch: TopicWatch
) -> None:
    invoice_id, ada = await shared_by_mail(office, post, "R-4")

    for _ in range(2):
        await ask_done(watch, office, VoidInvoice(invoice_id=invoice_id, reason="Billed by mistake."))
    assert await ask_refused(watch, office, VoidInvoice(invoice_id=invoice_id, reason="For another reason.")) == "void"

    _, notice = await post.arrived(ada, 2)
    assert "is void" in notice.subject
    assert "Billed by mistake." in notice.part("plain")
    await owed(office, invoice_id, open_minor=0, payable_minor=0, is_void=True)
    assert await payable_ids(office, ada.contact_id) == set()
    refused = ReviseInvoice(invoice_id=invoice_id, terms=plain_terms(1), reason="Too late.")
    assert await ask_refused(watch, office, refused) == "void"


@pytest.mark.proves("I4", "N2", "P12", "X1")
async def test_a_credit_is_told_and_taken_off_what_is_owed_once_by_whichever_way_it_comes(
    office: Practice, post: PostOffice, watch: TopicWatch
) -> None:
    invoice_id, ada = await shared_by_mail(office, post, "R-5")
    credit = CreditInvoice(invoice_id=invoice_id, credit_id=new_id(), amount_minor=4_000, reason="A late delivery.")

    await correct(office, invoice_id, "credits", credit.model_dump(mode="json", exclude={"invoice_id"}), 201)
    await ask_done(watch, office, credit)

    _, notice = await post.arrived(ada, 2)
    words = ("$40.00", "$210.00", "A late delivery.")
    assert said(notice.part("plain"), *words) == list(words)
    await owed(office, invoice_id, total_minor=25_000, open_minor=21_000, credited_minor=4_000)
    credited = watch.of_firm(office.firm_id, "invoices.invoice-credited")
    assert [fact.data["credited_minor"] for fact in credited if fact.key == str(invoice_id)] == [4_000]
    too_much = CreditInvoice(invoice_id=invoice_id, credit_id=new_id(), amount_minor=22_000, reason="More.")
    assert await ask_refused(watch, office, too_much) == "credit_exceeds_total"


@pytest.mark.proves("I4", "I7", "X1")
async def test_a_revision_by_topic_is_answered_once_and_its_history_is_in_order(
    office: Practice, post: PostOffice, watch: TopicWatch
) -> None:
    invoice_id, ada = await shared_by_mail(office, post, "R-6")
    revision = ReviseInvoice(invoice_id=invoice_id, terms=plain_terms(26_000), reason="An hour was missing.")

    result = await ask_done(watch, office, revision)

    assert (result["version"], result["changed"]) == (2, ["lines", "totals"])
    assert (await ask_done(watch, office, revision))["changed"] == []
    await post.arrived(ada, 2)

    async def history() -> list[dict[str, Any]]:
        items = (await office.api.get("invoices", f"/v1/invoices/{invoice_id}/history")).body["items"]
        return items if [entry["kind"] for entry in items].count("delivery_accepted") == 2 else []

    entries = await eventually(history)
    kinds = [entry["kind"] for entry in entries if entry["kind"] not in {"pdf_ready", "delivery_accepted"}]
    assert kinds == ["created", "finalised", "shared", "revised"]
    places = {entry["entry_id"]: place for place, entry in enumerate(entries)}
    caused = {entry["kind"]: entry["caused_by"] for entry in entries if entry["caused_by"] in places}
    assert {"pdf_ready", "delivery_accepted"} <= set(caused)
    assert all(
        places[entry["caused_by"]] < place for place, entry in enumerate(entries) if entry["caused_by"] in places
    )

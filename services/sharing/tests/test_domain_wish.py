"""What becomes of wishes, by a table."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from sharing.domain.admission import Refusal
from sharing.domain.replicas import Contact, Firm, Invoice, Issue, Known, Matter
from sharing.domain.share import Share
from sharing.domain.wish import Decided, Wish, judge_wishes

FIRM, MATTER, INVOICE, MESSAGE = (UUID(int=number) for number in (1, 3, 4, 5))
ADA, BEN, CID, DEE = (UUID(int=number) for number in (11, 12, 13, 14))
INVOICE_STATE = Invoice(FIRM, INVOICE, MATTER, "final", "USD", 100, Issue("1", 1, date(2026, 12, 22)), 2)
KNOWN = Known(
    firms={FIRM: Firm(FIRM, frozenset({"portal"}), 1)},
    matters={(FIRM, MATTER): Matter(FIRM, MATTER, "Estate", True, frozenset({"invoice"}), 1)},
    members={(FIRM, MATTER, ADA), (FIRM, MATTER, BEN)},
    contacts={
        (FIRM, ADA): Contact(FIRM, ADA, "Ada", "person", "ada@b.test", None, "en-US", 1),
        (FIRM, BEN): Contact(FIRM, BEN, "Ben", "person", None, None, "en-US", 1),
        (FIRM, CID): Contact(FIRM, CID, "Cid", "person", "cid@b.test", None, "en-US", 1),
    },
)


def wish(contact_id: UUID) -> Wish:
    return Wish(FIRM, INVOICE, contact_id, "staff:dana", MESSAGE, MESSAGE)


@pytest.mark.proves("I2")
def test_each_wish_is_judged_for_itself() -> None:
    wishes = [wish(contact_id) for contact_id in (ADA, BEN, CID, DEE)]
    verdict = judge_wishes(INVOICE_STATE, [], wishes, KNOWN)
    assert [contact.contact_id for contact in verdict.added] == [ADA]
    assert verdict.decided == (
        Decided(wishes[0], "shared", None),
        Decided(wishes[1], "refused", Refusal.NO_ADDRESS),
        Decided(wishes[2], "refused", Refusal.CONTACT_NOT_ON_MATTER),
    )


@pytest.mark.proves("I2")
def test_who_has_the_invoice_already_is_not_told_again() -> None:
    has_it = Share(FIRM, UUID(int=99), "invoice", INVOICE, ADA, "portal", "active", 1)
    verdict = judge_wishes(INVOICE_STATE, [has_it], [wish(ADA)], KNOWN)
    assert verdict.added == ()
    assert [end.state for end in verdict.decided] == ["shared"]


@pytest.mark.proves("I2", "S8")
def test_a_closed_portal_refuses_all_wishes_but_a_missing_matter_leaves_them_waiting() -> None:
    matter = KNOWN.matters[FIRM, MATTER]
    closed = replace(KNOWN, matters={(FIRM, MATTER): replace(matter, portal_enabled=False)})
    refused = judge_wishes(INVOICE_STATE, [], [wish(ADA), wish(DEE)], closed).decided
    assert [end.refusal for end in refused] == [Refusal.PORTAL_DISABLED] * 2
    waiting = judge_wishes(INVOICE_STATE, [], [wish(ADA)], replace(KNOWN, matters={}))
    assert (waiting.added, waiting.decided) == ((), ())

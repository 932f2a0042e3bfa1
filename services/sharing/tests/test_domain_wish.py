"""What becomes of wishes, by a table."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from sharing.domain.admission import Refusal
from sharing.domain.replicas import Contact, Firm, Invoice, Issue, Known, Matter
from sharing.domain.share import Share
from sharing.domain.wish import PATIENCE_SECONDS, Decided, Wish, judge_wishes

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


def wish(contact_id: UUID, barred_seconds: float = PATIENCE_SECONDS) -> Wish:
    return Wish(FIRM, INVOICE, contact_id, "staff:dana", MESSAGE, MESSAGE, barred_seconds)


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
def test_a_wish_is_not_refused_before_its_time() -> None:
    wishes = [wish(contact_id, PATIENCE_SECONDS - 1) for contact_id in (ADA, BEN, CID, DEE)]
    verdict = judge_wishes(INVOICE_STATE, [], wishes, KNOWN)
    assert verdict.decided == (Decided(wishes[0], "shared", None),)
    assert verdict.barred == (wishes[1], wishes[2])


def test_a_barred_wish_is_looked_at_ever_more_rarely_until_its_patience_ends() -> None:
    looks = [0.0]
    while looks[-1] < PATIENCE_SECONDS:
        looks.append(looks[-1] + wish(BEN, looks[-1]).pause_seconds)
    assert looks == [0, 1, 2, 4, 8, 16, 32, 60]


@pytest.mark.proves("I2")
def test_who_has_the_invoice_already_is_not_told_again() -> None:
    has_it = Share(FIRM, UUID(int=99), "invoice", INVOICE, ADA, "portal", "active", 1)
    verdict = judge_wishes(INVOICE_STATE, [has_it], [wish(ADA)], KNOWN)
    assert verdict.added == ()
    assert [end.state for end in verdict.decided] == ["shared"]


@pytest.mark.proves("I2", "S8")
def test_a_closed_portal_refuses_all_wishes_but_what_is_missing_leaves_them_waiting() -> None:
    matter = KNOWN.matters[FIRM, MATTER]
    closed = replace(KNOWN, matters={(FIRM, MATTER): replace(matter, portal_enabled=False)})
    refused = judge_wishes(INVOICE_STATE, [], [wish(ADA), wish(CID), wish(DEE)], closed).decided
    assert [(end.wish.contact_id, end.refusal) for end in refused] == [
        (ADA, Refusal.PORTAL_DISABLED),
        (CID, Refusal.PORTAL_DISABLED),
    ]
    waiting = judge_wishes(INVOICE_STATE, [], [wish(ADA)], replace(KNOWN, matters={}))
    assert (waiting.added, waiting.decided, waiting.barred) == ((), (), ())

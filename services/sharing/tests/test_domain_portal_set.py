"""What saving a set for the portal means, by tables and properties, without a database."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import fields
from sharing.domain import share
from sharing.domain.act import Act, Plan, plan_act
from sharing.domain.admission import Barred, Missing, Refusal
from sharing.domain.replicas import Contact, Firm, Invoice, Issue, Known, Matter
from sharing.domain.share import Share, channels_still_open

FIRM, OTHER_FIRM, MATTER, INVOICE = (UUID(int=number) for number in (1, 2, 3, 4))
ADA, BEN, CID, DEE = (UUID(int=number) for number in (11, 12, 13, 14))

FINAL = Invoice(FIRM, INVOICE, MATTER, "final", "USD", 100, Issue("1", 1, date(2026, 12, 22)), 2)
DRAFT = replace(FINAL, status="draft", issue=None)


def contact(contact_id: UUID, email: str | None = "a@b.test") -> Contact:
    return Contact(FIRM, contact_id, "Ada", "person", email, None, "en-US", 1)


def portal_share(contact_id: UUID, state: share.ShareState = "active") -> Share:
    return Share(FIRM, UUID(int=contact_id.int + 100), "invoice", INVOICE, contact_id, "portal", state, 1)


FIRM_WITH_ALL = Firm(FIRM, frozenset({"portal", "email"}), 1)
OPEN_MATTER = Matter(FIRM, MATTER, "Estate", True, frozenset({"invoice", "note"}), 1)
KNOWN = Known(
    firms={FIRM: FIRM_WITH_ALL},
    matters={(FIRM, MATTER): OPEN_MATTER},
    members={(FIRM, MATTER, ADA), (FIRM, MATTER, BEN), (FIRM, MATTER, DEE)},
    contacts={(FIRM, ADA): contact(ADA), (FIRM, BEN): contact(BEN, None), (FIRM, CID): contact(CID)},
)


def plan(
    wanted: Sequence[UUID],
    shares: Iterable[Share] = (),
    *,
    invoice: Invoice = FINAL,
    known: Known = KNOWN,
    typed_in: Iterable[Contact] = (),
) -> object:
    act = Act("portal", tuple(wanted), {one.contact_id: one for one in typed_in})
    return plan_act(invoice, list(shares), act, known)


def with_matter(**said: object) -> Known:
    return replace(KNOWN, matters={(FIRM, MATTER): replace(OPEN_MATTER, **said)})


@pytest.mark.proves("S1", "S8")
@pytest.mark.parametrize(
    ("wanted", "invoice", "known", "obstacle"),
    [
        pytest.param([ADA], DRAFT, KNOWN, Barred(Refusal.DRAFT_NEEDS_CONFIRMATION, INVOICE), id="a draft"),
        pytest.param([ADA], replace(FINAL, status="void"), KNOWN, Barred(Refusal.VOID, INVOICE), id="a void invoice"),
        pytest.param([ADA], FINAL, replace(KNOWN, firms={}), Missing("firm"), id="a firm not heard of"),
        pytest.param([ADA], FINAL, replace(KNOWN, matters={}), Missing("matter"), id="a matter not heard of"),
        pytest.param(
            [ADA],
            FINAL,
            replace(KNOWN, firms={FIRM: replace(FIRM_WITH_ALL, channels=frozenset({"email"}))}),
            Barred(Refusal.CHANNEL_NOT_IN_PLAN, FIRM),
            id="a plan without portal",
        ),
        pytest.param(
            [ADA], FINAL, with_matter(portal_enabled=False), Barred(Refusal.PORTAL_DISABLED, MATTER), id="portal off"
        ),
        pytest.param(
            [ADA],
            FINAL,
            with_matter(portal_kinds=frozenset({"note"})),
            Barred(Refusal.KIND_NOT_ALLOWED, MATTER),
            id="invoices not shown",
        ),
        pytest.param([ADA, BEN], FINAL, KNOWN, Barred(Refusal.NO_ADDRESS, BEN), id="a contact without e-mail"),
        pytest.param([CID], FINAL, KNOWN, Barred(Refusal.CONTACT_NOT_ON_MATTER, CID), id="a contact not on the matter"),
        pytest.param([DEE], FINAL, KNOWN, Missing("contact", (DEE,)), id="a contact not heard of"),
        pytest.param([DEE, CID], FINAL, KNOWN, Barred(Refusal.CONTACT_NOT_ON_MATTER, CID), id="a no before a wait"),
    ],
)
def test_nobody_gains_an_invoice_when_something_stands_against_it(
    wanted: list[UUID], invoice: Invoice, known: Known, obstacle: object
) -> None:
    assert plan(wanted, invoice=invoice, known=known) == obstacle


@pytest.mark.proves("S1", "S8")
@pytest.mark.parametrize(
    ("invoice", "known"),
    [
        pytest.param(FINAL, with_matter(portal_enabled=False), id="portal off"),
        pytest.param(replace(FINAL, status="void"), KNOWN, id="a void invoice"),
        pytest.param(FINAL, replace(KNOWN, firms={}, matters={}, members=set(), contacts={}), id="nothing known"),
    ],
)
@pytest.mark.parametrize("state", ["active", "suspended"])
def test_taking_away_and_keeping_need_no_leave(invoice: Invoice, known: Known, state: share.ShareState) -> None:
    shares = [portal_share(ADA, state), portal_share(BEN, state)]
    planned = plan([BEN], shares, invoice=invoice, known=known)
    assert planned == Plan(added=(), removed=(shares[0],), unchanged=(BEN,), joining=())


@pytest.mark.parametrize("state", ["revoked", "expired"])
def test_a_share_that_ended_must_be_admitted_again(state: share.ShareState) -> None:
    assert plan([BEN], [portal_share(BEN, state)]) == Barred(Refusal.NO_ADDRESS, BEN)
    again = plan([ADA], [portal_share(ADA, state)])
    assert again == Plan(added=(contact(ADA),), removed=(), unchanged=(), joining=())


@pytest.mark.proves("S1")
def test_a_contact_typed_in_joins_the_matter_once() -> None:
    spouse = replace(contact(DEE), revision=0)
    not_on_matter = replace(KNOWN, members={(FIRM, MATTER, ADA)})
    joined = plan([], typed_in=[spouse], known=not_on_matter)
    assert joined == Plan(added=(spouse,), removed=(), unchanged=(), joining=(spouse,))
    known = replace(
        KNOWN, members={(FIRM, MATTER, DEE)}, contacts={(FIRM, DEE): replace(spouse, name="As invoices says")}
    )
    again = plan([], typed_in=[spouse], known=known)
    assert isinstance(again, Plan)
    assert [one.name for one in again.added] == ["As invoices says"]
    assert again.joining == ()


def test_a_contact_of_another_firm_is_not_known() -> None:
    theirs = replace(contact(ADA), firm_id=OTHER_FIRM)
    known = replace(KNOWN, contacts={(OTHER_FIRM, ADA): theirs})
    assert plan([ADA], known=known) == Missing("contact", (ADA,))


@pytest.mark.proves("S1")
def test_other_channels_stay_open() -> None:
    mailed = replace(portal_share(ADA), channel="email")
    linked = replace(portal_share(ADA), channel="link", state="revoked")
    theirs = replace(portal_share(BEN), channel="text")
    assert channels_still_open([portal_share(ADA), mailed, linked, theirs], ADA, "portal") == ["email"]


PEOPLE = [UUID(int=number) for number in range(20, 26)]
CROWD = replace(
    KNOWN,
    members={(FIRM, MATTER, person) for person in PEOPLE},
    contacts={(FIRM, person): contact(person) for person in PEOPLE},
)
SETS = st.lists(st.sampled_from(PEOPLE), max_size=8)


def carried_out(shares: list[Share], planned: Plan) -> list[Share]:
    gone = {one.contact_id for one in (*planned.removed, *planned.added)}
    return [
        *(one for one in shares if one.contact_id not in gone),
        *(replace(one, state="revoked") for one in planned.removed),
        *(portal_share(one.contact_id) for one in planned.added),
    ]


@pytest.mark.proves("S1")
@given(st.lists(SETS, min_size=1, max_size=6))
def test_any_sequence_of_sets_ends_with_exactly_the_last_one(sets: list[list[UUID]]) -> None:
    shares: list[Share] = []
    for wanted in sets:
        planned = plan(wanted, shares, known=CROWD)
        assert isinstance(planned, Plan)
        shares = carried_out(shares, planned)
        assert {one.contact_id for one in shares if one.is_open} == set(wanted)


@pytest.mark.proves("S1")
@given(SETS, SETS)
def test_a_plan_names_everyone_concerned_exactly_once(before: list[UUID], wanted: list[UUID]) -> None:
    planned = plan(wanted, [portal_share(person) for person in set(before)], known=CROWD)
    assert isinstance(planned, Plan)
    named = [one.contact_id for one in (*planned.added, *planned.removed)] + list(planned.unchanged)
    assert sorted(named) == sorted(set(before) | set(wanted))


@pytest.mark.proves("S1")
@given(SETS)
def test_saving_a_set_again_changes_nothing(wanted: list[UUID]) -> None:
    planned = plan(wanted, [portal_share(person) for person in set(wanted)], known=CROWD)
    assert planned == Plan(unchanged=tuple(dict.fromkeys(wanted)))


def test_the_domain_speaks_the_words_of_the_contract() -> None:
    assert get_args(share.Channel) == get_args(fields.Channel)
    assert get_args(share.ItemKind) == get_args(fields.ItemKind)

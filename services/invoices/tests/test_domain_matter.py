"""Roles on a matter."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoices.domain.matter import ROLES, Matter, MatterContact, MatterProfile, add_roles, admit_contacts, assign_roles
from invoices.domain.refusal import Refusal

A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)
PROFILE = MatterProfile("2026-0114", "Estate", portal_enabled=True, portal_kinds=("invoice",))


def _matter(**roles: tuple[str, ...]) -> Matter:
    ids = {"a": A, "b": B, "c": C}
    return Matter(A, B, PROFILE, tuple(MatterContact(ids[name], given) for name, given in roles.items()), revision=1)


@pytest.mark.proves("I1")
def test_there_is_at_most_one_billing_contact() -> None:
    matter = _matter(a=("billing",), b=("other",))
    assert assign_roles(matter, B, ["billing"]) is Refusal.BILLING_TAKEN
    assert admit_contacts([(A, ["billing"]), (B, ["billing", "client"])]) is Refusal.BILLING_TAKEN


@pytest.mark.proves("I1")
def test_the_billing_contact_may_get_more_roles_and_give_billing_up() -> None:
    more = assign_roles(_matter(a=("billing",)), A, ["client", "billing"])
    assert isinstance(more, Matter)
    assert more.roles_of(A) == ("billing", "client")
    less = assign_roles(more, A, ["client"])
    assert isinstance(less, Matter)
    assert less.billing_contact_id is None
    assert less.revision == 3


@pytest.mark.proves("I1")
def test_no_roles_takes_a_contact_off() -> None:
    matter = assign_roles(_matter(a=("client",), b=("other",)), A, [])
    assert isinstance(matter, Matter)
    assert [contact.contact_id for contact in matter.contacts] == [B]


def test_a_contact_is_named_once() -> None:
    assert admit_contacts([(A, ["client"]), (A, ["other"])]) is Refusal.CONTACT_NAMED_TWICE


def test_adding_roles_takes_none_away() -> None:
    matter = _matter(a=("billing", "client"))
    assert add_roles(matter, A, ["client"]) is matter
    more = add_roles(matter, A, ["other"])
    assert isinstance(more, Matter)
    assert more.roles_of(A) == ("billing", "client", "other")


@pytest.mark.proves("I1")
@given(st.lists(st.tuples(st.sampled_from([A, B, C]), st.lists(st.sampled_from(ROLES), max_size=5)), max_size=15))
def test_whatever_is_assigned_there_is_one_billing_contact_at_most_and_each_change_counts(
    assignments: list[tuple[UUID, list[str]]],
) -> None:
    matter = _matter()
    for contact_id, roles in assignments:
        changed = assign_roles(matter, contact_id, roles)
        if isinstance(changed, Refusal):
            continue
        assert changed.revision == matter.revision + (changed is not matter)
        assert sum("billing" in contact.roles for contact in changed.contacts) <= 1
        assert all(contact.roles for contact in changed.contacts)
        assert assign_roles(changed, contact_id, roles) is changed
        matter = changed

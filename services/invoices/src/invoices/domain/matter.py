"""A matter and who is on it: the rules of roles.

Roles and contacts are kept in one order, so that equal matters compare equal whatever order they came in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from invoices.domain.key import Key
from invoices.domain.refusal import Refusal

ROLES = ("billing", "client", "other", "location")


@dataclass(frozen=True, slots=True)
class MatterProfile:
    """What a matter says of itself, and which item kinds its portal may show."""

    number: str
    name: str
    portal_enabled: bool
    portal_kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MatterContact:
    """A contact's roles on a matter: at least one."""

    contact_id: UUID
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matter:
    """The work that invoices belong to, at a revision. `contacts` is sorted by id."""

    firm_id: UUID
    matter_id: UUID
    profile: MatterProfile
    contacts: tuple[MatterContact, ...]
    revision: int

    @property
    def key(self) -> Key:
        return self.firm_id, self.matter_id

    @property
    def billing_contact_id(self) -> UUID | None:
        return next((contact.contact_id for contact in self.contacts if "billing" in contact.roles), None)

    @property
    def client_ids(self) -> tuple[UUID, ...]:
        return tuple(contact.contact_id for contact in self.contacts if "client" in contact.roles)

    @property
    def bill_contact_ids(self) -> tuple[UUID, ...]:
        """Everybody whom a bill on this matter names, perhaps twice."""
        billed = self.billing_contact_id
        return (*([billed] if billed else []), *self.client_ids)

    def roles_of(self, contact_id: UUID) -> tuple[str, ...]:
        return next((contact.roles for contact in self.contacts if contact.contact_id == contact_id), ())


def in_order(roles: Iterable[str]) -> tuple[str, ...]:
    """Roles once each, in one order."""
    given = frozenset(roles)
    return tuple(role for role in ROLES if role in given)


def admit_contacts(named: Sequence[tuple[UUID, Sequence[str]]]) -> tuple[MatterContact, ...] | Refusal:
    """Who is on a new matter, or why that cannot be."""
    contacts = [MatterContact(contact_id, in_order(roles)) for contact_id, roles in named]
    if len({contact.contact_id for contact in contacts}) < len(contacts):
        return Refusal.CONTACT_NAMED_TWICE
    if sum("billing" in contact.roles for contact in contacts) > 1:
        return Refusal.BILLING_TAKEN
    return tuple(sorted(contacts, key=lambda contact: contact.contact_id))


def change_profile(matter: Matter, profile: MatterProfile) -> Matter:
    """Give the matter another profile; the very same matter where nothing changes."""
    if profile == matter.profile:
        return matter
    return replace(matter, profile=profile, revision=matter.revision + 1)


def assign_roles(matter: Matter, contact_id: UUID, roles: Iterable[str]) -> Matter | Refusal:
    """Make these the contact's roles; none takes the contact off. The very same matter where nothing changes."""
    wanted = in_order(roles)
    if wanted == matter.roles_of(contact_id):
        return matter
    if "billing" in wanted and matter.billing_contact_id not in {None, contact_id}:
        # Taking the role from its holder silently would send the next bill elsewhere: it is taken off there first.
        return Refusal.BILLING_TAKEN
    others = [contact for contact in matter.contacts if contact.contact_id != contact_id]
    own = [MatterContact(contact_id, wanted)] if wanted else []
    contacts = tuple(sorted([*others, *own], key=lambda contact: contact.contact_id))
    return replace(matter, contacts=contacts, revision=matter.revision + 1)


def add_roles(matter: Matter, contact_id: UUID, roles: Iterable[str]) -> Matter | Refusal:
    """Give the contact these roles beside those it has: a contact that is added again loses nothing."""
    return assign_roles(matter, contact_id, [*matter.roles_of(contact_id), *roles])

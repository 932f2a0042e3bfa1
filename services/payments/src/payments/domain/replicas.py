"""What payments knows of firms, matters and contacts: as much as a payment page shows. `revision` is their owner's."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Firm:
    """The tenant, and whether its invoices can be paid online."""

    firm_id: UUID
    name: str
    currency: str
    online_payments: bool
    revision: int


@dataclass(frozen=True, slots=True)
class Matter:
    """What an invoice on a payment page belongs to."""

    firm_id: UUID
    matter_id: UUID
    number: str
    name: str
    revision: int


@dataclass(frozen=True, slots=True)
class Contact:
    """Whose payment page it is, and where the confirmation goes unless the payer names another address."""

    firm_id: UUID
    contact_id: UUID
    name: str
    email: str | None
    locale: str
    revision: int

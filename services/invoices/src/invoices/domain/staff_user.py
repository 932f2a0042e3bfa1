"""A staff account."""

from dataclasses import dataclass
from uuid import UUID

from invoices.domain.key import Key


@dataclass(frozen=True, slots=True)
class StaffUser:
    """A person of the firm, at a revision. A disabled one's API keys are revoked."""

    firm_id: UUID
    staff_user_id: UUID
    name: str
    email: str
    role: str
    is_enabled: bool
    revision: int

    @property
    def key(self) -> Key:
        return self.firm_id, self.staff_user_id

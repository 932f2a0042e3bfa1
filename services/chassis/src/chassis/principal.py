"""Who asks: the principal every use case takes. Its firm limits everything it can reach."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

PrincipalKind = Literal["staff", "api_key", "contact", "link", "service", "operator"]


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated asker. Scopes are `<thing>:<read|write>`; services and operators have all of them."""

    firm_id: UUID
    kind: PrincipalKind
    id: str
    scopes: frozenset[str] = field(default_factory=frozenset)

    @property
    def actor(self) -> str:
        """As it stands in envelopes and histories: kind and id."""
        return f"{self.kind}:{self.id}"

    def may(self, scope: str) -> bool:
        return self.kind in {"service", "operator"} or scope in self.scopes

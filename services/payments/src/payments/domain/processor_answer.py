"""What a card processor has to say about one charge or refund. Only the first two are outcomes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Money moved, as much of it as the processor says: to be compared with what was asked for before it is settled.

    `provider_ref` is the processor's own, unique among its charges and among its refunds.
    """

    provider_ref: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Declined:
    """No money moved under this key, and none will. `reason` is a slug.

    `fault` is why a person has to look at it all the same: ours, not the payer's.
    """

    reason: str
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class NotFound:
    """The processor knows nothing of the key: nothing was done under it so far. It may be sent again, the same one."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody said what happened: to be asked about, never done again under another key. `detail` is for people."""

    detail: str

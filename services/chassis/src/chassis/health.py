"""Health as progress: each loop says when it moved last, and an outage it waits for counts as moving."""

import time
from dataclasses import dataclass, field

STUCK_SECONDS = 60.0


@dataclass(slots=True)
class Progress:
    """When each loop of this process last moved, or said what it waits for. `/live` answers from it."""

    _moved_at: dict[str, float] = field(default_factory=dict)
    _waits_for: dict[str, str] = field(default_factory=dict)

    def made(self, loop: str) -> None:
        """Note that the loop went round."""
        self._moved_at[loop] = time.monotonic()
        self._waits_for.pop(loop, None)

    def waiting(self, loop: str, reason: str) -> None:
        """Note that the loop waits for something outside and will go on by itself: that is progress too."""
        self._moved_at[loop] = time.monotonic()
        self._waits_for[loop] = reason

    def stuck(self) -> list[str]:
        """Loops that neither moved nor waited for STUCK_SECONDS: a supervisor should restart the process."""
        oldest = time.monotonic() - STUCK_SECONDS
        return sorted(loop for loop, moved_at in self._moved_at.items() if moved_at < oldest)

    def waits(self) -> dict[str, str]:
        return dict(self._waits_for)

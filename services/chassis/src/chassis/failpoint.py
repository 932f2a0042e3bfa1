"""Named places where a fault test may kill the process; nothing happens unless HANDBILL_FAILPOINT names one.

`HANDBILL_FAILPOINT=outbox.after_commit:kill:3` kills at the third passing, as `kill -9` would.
"""

import os
import signal
from collections import Counter

_passed: Counter[str] = Counter()
_armed = os.environ.get("HANDBILL_FAILPOINT", "")


def failpoint(name: str) -> None:
    """Pass a named place; end the process at once when it is the armed one and its count is reached."""
    if not _armed:
        return
    armed_name, action, *rest = _armed.split(":")
    if armed_name != name:
        return
    _passed[name] += 1
    if _passed[name] == int(rest[0] if rest else 1):
        assert action == "kill", f"unknown action in HANDBILL_FAILPOINT: {action}"
        os.kill(os.getpid(), signal.SIGKILL)

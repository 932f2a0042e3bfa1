"""The test tokens: how a charge by each goes, and how a later refund of such a charge does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Reply = Literal["prompt", "slow", "silence", "fault"]


@dataclass(frozen=True, slots=True)
class Course:
    """How one transaction goes.

    `reply` is how the caller hears of it once it is done or declined; `is_first_lost` lets the first request with a
    key vanish before anything is done, unanswered.
    """

    reply: Reply = "prompt"
    decline_reason: str | None = None
    is_first_lost: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """What a token stands for. A charge above `limit_minor`, in any currency, is declined."""

    charge: Course = Course()
    refund: Course = Course()
    limit_minor: int | None = None

    def course_of_charge(self, amount_minor: int) -> Course:
        if self.limit_minor is not None and amount_minor > self.limit_minor:
            return Course(decline_reason="limit_exceeded")
        return self.charge


TOKENS: Mapping[str, Method] = {
    "tok_ok": Method(),
    "tok_declined": Method(charge=Course(decline_reason="card_declined")),
    "tok_insufficient_funds": Method(charge=Course(decline_reason="insufficient_funds")),
    "tok_timeout_after_charge": Method(charge=Course(reply="silence")),
    "tok_timeout_before_charge": Method(charge=Course(is_first_lost=True)),
    "tok_500_after_charge": Method(charge=Course(reply="fault")),
    "tok_slow": Method(charge=Course(reply="slow")),
    "tok_refund_declined": Method(refund=Course(decline_reason="refund_declined")),
    "tok_refund_timeout_after_refund": Method(refund=Course(reply="silence")),
    "tok_refund_timeout_before_refund": Method(refund=Course(is_first_lost=True)),
    "tok_refund_500_after_refund": Method(refund=Course(reply="fault")),
    "tok_refund_slow": Method(refund=Course(reply="slow")),
}

_LIMITED = re.compile(r"tok_limit_([1-9][0-9]{0,12})")
_NO_METHOD = Method(charge=Course(decline_reason="unknown_method"))


def method_of(token: str) -> Method:
    """Return what the token stands for. `tok_limit_50000` is good for charges of up to 50000 minor units each.

    A token that nobody gave out is declined like a bad card: payers send tokens, so it is no fault of the caller's.
    """
    limited = _LIMITED.fullmatch(token)
    if limited is not None:
        return Method(limit_minor=int(limited[1]))
    return TOKENS.get(token, _NO_METHOD)

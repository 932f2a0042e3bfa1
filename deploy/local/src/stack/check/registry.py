"""Every invariant there is, in the order of their areas, and those of which nothing exists yet."""

from stack.check.answers import ANSWERS
from stack.check.delivery import DELIVERY
from stack.check.inboxes import INBOXES
from stack.check.invariant import Finding, Invariant
from stack.check.ledger import LEDGER
from stack.check.money import MONEY
from stack.check.once import ONCE
from stack.check.processor import PROCESSOR
from stack.check.published import PUBLISHED
from stack.check.replicas import REPLICAS
from stack.check.revisions import REVISIONS
from stack.check.sharing import SHARING

INVARIANTS: tuple[Invariant, ...] = (
    *ONCE,
    *ANSWERS,
    *REVISIONS,
    *PUBLISHED,
    *INBOXES,
    *DELIVERY,
    *MONEY,
    *LEDGER,
    *PROCESSOR,
    *SHARING,
    *REPLICAS,
)

NOT_YET: tuple[Finding, ...] = (
    Finding("I16", "no page, PDF or view is opened after its share ended", reason="there are no links to open yet"),
    Finding("I21", "views are counted from their log, and scanners never", reason="views are not logged yet"),
    Finding("I22", "every session belongs to an enabled account", reason="there are no sessions yet"),
    Finding("I23", "set-up and reset tokens are used at most once", reason="there are no such tokens yet"),
)

"""The story in order. A step is an async function of the scene; it raises StepFailed and else says nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from stack.demo.firm_steps import add_staff, open_matters, open_the_firm
from stack.demo.invoice_steps import draft_invoices, draft_with_wishes, finalise_at_once
from stack.demo.outcome_steps import know_what_is_owed, read_history, read_mails
from stack.demo.portal_steps import be_refused_without_portal, change_the_set, share_by_command, share_by_http
from stack.demo.ready import every_process_is_ready
from stack.demo.scene import Scene


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the story shows; `ids` are mission ids, separated by spaces."""

    ids: str
    title: str
    play: Callable[[Scene], Awaitable[None]]


STORY = (
    Step("READY", "every process is ready", every_process_is_ready),
    Step("I1", "the operator opens a firm; its key works in every service", open_the_firm),
    Step("I1", "a staff account is added and published", add_staff),
    Step("I1 X1", "two matters, by HTTP and by command, with three people", open_matters),
    Step("I2 X1", "invoices are drafted, by HTTP and by command", draft_invoices),
    Step("I3", "a dozen are finalised at once: numbers without a gap", finalise_at_once),
    Step("I2 S1", "one drafted with people to share with is shared by finalising", draft_with_wishes),
    Step("S1 X1", "an invoice is shared with two contacts by HTTP", share_by_http),
    Step("S1 X1", "another is shared with two contacts by command", share_by_command),
    Step("S8 X1", "a matter without portal refuses, by HTTP and by command", be_refused_without_portal),
    Step("S1 S7", "one contact is taken off the set", change_the_set),
    Step("I7 I8", "the invoice's history and indicator know it", read_history),
    Step("N1", "each contact has one mail for each share", read_mails),
    Step("P1", "payments knows what is owed by whom", know_what_is_owed),
)

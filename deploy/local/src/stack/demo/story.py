"""The story in order. A step is an async function of the scene; it raises StepFailed and else says nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from stack.demo.change_steps import revise_twice
from stack.demo.document_steps import earlier_pdfs_stay, pdfs_are_made
from stack.demo.email_steps import email_with_pdf, links_stay_off_the_page, share_drafts, unshare_and_resend
from stack.demo.firm_steps import add_staff, open_matters, open_the_firm
from stack.demo.gate_steps import pay_from_an_old_tab
from stack.demo.invoice_steps import draft_invoices, draft_with_wishes, finalise_at_once
from stack.demo.outcome_steps import balances_agree, know_what_is_owed, read_history, read_it_all, read_mails
from stack.demo.pay_steps import (
    books_balance,
    lose_an_answer,
    pay_at_once,
    pay_three,
    refund_a_part,
    retry_the_declined,
    see_the_page,
)
from stack.demo.portal_steps import be_refused_without_portal, change_the_set, share_by_command, share_by_http
from stack.demo.ready import every_process_is_ready
from stack.demo.scene import Scene
from stack.demo.soundness import everything_is_sound


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
    Step("I5", "each has its PDF, in the firm's brand, told of by its hash", pdfs_are_made),
    Step("S1 X1", "an invoice is shared with two contacts by HTTP", share_by_http),
    Step("S1 X1", "another is shared with two contacts by command", share_by_command),
    Step("S8 X1", "a matter without portal refuses, by HTTP and by command", be_refused_without_portal),
    Step("S1 S7", "one contact is taken off the set", change_the_set),
    Step("I7 I8", "the invoice's history and indicator know it", read_history),
    Step("N1", "each contact has one mail for each share", read_mails),
    Step("P1", "payments knows what is owed by whom", know_what_is_owed),
    Step("S3 S5 N1", "an e-mail share brings the PDF and a message, noted on the matter", email_with_pdf),
    Step("S6 X1", "a draft asks first, is finalised by sharing; one that cannot be is not shared", share_drafts),
    Step("S7", "unshared and shared again: a new generation; resent: the same", unshare_and_resend),
    Step("S11 P1", "links and texts stay off the payment page unless the sender says so", links_stay_off_the_page),
    Step("S7 P9", "unshared, it cannot be paid from an old tab", pay_from_an_old_tab),
    Step("I4 N2", "two revisions at once are one notice of what changed", revise_twice),
    Step("I3 I5", "every version keeps its PDF", earlier_pdfs_stay),
    Step("P1 S11", "a contact's payment page has exactly what is shared, across matters", see_the_page),
    Step("P2 P9", "three invoices are paid in one go: two charges succeed, one is declined", pay_three),
    Step("P3", "only the declined one is tried again; each attempt has one confirmation", retry_the_declined),
    Step("P9 P11", "the processor charges and never answers: it is asked, not charged again", lose_an_answer),
    Step("P9", "two pay the same rest at the same moment: one does", pay_at_once),
    Step("P5 N1", "part of a charge goes back: the invoice is on the page again", refund_a_part),
    Step("P10", "the books balance", books_balance),
    Step("P1 I7", "every service shows the same balance", balances_agree),
    Step("I7", "the invoice's history tells all of it", read_it_all),
    Step("SOUND", "every invariant holds across all services", everything_is_sound),
)

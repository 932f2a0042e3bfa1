"""HTTP in: what the books say, and whether they are what was written."""

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency

from chassis.http.caller import Caller
from chassis.http.page import LIMIT_DEFAULT, After, Limit, Page
from contracts.fields import Currency
from contracts.message import Part
from payments.domain.ledger import Account
from payments.domain.ledger_chain import Fault
from payments.store.ledger import list_account_sums
from payments.usecases.verify_ledger import verify_ledger


class AccountBody(Part):
    """One account in one currency."""

    currency: Currency
    account: Account
    debit_minor: int
    credit_minor: int


class BreakBody(Part):
    """The first transaction of an invoice that is not what was written, by its position among all of them.

    `missing`: there is none; `altered`: it is another one; `head_disagrees`: the invoice's balance names another end;
    `unchained`: it stands outside the chain. `journal_id` is null where nothing stands.
    """

    invoice_id: UUID
    position: int
    fault: Fault
    journal_id: UUID | None


class VerificationPage(Page[BreakBody]):
    """A page of invoices was verified: all that were counted hold, but for those that `items` names."""

    invoice_count: int
    transaction_count: int


@get("/v1/ledger/trial-balance")
async def get_trial_balance(caller: NamedDependency[Caller]) -> Page[AccountBody]:
    """Sum the firm's books, account by account: in each currency, as much is debited as credited."""
    async with caller.reading("payments:read") as tx:
        sums = await list_account_sums(tx, caller.firm_id)
    return Page(items=[AccountBody.model_validate(each, from_attributes=True) for each in sums])


@get("/v1/ledger/verification")
async def get_ledger_verification(
    caller: NamedDependency[Caller], limit: Limit = LIMIT_DEFAULT, after: After = None
) -> VerificationPage:
    """Verify the firm's books, a page of invoices at a time: they are sound when no page has any items."""
    async with caller.reading("payments:read") as tx:
        verified = await verify_ledger(tx, caller.firm_id, limit, after)
    return VerificationPage(
        items=[BreakBody.model_validate(each, from_attributes=True) for each in verified.broken],
        next=verified.next_after,
        invoice_count=verified.invoice_count,
        transaction_count=verified.transaction_count,
    )

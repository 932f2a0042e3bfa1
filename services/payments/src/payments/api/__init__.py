"""HTTP in: request to one use case to response."""

from collections.abc import Sequence

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from payments.api.cases import get_cases, post_case_close
from payments.api.ledger import get_ledger_verification, get_trial_balance
from payments.api.pages import get_balance, get_payable_invoices
from payments.api.payments import get_payment, post_payment, post_refund, post_retry
from payments.gateways.sharing_gate import SharingGate


def build_routes(gate: SharingGate) -> Sequence[ControllerRouterHandler]:
    """Make all routes; those that start a payment ask this gate."""

    async def provide_gate() -> SharingGate:
        return gate

    payments = Router(
        path="/",
        route_handlers=[post_payment, post_retry, get_payment, post_refund],
        dependencies={"gate": Provide(provide_gate)},
    )
    ledger = get_trial_balance, get_ledger_verification
    return get_payable_invoices, get_balance, *ledger, get_cases, post_case_close, payments

"""HTTP in: the gate. Other services ask it before they deliver or let somebody pay; nobody else may."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Request, Router, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from chassis.database import Database
from chassis.grants import sign_grant
from chassis.http.service_token import service_guard
from chassis.principal import Principal
from contracts.gate import (
    DeliveriesAnswered,
    DeliveriesAsked,
    PaymentGranted,
    PaymentRefused,
    PaymentsAnswered,
    PaymentsAsked,
)
from sharing.usecases.admit_deliveries import admit_deliveries
from sharing.usecases.grant_payments import grant_payments


class Gate:
    """The gate at one database, and the key that it signs with."""

    def __init__(self, database: Database, private_key: Ed25519PrivateKey) -> None:
        self._database = database
        self._private_key = private_key

    async def admit(self, asked: DeliveriesAsked) -> DeliveriesAnswered:
        """Answer after the commit: then whoever ends a share ends it after this."""
        shares = {(share.share_id, share.generation) for share in asked.shares}
        async with self._database.transaction() as tx:
            in_force = await admit_deliveries(tx, Principal(asked.firm_id, "service", "gate"), shares)
        return DeliveriesAnswered(in_force=in_force)

    async def grant(self, asked: PaymentsAsked) -> PaymentsAnswered:
        """Answer after the commit, likewise."""
        asker = Principal(asked.firm_id, "service", "gate")
        async with self._database.transaction() as tx:
            grants = await grant_payments(tx, asker, asked.contact_id, asked.invoice_ids)
        granted = {grant.invoice_id: sign_grant(self._private_key, grant) for grant in grants}
        return PaymentsAnswered(
            granted=[PaymentGranted(invoice_id=one, grant=grant) for one, grant in granted.items()],
            refused=[
                PaymentRefused(invoice_id=one, slug="not_shared")
                for one in dict.fromkeys(asked.invoice_ids)
                if one not in granted
            ],
        )


@post("/deliveries", status_code=200)
async def post_deliveries(data: JSONBody[DeliveriesAsked], gate: NamedDependency[Gate]) -> DeliveriesAnswered:
    """Tell which of these shares are in force."""
    return await gate.admit(data)


@post("/payments", status_code=200)
async def post_payments(data: JSONBody[PaymentsAsked], gate: NamedDependency[Gate]) -> PaymentsAnswered:
    """Grant that a contact starts to pay these invoices."""
    return await gate.grant(data)


def gate_routes(service_token: str, private_key: Ed25519PrivateKey) -> Router:
    """Make the gate's routes for services that have the token."""

    async def provide_gate(request: Request[object, object, State]) -> Gate:
        return Gate(request.app.state.database, private_key)

    return Router(
        path="/v1/gate",
        route_handlers=[post_deliveries, post_payments],
        dependencies={"gate": Provide(provide_gate)},
        guards=[service_guard(service_token)],
        security=[{"service_token": []}],
        tags=["services only"],
    )

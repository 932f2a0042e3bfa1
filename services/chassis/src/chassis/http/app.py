"""The Litestar application of a service: its routes, and what all services have."""

from typing import Any, cast

from litestar import Litestar, Request, get
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.plugins.pydantic import PydanticPlugin
from litestar.response import Response
from litestar.types import ASGIApp, ControllerRouterHandler, Receive, Scope, Send

from chassis.database import UNAVAILABLE, Database
from chassis.health import Progress
from chassis.http.caller import provide_caller
from chassis.http.openapi import openapi_config
from chassis.http.problem import HANDLERS
from chassis.tracing import span
from contracts.topics import Owner

BODY_BYTES_MAX = 1_000_000


@get("/live", include_in_schema=False)
async def live(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """503 when a loop of this process neither moved nor waited for a minute: restart it."""
    progress: Progress = request.app.state.progress
    stuck = progress.stuck()
    return Response({"stuck": stuck, "waits": progress.waits()}, status_code=503 if stuck else 200)


@get("/ready", include_in_schema=False)
async def ready(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """200 while PostgreSQL answers: that is all the API needs."""
    database: Database = request.app.state.database
    try:
        async with database.reading() as connection:
            await connection.fetchval("select 1")
    except UNAVAILABLE as error:
        return Response({"waits": repr(error)}, status_code=503)
    return Response({"ready": "yes"})


class Traced:
    """One span per request, continuing the caller's trace."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = ASGIConnection[Any, Any, Any, Any](scope).headers
        with span("http", headers.get("traceparent")):
            await self.app(scope, receive, send)


def build_app(
    service: Owner | str, routes: list[ControllerRouterHandler], database: Database, progress: Progress
) -> Litestar:
    """Build the application. Routes take `caller: Caller` to authenticate; without it a route is public."""
    return Litestar(
        route_handlers=[live, ready, *routes],
        dependencies={"caller": Provide(provide_caller)},
        exception_handlers=HANDLERS,
        middleware=[DefineMiddleware(Traced)],
        request_max_body_size=BODY_BYTES_MAX,
        state=State({"service": service, "database": database, "progress": progress}),
        openapi_config=openapi_config(service),
        logging_config=None,
        plugins=[_models_as_the_contract_says()],
    )


def _models_as_the_contract_says() -> PydanticPlugin:
    """Leave strictness to each field: `false`, the plugin's default, would overrule fields that are strict.

    Amounts are: neither `"100"` nor `true` nor `100.0` is an amount, by topic or by HTTP.
    """
    return PydanticPlugin(validate_strict=cast("bool", None))

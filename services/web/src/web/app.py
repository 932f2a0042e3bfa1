"""The Litestar application of web: pages, health, and headers that every answer has."""

from typing import Any

from litestar import Litestar, get
from litestar.datastructures import MutableScopeHeaders, State
from litestar.middleware import DefineMiddleware
from litestar.types import Message, Scope

from chassis.health import Progress
from chassis.http.app import Traced, live
from chassis.http.problem import HANDLERS
from web.pages import ROUTES

# Nothing is loaded, embedded, submitted or framed unless a page's need is written here.
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@get("/ready", include_in_schema=False)
async def ready() -> dict[str, Any]:
    """Say yes: web needs nothing but itself to answer."""
    return {"ready": "yes"}


async def add_security_headers(message: Message, _: Scope) -> None:
    """Put the headers on every answer, errors too."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in SECURITY_HEADERS.items():
            headers[name] = value


def build_app() -> Litestar:
    """Build the application."""
    return Litestar(
        route_handlers=[*ROUTES, live, ready],
        exception_handlers=HANDLERS,
        middleware=[DefineMiddleware(Traced)],
        before_send=[add_security_headers],
        state=State({"progress": Progress()}),
        openapi_config=None,
        logging_config=None,
    )

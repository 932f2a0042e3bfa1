"""Routes for other services alone: they share one secret, and send it where callers send their API key."""

import hmac
from collections.abc import Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from chassis.http.problem import ProblemError

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]


def service_guard(token: str) -> Guard:
    """Make the guard of routes that only services with this token may call; no API key opens them."""
    expected = token.encode()

    def guard(connection: ASGIConnection[Any, Any, Any, Any], route: BaseRouteHandler) -> None:
        del route
        scheme, _, sent = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(sent.strip().encode(), expected):
            raise ProblemError("not_authenticated", "this route is for services: send `Authorization: Bearer <token>`")

    return guard

"""Errors as problem+json (RFC 9457) with a stable slug; the one place where a slug becomes a status."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from chassis.database import TRANSIENT
from chassis.outcome import Refused
from contracts.fields import plain_fault

MEDIA_TYPE = "application/problem+json"

_STATUS_OF_SLUG = {
    "scope_missing": HTTPStatus.FORBIDDEN,
    "not_authenticated": HTTPStatus.UNAUTHORIZED,
    "idempotency_key_missing": HTTPStatus.BAD_REQUEST,
    "idempotency_key_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}
# Python's own phrase for 413 is another one since 3.13.
_SLUG_OF_STATUS = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request_too_large"}
_STATUS_OF_PREFIX = {"unknown_": HTTPStatus.NOT_FOUND, "invalid_": HTTPStatus.UNPROCESSABLE_ENTITY}

_WORTH_TRYING_AGAIN = frozenset({"unavailable", "not_yet_known", "idempotency_key_in_use"})

_log = structlog.get_logger("chassis.http")


PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "Why not (RFC 9457). `slug` is stable; further members say to machines what it speaks of.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "slug": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Of `invalid_request`: each field that is not as it must be.",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "slug", "detail"],
    "additionalProperties": True,
}


class ProblemError(Exception):
    """A refusal at the HTTP edge itself; use cases return `Refused` instead."""

    def __init__(self, slug: str, detail: str, more: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.slug = slug
        self.detail = detail
        self.more = more or {}


def status_of(slug: str) -> int:
    """HTTP status of a refusal: by its slug, by the slug's first word, else 409."""
    if slug in _STATUS_OF_SLUG:
        return _STATUS_OF_SLUG[slug]
    for prefix, status in _STATUS_OF_PREFIX.items():
        if slug.startswith(prefix):
            return status
    return HTTPStatus.CONFLICT


def problem_body(slug: str, detail: str, status: int, **more: Any) -> bytes:
    """Write the body of a problem response."""
    problem = {"type": f"urn:handbill:problem:{slug}", "title": slug.replace("_", " "), "status": status}
    return msgspec.json.encode({**problem, "slug": slug, "detail": detail, **more})


def refused_response(refused: Refused) -> tuple[int, bytes]:
    """Status and body of a use case's refusal."""
    status = status_of(refused.slug)
    return status, problem_body(refused.slug, refused.detail, status, **refused.more)


def _respond(slug: str, detail: str, status: int | None = None, **more: Any) -> Response[bytes]:
    status = status or status_of(slug)
    headers = {"Retry-After": "2"} if slug in _WORTH_TRYING_AGAIN else {}
    return Response(
        problem_body(slug, detail, status, **more), status_code=status, media_type=MEDIA_TYPE, headers=headers
    )


def on_problem(_: Request[Any, Any, Any], error: ProblemError) -> Response[bytes]:
    """Answer a refusal of the edge."""
    return _respond(error.slug, error.detail, **error.more)


def on_validation(_: Request[Any, Any, Any], error: ValidationException) -> Response[bytes]:
    """Answer a request that has not the form of its model, fault by fault."""
    faults = error.extra if isinstance(error.extra, list) else []
    return _respond("invalid_request", "the request does not have the form it must have", errors=_plain(faults))


def on_http(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer what the framework refuses: no such route, body too large, …."""
    status = HTTPStatus(error.status_code)
    slug = _SLUG_OF_STATUS.get(status) or status.phrase.lower().replace(" ", "_").replace("-", "_")
    return _respond(slug, error.detail, status)


def on_recursion(_: Request[Any, Any, Any], error: RecursionError) -> Response[bytes]:
    """Answer a body that is nested deeper than any JSON of ours: the framework lets its decoder's error through."""
    _log.error("request_nested_too_deeply", exc_info=error)
    return _respond("bad_request", "nested too deeply", HTTPStatus.BAD_REQUEST)


def on_transient(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer while PostgreSQL cannot: the outcome is unknown, and repeating with the same key is safe."""
    _log.warning("request_unavailable", error=repr(error))
    return _respond("unavailable", "try again with the same Idempotency-Key")


def on_bug(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer anything else: a bug, told to the log and not to the caller."""
    _log.error("request_failed", exc_info=error)
    return _respond("internal_error", "this is ours to mend; the trace id finds it", HTTPStatus.INTERNAL_SERVER_ERROR)


HANDLERS: dict[Any, Any] = {
    ProblemError: on_problem,
    ValidationException: on_validation,
    HTTPException: on_http,
    **dict.fromkeys(TRANSIENT, on_transient),
    RecursionError: on_recursion,
    Exception: on_bug,
}


def _plain(faults: list[Any]) -> list[dict[str, str]]:
    """Where and what, without the value that was sent: it may be a secret."""
    return [_fault(str(fault.get("key", "")), str(fault.get("message", ""))) for fault in faults]


def _fault(field: str, message: str) -> dict[str, str]:
    # The framework's own words for a body that is missing, or is no JSON object.
    if (field == "data" and message == "'data'") or "valid dictionary or instance of" in message:
        return {"field": field if field != "data" else "", "message": "send a JSON object"}
    return {"field": field, "message": plain_fault(message)}

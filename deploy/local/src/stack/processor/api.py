"""The HTTP side of the processor."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any

from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.params import FromPath, HeaderParameter
from litestar.plugins.pydantic import PydanticPlugin

from stack.processor.book import Book, KeyReused
from stack.processor.entry import KEY_PATTERN, ChargeOrder, Entry, Kind, RefundOrder, Transaction

AnyRequest = Request[Any, Any, Any]
IdempotencyKey = Annotated[str, HeaderParameter(name="Idempotency-Key", pattern=KEY_PATTERN)]

_STATUS_OF = {"succeeded": HTTPStatus.CREATED, "declined": HTTPStatus.PAYMENT_REQUIRED}


@get("/readyz", media_type=MediaType.TEXT, sync_to_thread=False)
def ready() -> str:
    """Tell that the journal has been read."""
    return "ok"


@post("/v1/charges")
async def post_charge(request: AnyRequest, state: State, data: ChargeOrder, key: IdempotencyKey) -> Response[Any]:
    """Charge once per key."""
    return await _reply(request, state, _book(state).act(key, data))


@post("/v1/refunds")
async def post_refund(request: AnyRequest, state: State, data: RefundOrder, key: IdempotencyKey) -> Response[Any]:
    """Refund once per key, at most what is left of the charge."""
    return await _reply(request, state, _book(state).act(key, data))


@get("/v1/charges/{key:str}", sync_to_thread=False)
def get_charge(state: State, key: FromPath[str]) -> Response[Any]:
    """Tell what became of a charge."""
    return _found(state, "charge", key)


@get("/v1/refunds/{key:str}", sync_to_thread=False)
def get_refund(state: State, key: FromPath[str]) -> Response[Any]:
    """Tell what became of a refund."""
    return _found(state, "refund", key)


@get("/v1/journal", sync_to_thread=False)
def get_journal(state: State) -> dict[str, list[Entry]]:
    """Show every entry, oldest first."""
    return {"entries": _book(state).entries}


def build_api(book: Book, ended: asyncio.Event, slow_seconds: float) -> Litestar:
    """Build the HTTP side over the book. `ended` lets go of callers who are never answered."""
    return Litestar(
        [ready, post_charge, post_refund, get_charge, get_refund, get_journal],
        state=State({"book": book, "ended": ended, "slow_seconds": slow_seconds}),
        # Otherwise Litestar would take "100" and true for amounts, whatever the model says.
        plugins=[PydanticPlugin(validate_strict=True)],
        exception_handlers={KeyReused: _on_key_reused, HTTPStatus.BAD_REQUEST: _on_malformed},
        openapi_config=None,
    )


def _book(state: State) -> Book:
    return state["book"]


def _found(state: State, kind: Kind, key: str) -> Response[Any]:
    entry = _book(state).find(kind, key)
    if entry is None:
        return _problem(HTTPStatus.NOT_FOUND, "unknown_key", key)
    return Response(_transaction(entry))


async def _reply(request: AnyRequest, state: State, entry: Entry) -> Response[Any]:
    match entry.reply:
        case "prompt":
            pass
        case "slow":
            await asyncio.sleep(state["slow_seconds"])
        case "silence":
            await _until_gone(request, state["ended"])
            return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "ended", entry.key)
        case "fault":
            return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "fault", entry.key)
    return Response(_transaction(entry), status_code=_STATUS_OF[entry.status])


async def _until_gone(request: AnyRequest, ended: asyncio.Event) -> None:
    """Wait until the caller hangs up or this process is to end."""
    hanging_up = asyncio.ensure_future(_disconnected(request))
    ending = asyncio.create_task(ended.wait())
    await asyncio.wait([hanging_up, ending], return_when=asyncio.FIRST_COMPLETED)
    hanging_up.cancel()
    ending.cancel()


async def _disconnected(request: AnyRequest) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _transaction(entry: Entry) -> Transaction:
    assert entry.status != "lost"
    return Transaction(
        key=entry.key,
        ref=entry.ref,
        status=entry.status,
        reason=entry.reason,
        amount_minor=entry.order.amount_minor,
        currency=entry.order.currency,
    )


def _on_key_reused(_: AnyRequest, error: KeyReused) -> Response[Any]:
    return _problem(HTTPStatus.CONFLICT, "key_reused", str(error))


def _on_malformed(request: AnyRequest, error: HTTPException) -> Response[Any]:
    key = request.headers.get("Idempotency-Key", "")
    return _problem(HTTPStatus.BAD_REQUEST, "malformed_request", key, f"{error.detail} {error.extra or ''}")


def _problem(status: HTTPStatus, slug: str, key: str, detail: str = "") -> Response[Any]:
    return Response({"slug": slug, "key": key, "detail": detail}, status_code=status)

"""Who makes an HTTP request, and the one way from a route to a use case."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar
from uuid import UUID

from litestar import Request as HttpRequest
from litestar import Response
from pydantic import ValidationError

from chassis.api_keys import authenticate
from chassis.database import CONTENTION, Database, Tx
from chassis.failpoint import failpoint
from chassis.http.accepted import AcceptedBody
from chassis.http.openapi import KEY_HEADER, KEY_LENGTH_MAX, answer_type
from chassis.http.problem import MEDIA_TYPE, ProblemError, refused_response
from chassis.idempotency import KeptAnswer, KeyedRequest, KeyInUseError, KeyReusedError, claim_key, keep_answer
from chassis.ids import new_id
from chassis.outcome import Accepted, Cause, Done, NotYetKnown, Outcome, Request, UseCase
from chassis.principal import Principal
from contracts.message import Command

C = TypeVar("C", bound=Command)

PATIENCE_SECONDS = 2.0
RETRY_SECONDS = 0.1


class Caller:
    """An authenticated HTTP caller. Routes ask it for everything they need."""

    def __init__(
        self, service: str, database: Database, principal: Principal, request: HttpRequest[Any, Any, Any]
    ) -> None:
        self._service = service
        self._database = database
        self._request = request
        self.principal = principal

    @property
    def firm_id(self) -> UUID:
        return self.principal.firm_id

    @asynccontextmanager
    async def reading(self, scope: str) -> AsyncGenerator[Tx]:
        """Lend a connection for a query that the caller may make.

        Raises: ProblemError (scope_missing).
        """
        self.demand(scope)
        async with self._database.reading() as connection:
            yield connection

    async def do(self, use_case: UseCase[C], command: C, *, status: int = 200) -> Response[Any]:
        """Run one command's use case in a transaction and answer with its outcome; `status` is for success.

        The route declares command and answer (`openapi.asks`, and its return type) and is held to both.

        The same Idempotency-Key with the same request has the same answer, refusals included.
        Raises: ProblemError.
        """
        assert self._route.opt.get("command") is type(command), "the route declares another command"
        self.demand(command.scope)
        keyed = await self._keyed(command)
        request = Request(command, self.principal, self._cause())
        answer = await self._attempt_patiently(use_case, request, keyed, status)
        failpoint("http.after_commit")
        return _response(answer)

    async def _attempt_patiently(
        self, use_case: UseCase[C], request: Request[C], keyed: KeyedRequest | None, status: int
    ) -> KeptAnswer:
        loop = asyncio.get_running_loop()
        begun_at = loop.time()
        while True:
            try:
                answer = await self._attempt(use_case, request, keyed, status)
            except CONTENTION:
                # Rolled back whole, by a deadlock or a schema change: the same attempt may well go through now.
                if loop.time() - begun_at > PATIENCE_SECONDS:
                    raise
                continue
            if isinstance(answer, KeptAnswer):
                return answer
            if loop.time() - begun_at > min(PATIENCE_SECONDS, answer.patience_seconds):
                if answer.otherwise is not None:
                    # Not kept: nothing was changed, and the same request may well be admitted later.
                    return KeptAnswer(*refused_response(answer.otherwise))
                raise ProblemError("not_yet_known", f"{answer.said}; if it is new, try again shortly", answer.more)
            await asyncio.sleep(RETRY_SECONDS)

    async def _attempt(
        self, use_case: UseCase[C], request: Request[C], keyed: KeyedRequest | None, status: int
    ) -> KeptAnswer | NotYetKnown:
        try:
            async with self._database.transaction() as tx:
                kept = await claim_key(tx, keyed) if keyed else None
                if kept is not None:
                    return kept
                (outcome,) = await use_case(tx, [request])
                answer = self._answer(outcome, status)
                if keyed:
                    await keep_answer(tx, keyed, answer)
        except _WaitingError as waiting:
            return waiting.outcome
        except KeyReusedError:
            raise ProblemError("idempotency_key_reused", "this key was used for another request") from None
        except KeyInUseError:
            raise ProblemError("idempotency_key_in_use", "the first request with this key is under way") from None
        return answer

    async def _keyed(self, command: Command) -> KeyedRequest | None:
        key = self._request.headers.get(KEY_HEADER)
        if key is None:
            if command.is_outward:
                raise ProblemError(
                    "idempotency_key_missing", f"this moves money or tells somebody: send an {KEY_HEADER}"
                )
            return None
        if not 0 < len(key) <= KEY_LENGTH_MAX or not key.isprintable():
            raise ProblemError("invalid_idempotency_key", f"1 to {KEY_LENGTH_MAX} printable characters")
        route = f"{self._request.method} {self._request.url.path}"
        return KeyedRequest(self.principal, key, route, await self._request.body())

    def _answer(self, outcome: Outcome, status: int) -> KeptAnswer:
        if isinstance(outcome, NotYetKnown):
            raise _WaitingError(outcome)
        if isinstance(outcome, Done):
            # A route may show more than the use case answers, never something else.
            assert issubclass(answer_type(self._route), type(outcome.answer)), "the route declares another answer"
            return KeptAnswer(status, outcome.answer.model_dump_json().encode())
        if isinstance(outcome, Accepted):
            assert self._route.opt.get("ends_later"), "the route does not declare that it may end later"
            return KeptAnswer(202, AcceptedBody(command_id=outcome.command_id).model_dump_json().encode())
        return KeptAnswer(*refused_response(outcome))

    @property
    def _route(self) -> Any:
        return self._request.route_handler

    def _cause(self) -> Cause:
        message_id = new_id()
        correlation_id = _uuid(self._request.headers.get("x-correlation-id")) or message_id
        return Cause(self._service, message_id, self.firm_id, self.principal.actor, correlation_id)

    def demand(self, scope: str) -> None:
        """Stop a caller who may not, before anything is done for it.

        Raises: ProblemError (scope_missing).
        """
        if not self.principal.may(scope):
            raise ProblemError("scope_missing", f"this needs a key with the scope {scope}")


class _WaitingError(Exception):
    """Rolls the transaction back: a command that must wait leaves nothing behind, not even its key."""

    def __init__(self, outcome: NotYetKnown) -> None:
        super().__init__(outcome.what)
        self.outcome = outcome


def _response(answer: KeptAnswer) -> Response[Any]:
    """Write an answer, be it new or kept. What ends later is found where `Location` says."""
    is_problem = answer.status >= 400  # noqa: PLR2004 - HTTP: errors begin here
    media_type = MEDIA_TYPE if is_problem else "application/json"
    response = Response(answer.body, status_code=answer.status, media_type=media_type)
    with suppress(ValidationError):
        if answer.status == 202:  # noqa: PLR2004 - HTTP: accepted
            accepted = AcceptedBody.model_validate_json(answer.body)
            response.headers["Location"] = f"/v1/commands/{accepted.command_id}"
    return response


async def provide_caller(request: HttpRequest[Any, Any, Any]) -> Caller:
    """Authenticate by API key in the Authorization header.

    Raises: ProblemError (not_authenticated).
    """
    scheme, _, written = request.headers.get("authorization", "").partition(" ")
    database: Database = request.app.state.database
    if scheme.lower() != "bearer" or not written:
        raise ProblemError("not_authenticated", "send `Authorization: Bearer <API key>`")
    async with database.reading() as connection:
        principal = await authenticate(connection, written.strip())
    if principal is None:
        # One text for all of these: strangers do not learn which keys there are, or were.
        raise ProblemError("not_authenticated", "this API key is mistyped, revoked, or not known here yet")
    return Caller(request.app.state.service, database, principal, request)


def not_found(what: str) -> ProblemError:
    """Make the problem of a resource that is not there for this caller: the same whether another firm has it or not."""
    return ProblemError(f"unknown_{what}", f"no such {what}")


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None

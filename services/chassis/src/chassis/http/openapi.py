"""The OpenAPI document: what routes declare, and what all of them have in common, which is said here once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.response import Response
from litestar.routes import HTTPRoute
from pydantic import TypeAdapter

from chassis.http.accepted import AcceptedBody
from chassis.http.problem import MEDIA_TYPE, PROBLEM_SCHEMA
from contracts.message import Command

KEY_HEADER = "Idempotency-Key"
KEY_LENGTH_MAX = 200

_WHAT_A_KEY_DOES = "The same key with the same request has the same answer, and one effect."
_BY_ANYBODY = (HTTPStatus.UNAUTHORIZED, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
_BY_BODY = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY)
_BY_COMMAND = (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
_SCHEMAS = "#/components/schemas/"


def asks(command: type[Command], *, ends_later: bool = False) -> dict[str, Any]:
    """Say, as a route's `opt`, which command it runs: `Caller.do` holds it to that.

    `ends_later`: the command may be accepted now and end later.
    """
    return {"command": command, "ends_later": ends_later}


def answer_type(handler: HTTPRouteHandler) -> Any:
    """Tell what a route declares that its success looks like: `X` of `X` as of `Response[X]`."""
    field = handler.parsed_fn_signature.return_type
    return field.inner_types[0].annotation if field.is_subclass_of(Response) else field.annotation


def openapi_config(service: str) -> OpenAPIConfig:
    """Describe a service's routes. JSON alone: the pages that the framework could show load scripts of other hosts."""
    api_key = SecurityScheme(type="http", scheme="bearer", description="An API key, as it was shown when it was made.")
    token = SecurityScheme(type="http", scheme="bearer", description="The secret that Handbill's services share.")
    return OpenAPIConfig(
        title=f"Handbill {service}",
        version="1",
        path="/openapi",
        render_plugins=[_DocumentPlugin()],
        use_handler_docstrings=True,
        components=Components(security_schemes={"api_key": api_key, "service_token": token}),
    )


class _DocumentPlugin(JsonRenderPlugin):
    """Completes the framework's document when it is first asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._written: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Write the document."""
        if self._written is None:
            _complete(openapi_schema, request.app)
            self._written = msgspec.json.encode(openapi_schema)
        return self._written


@dataclass(frozen=True, slots=True)
class _Operation:
    """One operation of the document, and the handler that it speaks of."""

    handler: HTTPRouteHandler
    written: dict[str, Any]

    @property
    def command(self) -> type[Command] | None:
        return self.handler.opt.get("command")

    @property
    def body(self) -> Any:
        field = self.handler.parsed_fn_signature.parameters.get("data")
        return field.annotation if field else None

    @property
    def answer(self) -> Any:
        answer = answer_type(self.handler)
        return None if answer is bytes else answer


def _complete(document: dict[str, Any], app: Litestar) -> None:
    """Write into each operation what the framework cannot know."""
    operations = list(_operations(document, app))
    bodies = [(at, "validation", TypeAdapter(one.body)) for at, one in enumerate(operations) if one.body]
    answers = [(at, "serialization", TypeAdapter(one.answer)) for at, one in enumerate(operations) if one.answer]
    later: list[tuple[int, Any, TypeAdapter[Any]]] = [(-1, "serialization", TypeAdapter(AcceptedBody))]
    inputs: Any = [*bodies, *answers, *later]
    # The framework loses patterns and bounds of some fields; these are the models' own schemas, as in the contract.
    schemas, definitions = TypeAdapter.json_schemas(inputs, ref_template=_SCHEMAS + "{model}")
    document["components"]["schemas"] = {**definitions.get("$defs", {}), "Problem": PROBLEM_SCHEMA}
    for at, operation in enumerate(operations):
        _describe(operation)
        if operation.body:
            operation.written["requestBody"]["content"] = _json(schemas[at, "validation"])
        responses = operation.written["responses"] = {
            status: response
            for status, response in operation.written["responses"].items()
            if int(status) < 400  # noqa: PLR2004 - HTTP: errors begin here
        }
        if operation.answer:
            responses[str(operation.handler.status_code)]["content"] = _json(schemas[at, "serialization"])
        if operation.handler.opt.get("ends_later"):
            responses["202"] = {
                "description": "Accepted: it ends later, as `Location` will tell",
                "content": _json(schemas[-1, "serialization"]),
            }
        if "202" in responses:
            responses["202"]["headers"] = {"Location": {"schema": {"type": "string"}, "description": "Ask here later."}}
        responses.update({str(int(status)): _problem(status) for status in sorted(_problems(operation))})


def _operations(document: dict[str, Any], app: Litestar) -> Iterator[_Operation]:
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path_format in document["paths"]:
            for handler in route.route_handlers:
                for method in handler.http_methods:
                    written = document["paths"][route.path_format].get(str(getattr(method, "value", method)).lower())
                    if written is not None:
                        yield _Operation(handler, written)


def _describe(operation: _Operation) -> None:
    written, command = operation.written, operation.command
    said = " ".join(written.get("description", "").split("\n\n")[0].split())
    written["summary"] = re.split(r"(?<=\w)[.:;](?:\s|$)", said)[0]
    if "caller" in operation.handler.parsed_fn_signature.parameters:
        written["security"] = [{"api_key": []}]
    if command is not None:
        written["description"] += f"\n\nNeeds the scope `{command.scope}`."
        written.setdefault("parameters", []).append(_key_parameter(is_required=command.is_outward))


def _key_parameter(*, is_required: bool) -> dict[str, Any]:
    why = " Required: this moves money or tells somebody." if is_required else ""
    return {
        "name": KEY_HEADER,
        "in": "header",
        "required": is_required,
        "description": _WHAT_A_KEY_DOES + why,
        "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH_MAX},
    }


def _problems(operation: _Operation) -> set[HTTPStatus]:
    places = {parameter["in"] for parameter in operation.written.get("parameters", ())}
    found = {*_BY_ANYBODY, *operation.handler.opt.get("problems", ())}
    if "caller" in operation.handler.parsed_fn_signature.parameters:
        found.add(HTTPStatus.FORBIDDEN)
    if operation.body:
        found.update(_BY_BODY)
    if operation.command:
        found.update(_BY_COMMAND)
    if "path" in places:
        found.add(HTTPStatus.NOT_FOUND)
    if "query" in places:
        found.add(HTTPStatus.UNPROCESSABLE_ENTITY)
    return found


def _problem(status: HTTPStatus) -> dict[str, Any]:
    return {
        "description": f"{status.phrase}: `slug` says why",
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMAS}Problem"}}},
    }


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}

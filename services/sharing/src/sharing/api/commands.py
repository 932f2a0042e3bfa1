"""`/v1/commands/{id}`: what became of a command that was answered 202."""

from typing import Literal
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import JsonValue

from chassis.http.caller import Caller, not_found
from contracts.message import Part
from sharing.store.pending_shares import find_command


class CommandBody(Part):
    """`result` is the body that the request would have had at once; `slug`, `detail`, `about` say why there is none."""

    command_id: UUID
    state: Literal["waiting", "done", "rejected"]
    result: dict[str, JsonValue] | None
    slug: str | None
    detail: str | None
    about: dict[str, JsonValue]


@get("/v1/commands/{command_id:uuid}")
async def get_command(command_id: FromPath[UUID], caller: NamedDependency[Caller]) -> CommandBody:
    """Tell the state of a command that ends later, and its answer when it has ended."""
    async with caller.reading("shares:read") as tx:
        command = await find_command(tx, caller.firm_id, command_id)
    if command is None:
        raise not_found("command")
    return CommandBody(
        command_id=command.command_id,
        state=command.state,
        result=msgspec.json.decode(command.result) if command.result else None,
        slug=command.slug,
        detail=command.detail,
        about=msgspec.json.decode(command.about) if command.about else {},
    )

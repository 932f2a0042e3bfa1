"""`/v1/api-keys`: made here (the secret is shown once), or made known by the hash of a secret that the caller keeps."""

import json
from typing import Any
from uuid import UUID

from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from pydantic import Field

from chassis.api_keys import ApiKey, make_secret, secret_digest, written_key
from chassis.http.caller import Caller, not_found
from chassis.http.openapi import asks
from chassis.http.page import LIMIT_DEFAULT, After, Limit, Page, cut_page
from chassis.ids import new_id
from contracts.fields import Label, Scope, Sha256
from contracts.invoices import RegisterApiKey, RevokeApiKey
from contracts.message import Part
from invoices.store.api_keys import find_firm_api_keys, list_api_keys
from invoices.usecases.register_api_key import RegisterApiKeyAnswer, register_api_key
from invoices.usecases.revoke_api_key import RevokeApiKeyAnswer, revoke_api_key


class ApiKeyBody(Part):
    """What a new key is for and may do: no more than its maker may."""

    label: Label
    scopes: list[Scope] = Field(min_length=1, max_length=40)
    staff_user_id: UUID | None = None


class RegisteredKeyBody(ApiKeyBody):
    """A key whose secret the caller made: 32 random bytes in hex, of which only the hash is sent."""

    secret_sha256: Sha256


class NewApiKey(RegisterApiKeyAnswer):
    """A new key with its secret, `api_key`, which is shown once."""

    api_key: str | None = None


class ApiKeyView(Part):
    """A key as it is now; neither secret nor hash is shown."""

    api_key_id: UUID
    label: str
    scopes: list[str]
    staff_user_id: UUID | None
    is_revoked: bool
    revision: int


@post("/v1/api-keys", opt=asks(RegisterApiKey))
async def post_api_key(data: JSONBody[ApiKeyBody], caller: NamedDependency[Caller]) -> Response[NewApiKey]:
    """Make a key. Its secret is in this one answer alone: a repeat with the same idempotency key lacks it."""
    api_key_id, secret = new_id(), make_secret()
    command = RegisterApiKey(api_key_id=api_key_id, secret_sha256=secret_digest(secret).hex(), **data.model_dump())
    response = await caller.do(register_api_key, command, status=201)
    body: dict[str, Any] = json.loads(response.content)
    if body.get("api_key_id") != str(api_key_id):
        return response
    shown: Any = {**body, "api_key": written_key(api_key_id, secret)}
    return Response(
        shown,
        status_code=response.status_code,
        media_type=response.media_type,
        headers={"Cache-Control": "no-store"},
    )


@put("/v1/api-keys/{api_key_id:uuid}", opt=asks(RegisterApiKey))
async def put_api_key(
    api_key_id: FromPath[UUID], data: JSONBody[RegisteredKeyBody], caller: NamedDependency[Caller]
) -> Response[RegisterApiKeyAnswer]:
    """Make a key known by the hash of its secret."""
    return await caller.do(register_api_key, RegisterApiKey(api_key_id=api_key_id, **data.model_dump()))


@delete("/v1/api-keys/{api_key_id:uuid}", status_code=200, opt=asks(RevokeApiKey))
async def delete_api_key(api_key_id: FromPath[UUID], caller: NamedDependency[Caller]) -> Response[RevokeApiKeyAnswer]:
    """Revoke a key."""
    return await caller.do(revoke_api_key, RevokeApiKey(api_key_id=api_key_id))


@get("/v1/api-keys/{api_key_id:uuid}")
async def get_api_key(api_key_id: FromPath[UUID], caller: NamedDependency[Caller]) -> ApiKeyView:
    """Show a key, without its secret."""
    async with caller.reading("keys:read") as tx:
        found = await find_firm_api_keys(tx, [(caller.firm_id, api_key_id)])
    if not found:
        raise not_found("api_key")
    return _view(found[caller.firm_id, api_key_id])


@get("/v1/api-keys")
async def get_api_keys(
    caller: NamedDependency[Caller], limit: Limit = LIMIT_DEFAULT, after: After = None
) -> Page[ApiKeyView]:
    """List keys, newest first, revoked ones too."""
    async with caller.reading("keys:read") as tx:
        found = await list_api_keys(tx, caller.firm_id, limit + 1, after)
    return Page(items=[_view(key) for key in found[:limit]], next=cut_page([key.api_key_id for key in found], limit))


def _view(key: ApiKey) -> ApiKeyView:
    return ApiKeyView.model_validate(key, from_attributes=True)

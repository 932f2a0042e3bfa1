"""One firm's HTTP client for all services, with its API key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from pydantic import BaseModel

from chassis.ids import new_id


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and JSON body of a response; `location` is where what ends later can be asked about."""

    status: int
    body: dict[str, Any]
    location: str | None = None


class Api:
    """Sends one API key's requests. `urls` maps a service's name to its base address."""

    def __init__(self, http: httpx.AsyncClient, urls: dict[str, str], key: str) -> None:
        self._http = http
        self._urls = urls
        self._key = key

    async def get(self, service: str, path: str, **query: str | int | bool) -> Answer:
        """Read a resource."""
        response = await self._http.get(self._urls[service] + path, params=query or None, headers=self._headers(None))
        return Answer(response.status_code, response.json())

    async def download(self, service: str, path: str) -> tuple[int, bytes]:
        """Read a file: status and content."""
        response = await self._http.get(self._urls[service] + path, headers=self._headers(None))
        return response.status_code, response.content

    async def send(
        self,
        method: str,
        service: str,
        path: str,
        body: BaseModel | None = None,
        *,
        json_body: Mapping[str, Any] | None = None,
        idempotency_key: UUID | None = None,
    ) -> Answer:
        """Write a model of the contract, or plain JSON; without a key of the caller's each call is a request anew."""
        written = json.dumps(json_body) if body is None else body.model_dump_json()
        response = await self._http.request(
            method,
            self._urls[service] + path,
            content=None if body is None and json_body is None else written,
            headers=self._headers(idempotency_key or new_id()),
        )
        return Answer(response.status_code, response.json(), response.headers.get("location"))

    def _headers(self, idempotency_key: UUID | None) -> dict[str, str]:
        headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
        return headers if idempotency_key is None else {**headers, "idempotency-key": str(idempotency_key)}

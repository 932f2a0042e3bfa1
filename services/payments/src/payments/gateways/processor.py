"""The sandbox processor, over HTTP. An answer counts only if it is the processor's own and about our key.

A proxy's 404 is no word on a charge, and a 402 without the processor's form declines nothing.
"""

import asyncio
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from contracts.fields import Currency, Label, Minor
from payments.domain.processor_answer import Declined, NotFound, Succeeded, Unknown
from payments.gateways import WrongRequest

_WRONG_REQUEST = frozenset({"key_reused", "malformed_request"})
_SLUG = re.compile(r"[a-z][a-z0-9_]{0,59}")
_DETAIL_LENGTH_MAX = 200


class _Told(BaseModel):
    key: str


class _Transaction(_Told):
    """What the processor tells of a charge or refund."""

    ref: Label
    status: Literal["succeeded", "declined"]
    reason: str | None = None
    amount_minor: Minor
    currency: Currency


class _Problem(_Told):
    """What the processor tells where there is no charge or refund to tell of."""

    slug: str
    detail: str = ""


A = TypeVar("A", bound=_Told)


class SandboxProcessor:
    """As many connections as there are calls at once; how many that may be is the caller's to bound.

    `timeout_seconds` bounds a whole call, `connect_timeout_seconds` its beginning.
    """

    def __init__(self, url: str, *, connect_timeout_seconds: float, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(timeout_seconds, connect=connect_timeout_seconds),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
            # Where money is asked for is told by settings alone, not by a proxy in the environment or a redirect.
            trust_env=False,
            follow_redirects=False,
        )

    async def charge(
        self, key: str, *, amount_minor: int, currency: str, method_token: str, reference: str
    ) -> Succeeded | Declined | Unknown:
        order = {"amount_minor": amount_minor, "currency": currency, "method_token": method_token}
        return await self._order("charges", key, {**order, "reference": reference})

    async def ask(self, key: str) -> Succeeded | Declined | NotFound | Unknown:
        return await self._ask("charges", key)

    async def refund(
        self, key: str, *, charge_ref: str, amount_minor: int, currency: str
    ) -> Succeeded | Declined | Unknown:
        order = {"charge_ref": charge_ref, "amount_minor": amount_minor, "currency": currency}
        return await self._order("refunds", key, order)

    async def ask_refund(self, key: str) -> Succeeded | Declined | NotFound | Unknown:
        return await self._ask("refunds", key)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def _order(self, kind: str, key: str, order: Mapping[str, str | int]) -> Succeeded | Declined | Unknown:
        request = self._client.build_request("POST", f"/v1/{kind}", json=order, headers={"Idempotency-Key": key})
        answer = await self._send(request)
        if isinstance(answer, Unknown):
            return answer
        told = _told(_Transaction, answer, key)
        match answer.status_code, told:
            case HTTPStatus.CREATED, _Transaction(status="succeeded"):
                return _outcome(told)
            case HTTPStatus.PAYMENT_REQUIRED, _Transaction(status="declined"):
                return _outcome(told)
            case _:
                _raise_wrong_request(answer, key)
                return _unclear(answer)

    async def _ask(self, kind: str, key: str) -> Succeeded | Declined | NotFound | Unknown:
        request = self._client.build_request("GET", f"/v1/{kind}/{quote(key, safe='')}")
        answer = await self._send(request)
        if isinstance(answer, Unknown):
            return answer
        if answer.status_code == HTTPStatus.OK:
            told = _told(_Transaction, answer, key)
            return _unclear(answer) if told is None else _outcome(told)
        problem = _told(_Problem, answer, key)
        if answer.status_code == HTTPStatus.NOT_FOUND and problem is not None and problem.slug == "unknown_key":
            return NotFound()
        return _unclear(answer)

    async def _send(self, request: httpx.Request) -> httpx.Response | Unknown:
        try:
            # httpx bounds each wait for a few bytes; an answer that trickles in would never end by that.
            async with asyncio.timeout(self._timeout_seconds):
                return await self._client.send(request)
        except (httpx.RequestError, TimeoutError) as error:
            return Unknown(f"{type(error).__name__}: {error}"[:_DETAIL_LENGTH_MAX])


def _outcome(told: _Transaction) -> Succeeded | Declined:
    if told.status == "succeeded":
        return Succeeded(told.ref, told.amount_minor, told.currency)
    # A decline is one whatever it gives as its reason.
    reason = told.reason or ""
    return Declined(reason if _SLUG.fullmatch(reason) else "declined")


def _told(form: type[A], answer: httpx.Response, key: str) -> A | None:
    """Read an answer of that form; None where it has another, or speaks of another key."""
    try:
        told = form.model_validate_json(answer.content)
    except ValidationError:
        return None
    return told if told.key == key else None


def _raise_wrong_request(answer: httpx.Response, key: str) -> None:
    problem = _told(_Problem, answer, key)
    if problem is not None and answer.is_client_error and problem.slug in _WRONG_REQUEST:
        raise WrongRequest(f"{problem.slug}: {problem.detail}"[:_DETAIL_LENGTH_MAX])


def _unclear(answer: httpx.Response) -> Unknown:
    return Unknown(f"answered {answer.status_code} {answer.text}"[:_DETAIL_LENGTH_MAX])

"""Sharing's gate over HTTP: whether shares are in force, asked just before a message is handed over (S7)."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

import httpx
import structlog
from pydantic import ValidationError

from contracts.gate import DeliveriesAnswered, DeliveriesAsked, ShareAsked
from notify.domain.delivery import Item

_log = structlog.get_logger("notify.gate")


class GateUnreachable(OSError):
    """The gate gave no answer: nothing may be handed over now, and asking again later is safe."""


class SharingGate:
    """One gate, by its address and the token that services share.

    `timeout_seconds` bounds a whole question and its answer.
    """

    def __init__(self, url: str, service_token: str, *, timeout_seconds: float) -> None:
        self._answered_last = True
        self._timeout_seconds = timeout_seconds
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=timeout_seconds,
            headers={"Authorization": f"Bearer {service_token}"},
            trust_env=False,
            follow_redirects=False,
        )

    @property
    def is_answering(self) -> bool:
        """Whether it answered when it was last asked: while it does not, asking for many at once is in vain."""
        return self._answered_last

    async def in_force(self, firm_id: UUID, items: Sequence[Item]) -> tuple[Item, ...]:
        """Pick the items whose shares are in force now. Ask outside any transaction.

        Raises: GateUnreachable.
        """
        asked = DeliveriesAsked(
            firm_id=firm_id,
            shares=[ShareAsked(share_id=item.share_id, generation=item.generation) for item in items],
        )
        in_force = set((await self._ask(asked)).in_force)
        return tuple(item for item in items if item.share_id in in_force)

    async def _ask(self, asked: DeliveriesAsked) -> DeliveriesAnswered:
        try:
            # httpx bounds each wait for a few bytes; an answer that trickles in would never end by that.
            async with asyncio.timeout(self._timeout_seconds):
                answer = await self._client.post(
                    "/v1/gate/deliveries",
                    content=asked.model_dump_json().encode(),
                    headers={"Content-Type": "application/json"},
                )
            if answer.status_code != HTTPStatus.OK:
                self._answered_last = False
                _log.error("gate_refused_to_answer", status=answer.status_code)
                raise GateUnreachable(f"the gate answered {answer.status_code}")
            told = DeliveriesAnswered.model_validate_json(answer.content)
        except (httpx.RequestError, TimeoutError, ValidationError) as error:
            self._answered_last = False
            _log.warning("gate_unreachable", error=type(error).__name__)
            raise GateUnreachable(type(error).__name__) from error
        self._answered_last = True
        return told

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

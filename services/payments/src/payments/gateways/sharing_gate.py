"""Sharing's gate over HTTP: whether a contact may start to pay these invoices, at this moment (S7).

It is asked before a payment's transaction, and its grants are checked in it: they are good for ten seconds.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

import httpx
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from chassis.grants import Grant, GrantInvalid, GrantTooOld, verify_grant
from contracts.gate import PaymentsAnswered, PaymentsAsked

_log = structlog.get_logger("payments.gate")


class GateUnreachable(OSError):
    """The gate gave no answer that counts: nothing may be started now, and asking again later is safe."""


@dataclass(frozen=True, slots=True)
class Passes:
    """What the gate said of one contact and some invoices. `granted` is None where it said nothing."""

    public_key: Ed25519PublicKey
    granted: Mapping[UUID, str] | None

    def admitted(self, firm_id: UUID, contact_id: UUID, invoice_ids: Sequence[UUID], at: datetime) -> dict[UUID, int]:
        """Tell for which of these invoices there is a good grant, for just this contact, each with the newest version.

        An invoice that the gate left out is refused. What it gave and what is no good grant is neither a yes nor a no:
        nothing starts by it, and whoever wants it asks again.
        Raises: GateUnreachable.
        """
        if self.granted is None:
            raise GateUnreachable("the gate did not answer")
        texts = {each: self.granted[each] for each in invoice_ids if each in self.granted}
        grants = {each: self._verify(each, text, at) for each, text in texts.items()}
        for invoice_id, grant in grants.items():
            if (grant.firm_id, grant.contact_id, grant.invoice_id) != (firm_id, contact_id, invoice_id):
                _log.error("grant_invalid", invoice_id=str(invoice_id), why="for another")
                raise GateUnreachable("what the gate said is of something else")
        return {invoice_id: grant.version for invoice_id, grant in grants.items()}

    def _verify(self, invoice_id: UUID, text: str, at: datetime) -> Grant:
        try:
            return verify_grant(self.public_key, text, at)
        except GrantTooOld:
            raise GateUnreachable("what the gate said is too old by now") from None
        except GrantInvalid as error:
            # Clocks apart or another key: a fault between the services, that no payer is to be refused for.
            _log.error("grant_invalid", invoice_id=str(invoice_id), why=str(error))
            raise GateUnreachable("what the gate said does not verify") from None


class SharingGate:
    """One gate, by its address, the token that services share, and the key that its grants are checked with.

    `timeout_seconds` bounds a whole question and its answer.
    """

    def __init__(self, url: str, service_token: str, public_key: Ed25519PublicKey, *, timeout_seconds: float) -> None:
        self._public_key = public_key
        self._timeout_seconds = timeout_seconds
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=timeout_seconds,
            headers={"Authorization": f"Bearer {service_token}"},
            trust_env=False,
            follow_redirects=False,
        )

    async def ask(self, firm_id: UUID, contact_id: UUID, invoice_ids: Sequence[UUID]) -> Passes:
        """Ask once, outside any transaction. Whether that went well is told when the passes are used."""
        if not invoice_ids:
            return self.ask_nothing()
        asked = PaymentsAsked(firm_id=firm_id, contact_id=contact_id, invoice_ids=list(dict.fromkeys(invoice_ids)))
        try:
            # httpx bounds each wait for a few bytes; an answer that trickles in would never end by that.
            async with asyncio.timeout(self._timeout_seconds):
                answer = await self._client.post(
                    "/v1/gate/payments",
                    content=asked.model_dump_json().encode(),
                    headers={"Content-Type": "application/json"},
                )
            if answer.status_code != HTTPStatus.OK:
                _log.error("gate_refused_to_answer", status=answer.status_code)
                return Passes(self._public_key, None)
            told = PaymentsAnswered.model_validate_json(answer.content)
        except (httpx.RequestError, TimeoutError, ValidationError) as error:
            _log.warning("gate_unreachable", error=type(error).__name__)
            return Passes(self._public_key, None)
        return Passes(self._public_key, {each.invoice_id: each.grant for each in told.granted})

    def ask_nothing(self) -> Passes:
        """Give what lets nobody pay anything, for what is refused whatever the gate would say."""
        return Passes(self._public_key, {})

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

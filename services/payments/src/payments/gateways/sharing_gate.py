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

from chassis.grants import GrantInvalid, GrantTooOld, verify_grant
from contracts.gate import PaymentsAnswered, PaymentsAsked

_log = structlog.get_logger("payments.gate")


class GateUnreachable(OSError):
    """The gate gave no answer: nothing may be started now, and asking again later is safe."""


@dataclass(frozen=True, slots=True)
class Passes:
    """What the gate said of one contact and some invoices. `granted` is None where it said nothing."""

    public_key: Ed25519PublicKey
    granted: Mapping[UUID, str] | None

    def admitted(self, firm_id: UUID, contact_id: UUID, invoice_ids: Sequence[UUID], at: datetime) -> set[UUID]:
        """Tell for which of these invoices there is a good grant, for just this contact.

        Raises: GateUnreachable.
        """
        if self.granted is None:
            raise GateUnreachable("the gate did not answer")
        return {each for each in invoice_ids if self._is_for(firm_id, contact_id, each, at)}

    def _is_for(self, firm_id: UUID, contact_id: UUID, invoice_id: UUID, at: datetime) -> bool:
        text = self.granted.get(invoice_id) if self.granted else None
        if text is None:
            return False
        try:
            grant = verify_grant(self.public_key, text, at)
        except GrantTooOld:
            # Said in good time and used too late: that is no refusal, and has to be asked again.
            raise GateUnreachable("what the gate said is too old by now") from None
        except GrantInvalid as error:
            _log.error("grant_invalid", invoice_id=str(invoice_id), why=str(error))
            return False
        return (grant.firm_id, grant.contact_id, grant.invoice_id) == (firm_id, contact_id, invoice_id)


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

"""A gate of the tests' own, and the grants that it gives."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.clock import now
from chassis.grants import Grant, make_key_pair, read_private_key, read_public_key, sign_grant
from chassis.ids import new_id
from contracts.gate import PaymentGranted, PaymentRefused, PaymentsAnswered, PaymentsAsked

PRIVATE_KEY_TEXT, PUBLIC_KEY_TEXT = make_key_pair()
PRIVATE_KEY, PUBLIC_KEY = read_private_key(PRIVATE_KEY_TEXT), read_public_key(PUBLIC_KEY_TEXT)
SERVICE_TOKEN = "a token that all services of a stack share"


def make_grant(
    firm_id: UUID,
    contact_id: UUID,
    invoice_id: UUID,
    issued_at: datetime | None = None,
    *,
    version: int = 1,
    key: Ed25519PrivateKey = PRIVATE_KEY,
) -> str:
    grant = Grant(
        firm_id=firm_id,
        contact_id=contact_id,
        share_id=new_id(),
        generation=1,
        invoice_id=invoice_id,
        version=version,
        issued_at=issued_at or now(),
    )
    return sign_grant(key, grant)


@dataclass
class Gate:
    """A gate of our own over real HTTP: it grants everything but what it is told to refuse."""

    refused: set[UUID] = field(default_factory=set)
    asked: list[PaymentsAsked] = field(default_factory=list)
    is_faulty: bool = False
    clock_ahead: timedelta = timedelta()
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(
            next(line for line in head.lower().splitlines() if line.startswith("content-length")).split(":")[1]
        )
        asked = PaymentsAsked.model_validate_json(await reader.readexactly(length))
        self.asked.append(asked)
        is_ours = f"Bearer {SERVICE_TOKEN}" in head and head.startswith("POST /v1/gate/payments ")
        body = b"" if self.is_faulty else self._answer(asked).model_dump_json().encode()
        status = "200 OK" if is_ours and not self.is_faulty else "500 Internal Server Error"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    def _answer(self, asked: PaymentsAsked) -> PaymentsAnswered:
        return PaymentsAnswered(
            granted=[
                PaymentGranted(
                    invoice_id=each,
                    grant=make_grant(asked.firm_id, asked.contact_id, each, now() + self.clock_ahead),
                )
                for each in asked.invoice_ids
                if each not in self.refused
            ],
            refused=[
                PaymentRefused(invoice_id=each, slug="not_shared") for each in asked.invoice_ids if each in self.refused
            ],
        )

"""What only the operator may do: opening a firm on a running stack."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import httpx

from stack.client.api import Api
from stack.client.practice import Practice


@dataclass(frozen=True, slots=True)
class OpenedFirm:
    """A firm and its first key, which is printed once."""

    firm_id: UUID
    api_key_id: UUID
    api_key: str

    def practice(self, http: httpx.AsyncClient, urls: Mapping[str, str]) -> Practice:
        """Work for the firm by this client."""
        return Practice(self.firm_id, f"api_key:{self.api_key_id}", Api(http, dict(urls), self.api_key))


async def open_firm(http: httpx.AsyncClient, urls: dict[str, str], invoices_dsn: str, name: str) -> Practice:
    """Create a firm and work for it by this client.

    Raises: RuntimeError, with what the command said.
    """
    return (await create_firm(invoices_dsn, name)).practice(http, urls)


async def create_firm(invoices_dsn: str, name: str) -> OpenedFirm:
    """Create a firm by the operator's command line.

    Raises: RuntimeError, with what the command said.
    """
    environment = {
        **os.environ,
        "HANDBILL_DATABASE_DSN": invoices_dsn,
        "HANDBILL_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "HANDBILL_HTTP_PORT": "1",
    }
    command = ("-m", "invoices", "firm", "create", "--name", name, "--reply-to", "billing@firm.example", "--json")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    printed, faults = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(faults.decode())
    made = json.loads(printed)
    return OpenedFirm(UUID(made["firm_id"]), UUID(made["api_key_id"]), made["api_key"])

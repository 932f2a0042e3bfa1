"""What only the operator may do: opening a firm on a running stack."""

import asyncio
import json
import os
import sys
from uuid import UUID

import httpx

from stack.client.api import Api
from stack.client.practice import Practice


async def open_firm(http: httpx.AsyncClient, urls: dict[str, str], invoices_dsn: str, name: str) -> Practice:
    """Create a firm by the operator's command line, and use the API key that it prints once.

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
    key_id = UUID(made["api_key_id"])
    return Practice(UUID(made["firm_id"]), f"api_key:{key_id}", Api(http, urls, made["api_key"]))

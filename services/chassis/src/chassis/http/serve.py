"""Answering HTTP with granian, embedded in this process's event loop."""

import asyncio

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar


async def serve(app: Litestar, host: str, port: int, stopping: asyncio.Event) -> None:
    """Answer until `stopping` is set; requests under way are answered first."""
    server = Server(app, host, port, interface=Interfaces.ASGI, log_enabled=False, websockets=False)
    serving = asyncio.create_task(server.serve())
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not serving.done():
        server.stop()
    await serving

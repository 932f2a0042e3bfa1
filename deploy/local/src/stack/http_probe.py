"""Asking an HTTP process of the stack how it is."""

import asyncio

from stack.addresses import HOST

_TIMEOUT_SECONDS = 2.0


async def http_status(port: int, path: str) -> int | None:
    """Return the status code of a GET, or None when there was no answer in time.

    By hand rather than by a client library: it is asked twenty times a second at a start.
    """
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            return await _get(port, path)
    except (OSError, TimeoutError, ValueError, IndexError):
        return None


async def _get(port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        status_line = await reader.readline()
        return int(status_line.split()[1])
    finally:
        writer.close()

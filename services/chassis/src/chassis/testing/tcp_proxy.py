"""A TCP proxy in the test's own process, to take a server away and give it back."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress


class TcpProxy:
    """Passes bytes to and from one server while it is up. Start it before use."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._is_up = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where to connect instead of the server's own port."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        """Cut what is open and listen no more."""
        self.cut()
        if self._server is not None:
            self._server.close()

    def refuse(self) -> None:
        """Take the server away: cut every connection and every new one at once."""
        self._is_up = False
        self.cut()

    def allow(self) -> None:
        """Give the server back."""
        self._is_up = True

    def cut(self) -> None:
        """Reset every connection; new ones are accepted as before."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._is_up:
            writer.transport.abort()
            return
        upstream_reader, upstream_writer = await asyncio.open_connection(self._host, self._port)
        pair = {writer, upstream_writer}
        self._writers |= pair
        try:
            await asyncio.wait(
                [
                    asyncio.create_task(_pass_on(reader, upstream_writer)),
                    asyncio.create_task(_pass_on(upstream_reader, writer)),
                ],
                return_when=asyncio.ALL_COMPLETED,
            )
        finally:
            self._writers -= pair


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def proxied(host: str, port: int) -> AsyncGenerator[TcpProxy]:
    """Run a proxy in front of a server."""
    proxy = TcpProxy(host, port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()

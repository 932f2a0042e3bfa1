"""One process of web: it answers HTTP, stopped gracefully, killed safely."""

import asyncio
import signal

import structlog

from chassis.http.serve import serve
from web.app import build_app
from web.settings import WebSettings

_log = structlog.get_logger("web")


async def answer_until_stopped(settings: WebSettings) -> None:
    """Answer HTTP until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    _log.info("started", roles=["api"])
    await serve(build_app(), settings.http_host, settings.http_port, stopping)
    _log.info("stopped", failed=[])

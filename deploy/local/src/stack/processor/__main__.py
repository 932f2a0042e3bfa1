"""`python -m stack.processor JOURNAL HTTP_PORT`: runs until SIGTERM."""

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server

from stack.addresses import HOST
from stack.processor.api import build_api
from stack.processor.book import Book
from stack.processor.journal import Journal

_SLOW_SECONDS = 2.0


async def run(journal: Journal, port: int, slow_seconds: float) -> None:
    """Serve until asked to end."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    api = build_api(Book(journal), ended, slow_seconds)
    # Those who are never answered must not take the places of those who are.
    http = Server(api, address=HOST, port=port, interface=Interfaces.ASGI, backpressure=10_000)
    serving = asyncio.create_task(http.serve())
    ending = asyncio.create_task(ended.wait())
    await asyncio.wait([serving, ending], return_when=asyncio.FIRST_COMPLETED)
    http.stop()
    await serving


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="stack.processor")
    parser.add_argument("journal", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--slow-seconds", type=float, default=_SLOW_SECONDS)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    asyncio.run(run(Journal(arguments.journal), arguments.port, arguments.slow_seconds))


if __name__ == "__main__":
    main()

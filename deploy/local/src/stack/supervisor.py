"""The process that owns a stack: brings it up, keeps it running, stops it in order.

It inherits the descriptor that holds the run folder, so the folder is held as long as it lives.
Its standard input is a lifeline: while it starts, and for runs that belong to somebody, the end of
that input means that whoever wanted the stack has gone. Its standard output tells how far it is.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import signal
import sys
from pathlib import Path
from typing import cast

import structlog

from stack.addresses import read_addresses
from stack.control_server import ControlServer
from stack.folders import RunFolder
from stack.lifeline import DETACH
from stack.running_stack import RunningStack
from stack.startup import StartFailed, Startup

_log = logging.getLogger("stack.supervisor")


def main() -> int:
    """Keep the stack of a claimed run folder until asked to end; 1 when it did not come up."""
    parser = argparse.ArgumentParser(prog="stack.supervisor")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--volatile", action="store_true", help="no fsync")
    parser.add_argument("--infrastructure", action="store_true", help="no services")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # Asked before it answers, the broker is no error here: whoever waits for it says so when it stays away.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    # Standard output is for events to whoever started us; the migrations log through structlog.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    run = RunFolder(arguments.folder)
    addresses = read_addresses(run.addresses_file)
    assert addresses is not None, "whoever claimed the folder has settled its addresses"
    return asyncio.run(
        _supervise(
            RunningStack(run, addresses),
            is_durable=not arguments.volatile,
            with_services=not arguments.infrastructure,
        )
    )


async def _supervise(stack: RunningStack, *, is_durable: bool, with_services: bool) -> int:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    lifeline = asyncio.create_task(_follow_lifeline(ended))
    control = ControlServer(stack, ended.set)
    stack.write_state()
    await control.open()
    try:
        startup = Startup(stack, lambda part, seconds: _tell("ready", part=part, seconds=seconds))
        starting = asyncio.create_task(startup.run(is_durable=is_durable, with_services=with_services))
        is_up = await _unless_ended(starting, ended)
        if is_up:
            stack.enter("up")
            _tell("up")
            await ended.wait()
        return 0 if is_up else 1
    finally:
        control.close()
        await stack.stop()
        lifeline.cancel()


async def _unless_ended(starting: asyncio.Task[None], ended: asyncio.Event) -> bool:
    ending = asyncio.create_task(ended.wait())
    await asyncio.wait([starting, ending], return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    if not starting.done():
        starting.cancel()
        await asyncio.wait([starting])
        return False
    fault = starting.exception()
    if fault is None:
        return True
    _tell_fault(fault)
    return False


def _tell_fault(fault: BaseException) -> None:
    first = _first_of(fault)
    if not isinstance(first, StartFailed):
        raise fault
    _tell("failed", part=first.part, reason=first.reason, log_tail=first.log_tail)


def _first_of(fault: BaseException) -> BaseException:
    if not isinstance(fault, BaseExceptionGroup):
        return fault
    group = cast("BaseExceptionGroup[BaseException]", fault)
    return _first_of(group.exceptions[0])


async def _follow_lifeline(ended: asyncio.Event) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    if await reader.readline() != DETACH:
        _log.info("whoever wanted this stack has gone")
        ended.set()


def _tell(event: str, **details: object) -> None:
    _log.info("%s %s", event, details)
    # Nobody has to listen any more once the stack is up.
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps({"event": event, **details}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

"""One process of a service: the loops of its roles, started together, stopped gracefully, killed safely."""

import asyncio
import gc
import random
import signal
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from functools import partial

import structlog
import uvloop
from aiokafka.errors import KafkaError

from chassis.database import Database, open_pool
from chassis.health import Progress
from chassis.housekeeping import Housekeeper
from chassis.http.app import build_app
from chassis.http.serve import serve
from chassis.intake.replay import Replayer
from chassis.intake.subscriber import assert_safe, open_broker, subscribe, watch_lag
from chassis.jobs import JobLoop
from chassis.logs import configure_logs
from chassis.nudge import RemoteNudge
from chassis.relay import Relay
from chassis.service import Service

Loop = Coroutine[None, None, None]

STOP_SECONDS = 20.0
GARBAGE_THRESHOLD = 20_000
RESTART_SECONDS_MAX = 10.0

_log = structlog.get_logger("chassis.runtime")


def run(service: Service, roles: Sequence[str]) -> None:
    """Run roles of a service in this process until SIGTERM or SIGINT."""
    configure_logs(service.name, service.settings.log_level)
    # What is loaded by now stays for good, and a batch makes thousands of objects that end with it: looking through
    # both as often as by default costs a tenth of all that taking in does.
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)
    uvloop.run(Process(service, frozenset(roles)).run())


class Process:
    """The loops of one process and how they end."""

    def __init__(self, service: Service, roles: frozenset[str]) -> None:
        self._service = service
        self._roles = roles
        self._progress = Progress()
        self._stopping = asyncio.Event()
        self._wakes: dict[str, Callable[[], None]] = {}

    async def run(self) -> None:
        """Start every loop, wait for a signal, stop them. A loop that ends by error ends the process."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        async with AsyncExitStack() as stack:
            tasks = [asyncio.create_task(body, name=name) for name, body in (await self._loops(stack)).items()]
            _log.info("started", roles=sorted(self._roles))
            stopped = asyncio.create_task(self._stopping.wait())
            await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
            self._stopping.set()
            _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        failed = [result for result in results if isinstance(result, Exception)]
        _log.info("stopped", failed=[repr(error) for error in failed])
        if failed:
            raise failed[0]

    async def _loops(self, stack: AsyncExitStack) -> dict[str, Loop]:
        loops: dict[str, Loop] = {}
        if "relay" in self._roles:
            relay = Relay(
                self._service.settings.database_dsn,
                self._service.settings.kafka_bootstrap,
                self._service.name,
                self._progress,
            )
            self._wakes["relay"] = relay.wake
            loops["relay"] = self._until_stopped(relay.run())
        else:
            nudge = RemoteNudge(self._service.settings.database_dsn, self._service.name)
            self._wakes["nudge"] = nudge.wake
            loops["nudge"] = self._until_stopped(nudge.run())
        for job in self._service.jobs:
            if job.role in self._roles:
                # Its own commits do not wake it: it says itself whether there is more.
                database = await self._database(stack, job.role, but=job.name)
                job_loop = JobLoop(job, database, self._progress)
                self._wakes[job.name] = job_loop.wake
                loops[job.name] = self._run_job(job_loop)
        if "worker" in self._roles:
            loops |= await self._worker_loops(stack)
        loops["http"] = self._serve(await self._database(stack, "api"))
        return loops

    async def _worker_loops(self, stack: AsyncExitStack) -> dict[str, Loop]:
        database = await self._database(stack, "worker")
        loops: dict[str, Loop] = {"intake": self._take_in(database)}
        for consumer in self._service.consumers:
            replayer = Replayer(database, consumer, self._progress)
            loops[f"replay {consumer.name}"] = self._until_stopped(replayer.run())
        housekeeper = Housekeeper(database)
        loops["housekeeping"] = self._until_stopped(housekeeper.run())
        return loops

    async def _database(self, stack: AsyncExitStack, role: str, *, but: str = "") -> Database:
        settings = self._service.settings
        pool = await open_pool(
            settings.database_dsn, application=f"{self._service.name}-{role}", size_max=settings.pool_size_max
        )
        database = Database(pool, partial(self._wake_all, but=but))
        stack.push_async_callback(database.close)
        return database

    def _wake_all(self, *, but: str) -> None:
        for name, wake in self._wakes.items():
            if name != but:
                wake()

    async def _until_stopped(self, body: Loop) -> None:
        """Run a loop that may be cancelled at any await: the relay, replays, nudges."""
        task = asyncio.ensure_future(body)
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([task, stopped], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _run_job(self, job_loop: JobLoop) -> None:
        task = asyncio.create_task(job_loop.run())
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([task, stopped], return_when=asyncio.FIRST_COMPLETED)
        job_loop.stop()
        await task

    async def _take_in(self, database: Database) -> None:
        """Consume until stopped. A broker that cannot be reached at the start is tried again, with pauses."""
        delay_seconds = 1.0
        while not self._stopping.is_set():
            broker = open_broker(self._service.settings.kafka_bootstrap)
            for consumer in self._service.consumers:
                subscribe(broker, consumer, database, self._progress)
            try:
                assert_safe(broker)
                await broker.start()
                await self._until_stopped(watch_lag(broker, self._service.consumers, self._progress))
            except (KafkaError, OSError, TimeoutError) as error:
                for consumer in self._service.consumers:
                    self._progress.waiting(f"intake {consumer.name}", repr(error))
                _log.warning("intake_cannot_start", error=repr(error))
                await asyncio.sleep(random.uniform(0.5, 1) * delay_seconds)  # noqa: S311 - jitter, not a secret
                delay_seconds = min(delay_seconds * 2, RESTART_SECONDS_MAX)
            finally:
                await broker.stop()

    async def _serve(self, database: Database) -> None:
        """Answer HTTP until stopped; a process without the `api` role answers only for its health."""
        settings = self._service.settings
        routes = list(self._service.routes) if "api" in self._roles else []
        app = build_app(self._service.name, routes, database, self._progress)
        await serve(app, settings.http_host, settings.http_port, self._stopping)

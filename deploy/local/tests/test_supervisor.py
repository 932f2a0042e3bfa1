"""The supervisor with real Kafka, PostgreSQL, mail sink and processor: one start for all of its promises."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from chassis.testing import eventually
from stack.addresses import Addresses, read_addresses
from stack.control import Control, ControlRefused
from stack.folders import RunFolder
from stack.health import health_of
from stack.launch import Launch, Launched
from stack.postgres import server_answers
from stack.runs import AlreadyRunning, is_running, remove, run_folder, stop_leftovers

_LAUNCH = Launch("selftest", is_volatile=True, with_services=False)


@pytest.fixture
def run() -> Iterator[RunFolder]:
    run = run_folder("selftest", os.getpid())
    yield run
    stop_leftovers(run)
    remove(run)


def _launch(run: RunFolder) -> Launched:
    launched = Launched(run, _LAUNCH)
    launched.wait_until_up(lambda part, seconds: None)
    return launched


def _pid_of(run: RunFolder, name: str) -> int:
    (pid,) = [process["pid"] for process in health_of(run)["processes"] if process["name"] == name]
    assert pid is not None
    return pid


def _addresses(run: RunFolder) -> Addresses:
    addresses = read_addresses(run.addresses_file)
    assert addresses is not None
    return addresses


@pytest.mark.fault
async def test_a_stack_survives_its_faults_and_nothing_survives_its_supervisor(run: RunFolder):
    """PostgreSQL is stopped without goodbye and started, the sink is killed, then the supervisor itself."""
    launched = _launch(run)
    assert health_of(run)["up"]
    dsn = _addresses(run).admin_dsn
    with Control(run) as control:
        control.stop("postgres", immediately=True)
        assert not await server_answers(dsn)
        assert not health_of(run)["up"]
        control.start("postgres")
        assert await server_answers(dsn)
        with pytest.raises(ControlRefused, match="no process is called"):
            control.start("nobody")

        first = _pid_of(run, "mail")
        control.kill("mail")

        async def is_restarted() -> bool:
            return health_of(run)["up"] and _pid_of(run, "mail") != first

        await eventually(is_restarted)

    with pytest.raises(AlreadyRunning):
        _launch(run)

    pids = [process["pid"] for process in health_of(run)["processes"] if process["pid"] is not None]
    os.kill(_pid_of(run, "supervisor"), signal.SIGKILL)

    async def all_have_ended() -> bool:
        return all(_has_ended(pid) for pid in pids)

    await eventually(all_have_ended)

    async def is_free() -> bool:
        return not is_running(run)

    # The supervisor has threads: its first may have ended while the last still holds the lock's descriptor.
    await eventually(is_free)
    launched.end()


@pytest.mark.fault
async def test_a_stack_ends_with_the_command_that_wanted_it_and_its_data_serves_the_next(run: RunFolder):
    launched = _launch(run)
    passwords = _addresses(run).passwords
    made = await _charge(run)
    pids = [process["pid"] for process in health_of(run)["processes"] if process["pid"] is not None]
    launched.end()
    assert all(_has_ended(pid) for pid in pids)
    again = _launch(run)
    assert _addresses(run).passwords == passwords
    assert await server_answers(_addresses(run).admin_dsn)
    assert await _charge(run) == made
    assert _others_can_read(run.path) == []
    again.end()


async def _charge(run: RunFolder) -> str:
    order = {"amount_minor": 10_000, "currency": "EUR", "method_token": "tok_ok", "reference": "IBE 2026-1"}
    async with httpx.AsyncClient(base_url=_addresses(run).url_of("processor")) as http:
        made = await http.post("/v1/charges", json=order, headers={"Idempotency-Key": "key:1"})
    return made.raise_for_status().json()["ref"]


def _has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _others_can_read(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.stat().st_mode & 0o077]

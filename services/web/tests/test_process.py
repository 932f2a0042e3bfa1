"""web as the stack runs it: a process of its own, with neither database nor topic in its settings."""

import asyncio
import os
import signal
import socket
import sys

import httpx
import pytest

from chassis.testing import eventually


def _environment(**settings: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HANDBILL_")}
    return {**inherited, **settings}


async def _start(*arguments: str, **settings: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "web", *arguments, env=_environment(**settings), stdout=-1, stderr=-1
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.mark.parametrize("role", ["api", "all"])
async def test_web_answers_until_it_is_told_to_stop(role: str) -> None:
    port = _free_port()
    process = await _start("start", role, HANDBILL_HTTP_PORT=str(port))
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def is_ready() -> bool:
                assert process.returncode is None, await process.communicate()
                try:
                    return (await client.get("/ready")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(is_ready)
            assert (await client.get("/")).status_code == 200
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(process.communicate(), timeout=10)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, errors) == (0, b"")


async def test_a_missing_setting_is_named_before_anything_starts() -> None:
    process = await _start("start", "api")
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert "HANDBILL_HTTP_PORT" in errors.decode()


async def test_a_role_that_web_does_not_have_is_refused() -> None:
    process = await _start("start", "worker", HANDBILL_HTTP_PORT="1")
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert "worker" in errors.decode()

"""The guide to a first bill is true: its lines run as they stand, with the addresses of the stack under test."""

import asyncio
import os
import re
from pathlib import Path

import pytest

from chassis.testing.addresses import Stack
from stack.client.operator import create_firm

GUIDE = Path(__file__).parents[2] / "deploy/local/FIRST_BILL.md"
ADDRESSES = re.compile(r"^INVOICES=.*$", re.MULTILINE)


@pytest.mark.proves("I2", "I3", "S3", "P2", "X1")
async def test_whoever_follows_the_guide_to_a_first_bill_has_it_paid(stack: Stack) -> None:
    firm = await create_firm(stack.services["invoices"].dsn, "Guide & Partners")
    (lines,) = re.findall(r"```bash\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    urls = {name.upper(): service.url for name, service in stack.services.items()} | {"MAIL": stack.mail_api_url}
    here, count = ADDRESSES.subn(" ".join(f"{name}={url}" for name, url in urls.items()), lines)
    assert count == 1, "the guide says once where everything is"
    ran = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", here,
        env=os.environ | {"KEY": firm.api_key},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said = (await asyncio.wait_for(ran.communicate(), timeout=60))[0].decode()
    assert ran.returncode == 0, said
    assert '"status":"paid"' in said

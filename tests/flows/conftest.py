"""Flow tests share one stack: after each module it is held against every invariant."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from stack.addresses import Addresses
from stack.check.report import complaint, is_sound
from stack.check.run import check_stack


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def stack_is_sound_in_the_end(addresses: Addresses) -> AsyncIterator[None]:
    """Fail the module's last test with whoever breaks an invariant."""
    yield
    findings = await check_stack(addresses)
    if not is_sound(findings):
        pytest.fail(complaint(findings), pytrace=False)

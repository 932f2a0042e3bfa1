"""Knowing that a stack is at rest: nothing unpublished, unread or undecided, nothing on its way to a mail server.

What must not happen is looked for only then; before, it may just not have happened yet.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack

from chassis.database import Tx, open_connection
from contracts.topics import OWNERS, Owner
from stack.check.rest import wait_for_rest
from stack.check.topic_reader import open_reader


async def settled(bootstrap: str, dsns: Mapping[str, str], *, timeout_seconds: float = 60.0) -> None:
    """Wait until a stack is at rest.

    Raises: AssertionError, naming what is still open.
    """
    async with AsyncExitStack() as opened:
        databases: dict[Owner, Tx] = {}
        for owner in OWNERS:
            connection = await open_connection(dsns[owner], application="settled")
            opened.push_async_callback(connection.close, timeout=5)
            databases[owner] = connection
        topics = await opened.enter_async_context(open_reader(bootstrap))
        still_open = await wait_for_rest(databases, topics, timeout_seconds=timeout_seconds)
    assert not still_open, f"not settled: {still_open}"

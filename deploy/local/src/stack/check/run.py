"""Looking at a running stack once it has come to rest."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from pydantic import TypeAdapter

from chassis.database import Tx, open_connection
from contracts.topics import OWNERS, Owner
from stack.addresses import Addresses
from stack.check.evidence import Evidence
from stack.check.invariant import Finding, judge
from stack.check.registry import INVARIANTS, NOT_YET
from stack.check.rest import wait_for_rest
from stack.check.topic_reader import TopicReader, open_reader
from stack.processor.entry import Entry

REST_TIMEOUT_SECONDS = 90.0
_ANSWER_TIMEOUT_SECONDS = 60.0
_QUERY_TIMEOUT_SECONDS = 60.0
_MAILS_AT_ONCE = 1000

_entries = TypeAdapter(list[Entry])


async def check_stack(addresses: Addresses, *, rest_timeout_seconds: float = REST_TIMEOUT_SECONDS) -> list[Finding]:
    """Wait until the stack is at rest, then judge every invariant. Changes nothing.

    What is broken is looked at once more: something put off may have come due while we looked. A stack that does not
    come to rest is the first finding; the others are then of a stack at work.
    """
    async with open_databases(addresses) as databases, open_reader(addresses.kafka_bootstrap) as topics:
        still_open = await wait_for_rest(databases, topics, timeout_seconds=rest_timeout_seconds)
        evidence = await collect(addresses, databases, topics)
        judged = [await judge(invariant, evidence) for invariant in INVARIANTS]
        if not all(finding.ok for finding in judged) and not still_open:
            still_open = await wait_for_rest(databases, topics, timeout_seconds=rest_timeout_seconds)
            evidence = await collect(addresses, databases, topics)
            judged = [
                finding if finding.ok else await judge(invariant, evidence)
                for invariant, finding in zip(INVARIANTS, judged, strict=True)
            ]
    return [_rest(still_open), *judged, *NOT_YET]


async def collect(addresses: Addresses, databases: dict[Owner, Tx], topics: TopicReader) -> Evidence:
    """Read all topics, mails and the processor's journal; the databases are asked later."""
    records, cut_topics = await topics.read_all()
    async with httpx.AsyncClient(timeout=_ANSWER_TIMEOUT_SECONDS) as http:
        mails = await _mails(http, addresses.mail_url)
        journal = await http.get(f"{addresses.url_of('processor')}/v1/journal")
    journal.raise_for_status()
    return Evidence(
        databases=databases,
        records=records,
        mails=mails,
        journal=_entries.validate_python(journal.json()["entries"]),
        cut_topics=cut_topics,
    )


@asynccontextmanager
async def open_databases(addresses: Addresses) -> AsyncGenerator[dict[Owner, Tx]]:
    """Connect to every service's own database."""
    async with AsyncExitStack() as opened:
        databases: dict[Owner, Tx] = {}
        for owner in OWNERS:
            dsn = addresses.dsn_of(owner)
            assert dsn is not None, "every owner has a database"
            connection = await open_connection(dsn, application="check", command_timeout_seconds=_QUERY_TIMEOUT_SECONDS)
            opened.push_async_callback(connection.close, timeout=5)
            await connection.execute("set statement_timeout = '60s'")
            databases[owner] = connection
        yield databases


def _rest(still_open: Mapping[str, int | str]) -> Finding:
    under_way = tuple({"what": what, "count": count} for what, count in still_open.items())
    return Finding("E0", "the stack comes to rest", len(under_way), under_way)


async def _mails(http: httpx.AsyncClient, mail_url: str) -> dict[str, int]:
    """Count the copies of each mail in the sink by Message-ID."""
    copies: dict[str, int] = {}
    start = 0
    while True:
        page = await http.get(f"{mail_url}/api/v1/messages", params={"limit": _MAILS_AT_ONCE, "start": start})
        page.raise_for_status()
        found = page.json()["messages"]
        for mail in found:
            message_id = f"<{mail['MessageID']}>"
            copies[message_id] = copies.get(message_id, 0) + 1
        if len(found) < _MAILS_AT_ONCE:
            return copies
        start += _MAILS_AT_ONCE

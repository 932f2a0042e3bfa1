"""Send one claimed delivery and record what became of it (mission N1, N4, N5).

Rendered once and kept; sent outside any transaction; recorded in a second one with the fact, fenced by the lease.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from chassis.clock import now
from chassis.database import TRANSIENT, Database
from chassis.failpoint import failpoint
from chassis.tracing import span
from notify.domain.attempt import Attempted, RetryPolicy, Verdict, judge
from notify.domain.delivery import Claimed, Content
from notify.gateways.mail_templates import RenderError
from notify.gateways.mailer import Mailer
from notify.gateways.rendering import Renderer, write_mail
from notify.store.attempts import end_attempt
from notify.store.claims import record_verdict
from notify.store.contents import find_contents, insert_content
from notify.store.delivery_facts import Accepted, Failed, append_ends

PATIENCE_SECONDS = 300.0
BACKOFF_SECONDS_MAX = 5.0

T = TypeVar("T")

_log = structlog.get_logger("notify.sender")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a sender works with."""

    renderer: Renderer
    mailer: Mailer
    policy: RetryPolicy


async def send_delivery(database: Database, desk: Desk, claimed: Claimed) -> None:
    """Make one attempt at a claimed delivery. Must not be cancelled: the server may take the message all the same.

    Killed at any line, it is repeated when the lease ends, with the same Message-ID.
    """
    with span("send delivery", claimed.delivery.traceparent):
        if claimed.claim.attempt > desk.policy.attempts_max:
            attempted, content = Attempted("permanent", None, "too many attempts were interrupted"), claimed.content
        else:
            try:
                content = claimed.content or await _rendered(database, desk, claimed)
                attempted = await _sent(desk, claimed, content)
            except RenderError as error:
                _log.error("message_not_rendered", delivery_id=str(claimed.delivery.delivery_id), error=str(error))
                attempted, content = Attempted("temporary", None, "the message could not be rendered"), None
        await _patiently(lambda: _record(database, desk, claimed, attempted, content))


async def _rendered(database: Database, desk: Desk, claimed: Claimed) -> Content:
    """Render and keep it, outside the claim: where another sender was first, its rendering counts."""
    delivery = claimed.delivery
    content = desk.renderer.render(delivery, claimed.items, claimed.firm, now())

    async def keep() -> Content:
        async with database.transaction() as tx:
            await insert_content(tx, delivery.firm_id, delivery.delivery_id, content)
            kept = await find_contents(tx, [delivery.firm_id], [delivery.delivery_id])
        return kept[delivery.delivery_id]

    return await _patiently(keep)


async def _sent(desk: Desk, claimed: Claimed, content: Content) -> Attempted:
    delivery = claimed.delivery
    assert delivery.recipient_email is not None, "without an address it fails when it is planned"
    message = write_mail(content, delivery, delivery.recipient_email)
    failpoint("sender.before_smtp")
    attempted = await desk.mailer.send(content.sender_address, delivery.recipient_email, message)
    failpoint("sender.after_smtp")
    return attempted


async def _record(
    database: Database, desk: Desk, claimed: Claimed, attempted: Attempted, content: Content | None
) -> None:
    claim = claimed.claim
    unknown_attempts = claim.unknown_attempts + (attempted.outcome == "unknown")
    verdict = judge(
        attempted,
        attempt=claim.attempt,
        unknown_attempts=unknown_attempts,
        policy=desk.policy,
        jitter=random.random(),  # noqa: S311 - jitter, not a secret
    )
    async with database.transaction() as tx:
        recorded_at = await record_verdict(tx, claim, verdict, unknown_attempts)
        if recorded_at is None:
            _log.warning("lease_lost", delivery_id=str(claimed.delivery.delivery_id), outcome=attempted.outcome)
            return
        await end_attempt(tx, claim, attempted)
        if verdict.state == "accepted":
            assert content is not None, "what was accepted was rendered"
            end = Accepted(claimed.delivery, claimed.items, claim.attempt, content.subject, recorded_at)
            await append_ends(tx, [end])
        elif verdict.state == "failed":
            reason = _reason(verdict, attempted)
            await append_ends(tx, [Failed(claimed.delivery, claimed.items, claim.attempt, reason)])


def _reason(verdict: Verdict, attempted: Attempted) -> str:
    """Write the verdict's slug, and what the server said."""
    code = "" if attempted.code is None else f"{attempted.code} "
    return f"{verdict.reason}: {code}{attempted.answer}"


async def _patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Do work of one transaction that is safe to repeat, again while PostgreSQL cannot.

    What a server has taken must not be forgotten for an outage. Raises: the database's error, after PATIENCE_SECONDS.
    """
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + PATIENCE_SECONDS
    delay_seconds = 0.2
    while True:
        try:
            return await work()
        except TRANSIENT:
            if loop.time() > give_up_at:
                raise
            await asyncio.sleep(random.uniform(0, delay_seconds))  # noqa: S311 - jitter, not a secret
            delay_seconds = min(delay_seconds * 2, BACKOFF_SECONDS_MAX)

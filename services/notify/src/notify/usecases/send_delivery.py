"""Send one claimed delivery and record what became of it (mission N1, N4, N5, S7).

Rendered once and kept; the gate is asked and the message sent outside any transaction; recorded in one of its own with
the fact, fenced by the lease. What keeps us from sending, a gate or store of files that does not answer, is no attempt.
"""

import random
import traceback
from dataclasses import dataclass, replace
from typing import Literal

import structlog

from chassis.blobs import BlobDamaged, BlobMissing, BlobsUnavailable
from chassis.clock import now
from chassis.database import TRANSIENT, Database
from chassis.failpoint import failpoint
from chassis.patience import patiently
from chassis.tracing import span
from notify.domain.attempt import Attempted, AttemptOutcome, RetryPolicy, judge, reason_of
from notify.domain.delivery import Claimed, Content, Item
from notify.gateways.attachments import Attachments
from notify.gateways.mail_templates import RenderError
from notify.gateways.mailer import Mailer
from notify.gateways.rendering import Renderer, write_mail
from notify.gateways.sharing_gate import GateUnreachable, SharingGate
from notify.store.attempts import delete_attempt, end_attempt
from notify.store.claims import give_back, record_verdict, withdraw_claimed
from notify.store.contents import find_contents, insert_content
from notify.store.delivery_facts import Accepted, Failed, append_ends
from notify.store.told_changes import take_back_told

_log = structlog.get_logger("notify.sender")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a sender works with. `gate_pause_seconds`: how long a delivery waits that could not be handed over."""

    renderer: Renderer
    attachments: Attachments
    gate: SharingGate
    mailer: Mailer
    policy: RetryPolicy
    gate_pause_seconds: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message that may be handed over now, and what it tells of."""

    message: bytes
    content: Content
    items: tuple[Item, ...]


async def send_delivery(database: Database, desk: Desk, claimed: Claimed) -> None:
    """Make one attempt at a claimed delivery. Must not be cancelled: the server may take the message all the same.

    Killed at any line, it is repeated when the lease ends, with the same Message-ID. Raises: what is TRANSIENT.
    """
    with span("send delivery", claimed.delivery.traceparent):
        # What a fault of ours would leave behind: once the message may have left, nobody knows.
        outcome: AttemptOutcome = "temporary"
        try:
            prepared = await _prepared_or_why_not(database, desk, claimed)
            outcome = "unknown" if isinstance(prepared, Prepared) else "temporary"
            await _carried_out(database, desk, claimed, prepared)
        except TRANSIENT:
            raise
        except Exception as error:  # noqa: BLE001 - an edge as intake is: one delivery's fault must not stop the others
            await _set_back(database, desk, claimed, outcome, error)


WhyNot = Literal["unshared", "gate_unreachable", "files_unavailable"]


async def _prepared_or_why_not(database: Database, desk: Desk, claimed: Claimed) -> Prepared | Attempted | WhyNot:
    """Get everything ready. What is wrong with the message itself counts as an attempt."""
    if claimed.claim.attempt > desk.policy.attempts_max:
        return Attempted("permanent", None, "too many attempts were interrupted")
    delivery_id = str(claimed.delivery.delivery_id)
    try:
        return await _prepared(database, desk, claimed) or "unshared"
    except GateUnreachable:
        return "gate_unreachable"
    except BlobsUnavailable as error:
        _log.warning("files_unavailable", delivery_id=delivery_id, error=str(error))
        return "files_unavailable"
    except (BlobMissing, BlobDamaged) as error:
        # Making the PDF again mends it.
        _log.error("file_lost", delivery_id=delivery_id, error=repr(error))
        return Attempted("temporary", None, "a file that goes with the message is lost")
    except RenderError as error:
        _log.error("message_not_rendered", delivery_id=delivery_id, error=str(error))
        return Attempted("temporary", None, "the message could not be rendered")


async def _prepared(database: Database, desk: Desk, claimed: Claimed) -> Prepared | None:
    """Render what may be told, and ask the gate last of all. None where nothing of it is shared any more."""
    delivery, items = claimed.delivery, claimed.items
    assert delivery.recipient_email is not None, "without an address it fails when it is planned"
    content = claimed.content
    while True:
        content = await _content(database, desk, replace(claimed, items=items, content=content))
        items = tuple(item for item in items if item.share_id in content.share_ids)
        attached = await desk.attachments.attach(content.attachments)
        message = write_mail(content, delivery, delivery.recipient_email, attached)
        in_force = await desk.gate.in_force(delivery.firm_id, items) if items else ()
        if len(in_force) == len(items):
            return Prepared(message, content, items)
        if not in_force:
            return None
        items = in_force


async def _content(database: Database, desk: Desk, claimed: Claimed) -> Content:
    """Take what is kept, or render it: where another sender was first, its rendering counts."""
    delivery, kept = claimed.delivery, claimed.content
    if kept is not None and kept.tells_only_of(claimed.items):
        return kept
    content = desk.renderer.render(claimed, now())

    async def keep() -> Content:
        async with database.transaction() as tx:
            await insert_content(tx, delivery.firm_id, delivery.delivery_id, content)
            found = await find_contents(tx, [delivery.firm_id], [delivery.delivery_id])
        return found[delivery.delivery_id]

    return await patiently(keep)


async def _carried_out(
    database: Database, desk: Desk, claimed: Claimed, prepared: Prepared | Attempted | WhyNot
) -> None:
    if isinstance(prepared, Prepared):
        recipient = claimed.delivery.recipient_email
        assert recipient is not None, "without an address it fails when it is planned"
        failpoint("sender.before_smtp")
        attempted = await desk.mailer.send(prepared.content.sender_address, recipient, prepared.message)
        failpoint("sender.after_smtp")
        await patiently(lambda: _record(database, desk, claimed, attempted, prepared))
    elif isinstance(prepared, Attempted):
        await patiently(lambda: _record(database, desk, claimed, prepared, None))
    else:
        await patiently(lambda: _let_go(database, desk, claimed, prepared))


async def _let_go(database: Database, desk: Desk, claimed: Claimed, why: WhyNot) -> None:
    claim = claimed.claim
    async with database.transaction() as tx:
        if why == "unshared":
            is_ours = await withdraw_claimed(tx, claim)
            if is_ours:
                await take_back_told(tx, [(claim.delivery.firm_id, claim.delivery.delivery_id)])
        else:
            # A little apart, so that what waited together does not come back together.
            pause_seconds = desk.gate_pause_seconds * (0.5 + random.random())  # noqa: S311 - jitter, not a secret
            is_ours = await give_back(tx, claim, why, pause_seconds)
        if is_ours:
            await delete_attempt(tx, claim)


async def _record(
    database: Database, desk: Desk, claimed: Claimed, attempted: Attempted, prepared: Prepared | None
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
        may_have_arrived = attempted.outcome in {"accepted", "unknown"}
        recorded_at = await record_verdict(tx, claim, verdict, unknown_attempts, may_have_arrived=may_have_arrived)
        if recorded_at is None:
            _log.warning("lease_lost", delivery_id=str(claimed.delivery.delivery_id), outcome=attempted.outcome)
            return
        await end_attempt(tx, claim, attempted)
        items = prepared.items if prepared else claimed.items
        if verdict.state == "accepted":
            assert prepared is not None, "what was accepted was handed over"
            end = Accepted(claimed.delivery, items, claim.attempt, prepared.content.subject, recorded_at)
            await append_ends(tx, [end])
        elif verdict.state == "failed":
            await append_ends(tx, [Failed(claimed.delivery, items, claim.attempt, reason_of(verdict, attempted))])


async def _set_back(
    database: Database, desk: Desk, claimed: Claimed, outcome: AttemptOutcome, error: Exception
) -> None:
    """Count the attempt that a fault of ours ended. The error's own words may be personal."""
    failure = type(error).__name__
    frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    _log.error("sending_failed", delivery_id=str(claimed.delivery.delivery_id), error=failure, frames=frames)
    attempted = Attempted(outcome, None, f"a fault of ours: {failure}")
    await patiently(lambda: _record(database, desk, claimed, attempted, None))

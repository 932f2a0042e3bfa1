"""Make one claimed PDF, put it into the blob store, and record it with the fact (mission I5).

One that was made before is looked at first: nothing is made or told where its blob can be read.

Rendered and put outside any transaction; recorded in one, fenced by the lease. The same version makes the same bytes,
and those have one name: being killed at any line costs time and one attempt, and `ATTEMPTS_MAX` of these the PDF, until
somebody has it made again.
"""

from dataclasses import dataclass

import structlog

from chassis.blobs import BlobDamaged, BlobMissing, Blobs, BlobsUnavailable
from chassis.database import Database
from chassis.failpoint import failpoint
from chassis.outcome import Cause
from chassis.pdf import PdfRefused, PdfTooSlow, Typesetter
from chassis.tracing import span
from contracts.invoices import InvoicePdfFailed, InvoicePdfReady
from invoices.domain.document import file_name
from invoices.domain.printing import ATTEMPTS_MAX, Claimed, Fault, Printed, Setback, judge
from invoices.gateways.invoice_pdf import make_invoice_pdf
from invoices.store.documents import record_ready, record_setback, record_sound
from invoices.store.invoice_facts import Told, tell

_log = structlog.get_logger("invoices.renderer")


@dataclass(frozen=True, slots=True)
class Press:
    """What a renderer works with."""

    typesetter: Typesetter
    blobs: Blobs


async def render_document(database: Database, press: Press, claimed: Claimed) -> None:
    """Make one attempt at a claimed PDF. What is not recorded is made again when the lease ends."""
    with span("render document", claimed.traceparent):
        result = await _attempt(press, claimed)
        failpoint("renderer.before_record")
        if result is claimed.printed:
            async with database.transaction() as tx:
                await record_sound(tx, claimed)
            return
        if isinstance(result, Printed):
            await _record(database, claimed, result)
            return
        setback = judge(result, claimed.attempt)
        _log.warning(
            "document_not_rendered",
            invoice_id=str(claimed.version.invoice_id),
            version=claimed.version.version,
            comments=claimed.comments,
            fault=setback.fault,
            given_up=setback.pause_seconds is None,
        )
        await _set_back(database, claimed, setback)


async def _attempt(press: Press, claimed: Claimed) -> Printed | Fault:
    """Make the PDF, unless it is there as it was made: then that is returned."""
    if claimed.attempt > ATTEMPTS_MAX:
        return "interrupted"
    try:
        if claimed.printed and await _is_at_hand(press.blobs, claimed.printed):
            return claimed.printed
        pdf = await make_invoice_pdf(press.typesetter, claimed.version, claimed.comments)
        failpoint("renderer.before_put")
        blob = await press.blobs.put(pdf)
    except PdfRefused:
        return "refused"
    except PdfTooSlow:
        return "too_slow"
    except BlobsUnavailable:
        return "unavailable"
    return Printed(blob.sha256, blob.size_bytes, file_name(claimed.version))


async def _is_at_hand(blobs: Blobs, printed: Printed) -> bool:
    try:
        await blobs.get(printed.sha256)
    except (BlobMissing, BlobDamaged) as error:
        _log.error("document_lost", error=repr(error))
        return False
    return True


async def _record(database: Database, claimed: Claimed, printed: Printed) -> None:
    version = claimed.version
    fact = InvoicePdfReady(
        invoice_id=version.invoice_id,
        version=version.version,
        comments=claimed.comments,
        sha256=printed.sha256,
        size_bytes=printed.size_bytes,
        file_name=printed.file_name,
    )
    summary = {
        "version": version.version,
        "comments": claimed.comments,
        "sha256": printed.sha256,
        "size_bytes": printed.size_bytes,
        "file_name": printed.file_name,
    }
    async with database.transaction() as tx:
        if await record_ready(tx, claimed, printed):
            await tell(tx, [Told(_cause(claimed).message(fact), version.invoice_id, "pdf_ready", summary)])
    failpoint("renderer.after_record")


async def _set_back(database: Database, claimed: Claimed, setback: Setback) -> None:
    """Note that there is no PDF this time. Where there never will be, say so: mails wait for it."""
    version = claimed.version
    fact = InvoicePdfFailed(
        invoice_id=version.invoice_id, version=version.version, comments=claimed.comments, reason=setback.fault
    )
    summary = {"version": version.version, "comments": claimed.comments, "reason": setback.fault}
    async with database.transaction() as tx:
        if await record_setback(tx, claimed, setback) and setback.pause_seconds is None:
            await tell(tx, [Told(_cause(claimed).message(fact), version.invoice_id, "pdf_failed", summary)])


def _cause(claimed: Claimed) -> Cause:
    return Cause("invoices", claimed.causation_id, claimed.version.firm_id, claimed.actor, claimed.correlation_id)

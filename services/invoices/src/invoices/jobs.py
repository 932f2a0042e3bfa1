"""The renderer: claims the PDFs that are due, one after the other, and makes them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from chassis.blobs import Blobs
from chassis.database import Database
from chassis.jobs import Job, Step
from chassis.pdf import Typesetter
from invoices.usecases.claim_document import claim_document
from invoices.usecases.render_document import Press, render_document

TYPESETTING_SECONDS_MAX = 45.0
"""Two thousand lines take some seconds, counted from when a thread begins. Below what health takes for being stuck."""
LEASE_SECONDS = 120.0
"""Longer than typesetting and putting may take together, so that nobody else begins meanwhile."""


async def render_next(database: Database, press: Press, lease_seconds: float) -> bool:
    """Make the PDF that has been due longest; False where none is due. Safe to repeat after a kill at any line."""
    # Nothing is claimed while no thread is free: it would lose an attempt and its lease by waiting. Where every thread
    # is stuck, this loop stands still, and health has the process restarted.
    await press.typesetter.room()
    claimed = await claim_document(database, lease_seconds)
    if claimed is None:
        return False
    await render_document(database, press, claimed)
    return True


def renderer_job(blobs: Blobs, lease_seconds: float = LEASE_SECONDS) -> Job:
    """Make the job that renders. Stopping it waits for the PDF that is under way."""

    @asynccontextmanager
    async def open_step() -> AsyncGenerator[Step]:
        press = Press(Typesetter(timeout_seconds=TYPESETTING_SECONDS_MAX), blobs)

        async def step(database: Database) -> bool:
            return await render_next(database, press, lease_seconds)

        try:
            yield step
        finally:
            press.typesetter.close()

    return Job("renderer", "renderer", open_step)
